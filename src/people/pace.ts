/**
 * How much one person may say in a minute, over all their accounts. Counted from the journal alone, so that a restart forgives nothing.
 * Control (commands, decisions, presses) is never limited, nor is what was said long before it came, as after an absence of the hub.
 */
import { intentOf } from "../commands.ts";
import { HubError } from "../contract/errors.ts";
import type { PersonEvent } from "../contract/message.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

const WINDOW_MS = 60_000;

export interface Pace {
  readonly max: number;
  readonly now: number;
}

/** Throws `too_many_messages`, which says when to go on. */
export async function refuseTooMany(store: StoreReader, person: Row<"people">, event: PersonEvent, { max, now }: Pace): Promise<void> {
  if (!isCounted(event, now)) return;
  const ofAccounts = person.accounts.map(({ account, sender }) =>
    store.find("inbox", { where: { account, sender }, newestFirst: true, limit: 2 * max }),
  );
  const recent = (await Promise.all(ofAccounts))
    .flat()
    .filter((row) => row.createdAt > now - WINDOW_MS && isCounted(row.event, row.createdAt))
    .map(({ createdAt }) => createdAt);
  const waitMs = waitFor(recent, { max, now });
  if (waitMs > 0) throw new HubError("too_many_messages", { max, seconds: Math.ceil(waitMs / 1000) });
}

/** Ms until another message may come, 0 when it may now. `recent`: when those within the window came, epoch ms. */
export function waitFor(recent: readonly number[], { max, now }: Pace): number {
  const first = [...recent].sort((a, b) => b - a)[max - 1];
  return first === undefined ? 0 : Math.max(0, first + WINDOW_MS - now);
}

/** Of a refused event nothing but its row is left; it counts. */
export function isCounted(event: PersonEvent | null, at: number): boolean {
  if (event === null) return true;
  if (event.type !== "message" || intentOf(event.text).type !== "talk") return false;
  return !(at - Date.parse(event.ts) > WINDOW_MS);
}
