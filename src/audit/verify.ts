/** Reads and verifies an audit log page by page, from a store or from an exported file, so that its length does not matter. Reads only. */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { auditId, type ChainVerdict, EMPTY_HEAD, type Head, headOf, verifyChain } from "./chain.ts";

const PAGE_ROWS = 1000;

export interface Expected {
  /** What the first entry follows: the head of a former export. Default the log's start. */
  readonly after?: Head | undefined;
  /** An entry that must be there: a head that was kept elsewhere. */
  readonly head?: Head | undefined;
}

/** Entries appended meanwhile may or may not be included. Rejects with a HubError when the store cannot be read. */
export async function verifyAudit(store: StoreReader, expected: Expected = {}): Promise<ChainVerdict> {
  return verifyPages(auditPages(store, expected.after?.number), expected);
}

/** `at` is an entry's id; where the kept head itself does not fit, that head's. */
export async function verifyPages(pages: AsyncIterable<readonly Row<"audit">[]>, { after, head }: Expected = {}): Promise<ChainVerdict> {
  let last = after ?? EMPTY_HEAD;
  let entries = 0;
  const isOther = (found: Head): boolean => found.number === head?.number && found.hash !== head.hash;
  if (isOther(last)) return { ok: false, at: auditId(last.number), why: "changed" };
  for await (const page of pages) {
    const verdict = verifyChain(page, last);
    if (!verdict.ok) return verdict;
    const other = page.find((row) => isOther(headOf(row)));
    if (other) return { ok: false, at: other.id, why: "changed" };
    entries += verdict.entries;
    const end = page.at(-1);
    if (end) last = headOf(end);
  }
  return head && head.number > last.number ? { ok: false, at: auditId(head.number), why: "cut" } : { ok: true, entries };
}

/** The entries after a number, the oldest first. */
export async function* auditPages(store: StoreReader, afterNumber = 0): AsyncGenerator<readonly Row<"audit">[]> {
  let afterSeq = afterNumber;
  for (;;) {
    const page = await store.find("audit", { limit: PAGE_ROWS, afterSeq });
    yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return;
    afterSeq = last.seq;
  }
}

export async function headOfLog(store: StoreReader): Promise<Head> {
  const [last] = await store.find("audit", { newestFirst: true, limit: 1 });
  return last ? headOf(last) : EMPTY_HEAD;
}
