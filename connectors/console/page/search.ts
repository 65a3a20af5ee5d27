/**
 * Words looked for in every thread, or in one. There is no index of words: the log is read from its newest entry back, a bounded part at a
 * time, and others go on meanwhile. Invariant: nobody finds what was whispered to somebody else, nor a registered secret.
 */
import type { Entry, ShownMessage } from "../entry.ts";
import type { Inward } from "../take.ts";
import { plainWords } from "./markup.ts";

export const MAX_HITS = 50;
/** Entries looked through at once: as many as the log keeps unless `keep_entries` says otherwise; a longer one is gone through in steps. */
const MAX_LOOKED_AT = 20_000;
/** Entries read between two pauses. */
const BATCH = 200;

export interface Search {
  /** In lower case. */
  readonly words: readonly string[];
  /** Undefined: in all threads. */
  readonly threadId: string | undefined;
  /** Only entries before this number. Absent: all. */
  readonly before?: number | undefined;
  readonly viewer: string;
  /** Ends it, as when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export interface Hit {
  readonly message: ShownMessage;
  /** What it says without the marks of Markdown. */
  readonly text: string;
}

export interface Found {
  /** The last said, or changed, first. */
  readonly hits: readonly Hit[];
  /** Give it back as `before` to go on; undefined: everything has been looked through. */
  readonly rest: number | undefined;
}

type Searched = Pick<Inward, "log" | "hideSecrets">;

/** Messages that have each of the words as they read now, in upper or lower case and any order. */
export async function search(
  { log, hideSecrets }: Searched,
  { words, threadId, viewer, before = Infinity, signal }: Search,
): Promise<Found> {
  const hits: Hit[] = [];
  const settled = new Set<string>();

  async function look(entry: Entry): Promise<void> {
    if ((entry.type !== "message" && entry.type !== "edit") || settled.has(entry.messageId)) return;
    // A message that was changed stands where it was changed last.
    if (entry.type === "edit") settled.add(entry.messageId);
    if ((threadId !== undefined && entry.threadId !== threadId) || !hasAll(entry.text, words)) return;
    const message = await log.shown(entry.messageId);
    if (message === undefined || (message.to ?? viewer) !== viewer) return;
    if ((message.editedAt === undefined) !== (entry.type === "message") || message.text !== entry.text) return;
    const text = plainWords(hideSecrets(message.text));
    if (hasAll(text, words)) hits.push({ message, text });
  }

  let n = Math.min(await log.head(), before - 1);
  const stop = n - MAX_LOOKED_AT;
  while (n > Math.max(0, stop) && !signal.aborted) {
    const from = Math.max(0, n - BATCH);
    const entries = (await log.read(from, n - from)).filter((entry) => entry.n <= n);
    // Older ones are no longer kept.
    if (entries.length === 0) return { hits, rest: undefined };
    for (const entry of entries.toReversed()) {
      await look(entry);
      if (hits.length === MAX_HITS) return { hits, rest: entry.n };
    }
    n = from;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { hits, rest: n > 0 ? n + 1 : undefined };
}

/** Asked before the marks are gone, too, which is cheaper. */
function hasAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
