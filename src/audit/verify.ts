/** Verifies the whole audit log of a store page by page, so that its length does not matter. Reads only. */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { type ChainVerdict, verifyChain } from "./chain.ts";

const PAGE_ROWS = 1000;

/** Entries appended meanwhile may or may not be included. Rejects with a HubError when the store cannot be read. */
export async function verifyAudit(store: StoreReader): Promise<ChainVerdict> {
  let entries = 0;
  let last: Row<"audit"> | undefined;
  for (;;) {
    const page = await store.find("audit", { limit: PAGE_ROWS, afterSeq: last?.seq ?? 0 });
    const verdict = verifyChain(page, last);
    if (!verdict.ok) return verdict;
    entries += verdict.entries;
    if (page.length < PAGE_ROWS) return { ok: true, entries };
    last = page.at(-1);
  }
}
