/** The rows of a query page by page, so that their number does not matter. Reads only. */
import type { Query, StoreReader } from "../contract/store.ts";
import type { Row, TableName } from "../contract/tables.ts";

const PAGE_ROWS = 500;

/** Rows that come meanwhile may or may not be among them. Pages are never empty. Stop reading when enough has been seen. */
export async function* pagesOf<T extends TableName>(store: StoreReader, table: T, query: Query<T> = {}): AsyncGenerator<Row<T>[]> {
  let { afterSeq } = query;
  for (;;) {
    const page = await store.find(table, { ...query, ...(afterSeq === undefined ? {} : { afterSeq }), limit: PAGE_ROWS });
    if (page.length > 0) yield page;
    if (page.length < PAGE_ROWS) return;
    afterSeq = page.at(-1)?.seq;
  }
}
