/**
 * What somebody hears whom the hub does not know: in a room nothing, in a direct chat once an hour a code an admin can accept.
 * A code that is lost with the process before it was said is not said again; the next is told after the hour.
 */
import { sentenceOf } from "../contract/errors.ts";
import type { StoreReader, Write } from "../contract/store.ts";
import { issueCode, type Stranger } from "./pairing.ts";

/** Rows of refused events on one account in an hour; what strangers do beyond is not even written down. */
export const MOST_REFUSED_PER_HOUR = 100;
const HOUR_MS = 3_600_000;

export interface Greeting {
  /** For the stranger only, and to be kept nowhere; empty: nothing is said. */
  readonly text: string;
  readonly writes: readonly Write[];
}

export async function greet(
  store: StoreReader,
  stranger: Stranger,
  terms: { readonly now: number; readonly expiryMs: number },
): Promise<Greeting> {
  const issued = await issueCode(store, stranger, terms);
  if (issued === undefined) return { text: "", writes: [] };
  const { account, sender } = stranger;
  if (issued === "full") return { text: sentenceOf("unknown_person", { account, sender }), writes: [] };
  const { code, writes } = issued;
  const words = [
    `I do not know you yet, and kept nothing of what you wrote. Your code is \`${code}\`.`,
    `Give it to an admin of this hub, who accepts it within ${durationWords(terms.expiryMs)} with: \`mos-hub pair accept ${code}\``,
  ];
  return { text: words.join("\n"), writes };
}

/** False when strangers did so much on this account within the hour that no more of it is written down. */
export async function isHeard(store: StoreReader, account: string, now: number): Promise<boolean> {
  const where = { account, status: "refused", sessionKey: null } as const;
  const [oldest] = (await store.find("inbox", { where, newestFirst: true, limit: MOST_REFUSED_PER_HOUR })).slice(MOST_REFUSED_PER_HOUR - 1);
  return oldest === undefined || now - oldest.createdAt >= HOUR_MS;
}

function durationWords(ms: number): string {
  return ms >= HOUR_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.max(1, Math.round(ms / 60_000))} min`;
}
