/** The latest rows of the outbox, page by page, for what no index holds. Reads only. */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

/** Older ones are not looked at. */
const MOST_ROWS = 20_000;
const PAGE = 1000;

/** The latest first. Stop reading it when enough has been seen. */
export async function* latestOutbox(store: StoreReader): AsyncGenerator<Row<"outbox">> {
  let last = Infinity;
  for (let seen = 0; seen < MOST_ROWS; seen += PAGE) {
    const page = await store.find("outbox", { newestFirst: true, limit: PAGE, ...(last < Infinity && { afterSeq: last }) });
    yield* page;
    last = page.at(-1)?.seq ?? 0;
    if (page.length < PAGE) return;
  }
}
