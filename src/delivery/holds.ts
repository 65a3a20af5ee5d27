/** Long bans on disk, so that a restart does not break one: a platform that is asked during its ban often makes it longer. */
import type { Address } from "../contract/ids.ts";
import { chatKey } from "../contract/ids.ts";
import type { BudgetScope } from "../contract/message.ts";
import { put, remove, type Write } from "../contract/store.ts";
import type { Journal } from "../store/journal.ts";
import type { Governor } from "./governor.ts";

const PREFIX = "governor/hold/";
/** A shorter one is over when a restart is. */
const SHORTEST_MS = 5000;

export interface Hold {
  readonly address: Address;
  readonly scope: BudgetScope;
  readonly ms: number;
}

/** What keeps a hold over a restart; nothing when it is not worth it. */
export function keepHold({ address, scope, ms }: Hold, now: number): Write[] {
  if (ms < SHORTEST_MS) return [];
  const id = PREFIX + (scope === "account" ? address.account : chatKey(address));
  return [put("kv", id, { value: JSON.stringify({ address, scope }), expiresAt: now + ms })];
}

/** Holds again what was held, and forgets what is over. */
export async function resumeHolds(journal: Journal, governor: Governor, now: number): Promise<void> {
  const kept = await journal.store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  for (const { value, expiresAt } of kept) {
    const { address, scope } = JSON.parse(value) as Pick<Hold, "address" | "scope">;
    if (expiresAt !== null && expiresAt > now) governor.hold(address, scope, expiresAt - now);
  }
  const over = kept.filter(({ expiresAt }) => expiresAt === null || expiresAt <= now);
  await journal.commit({ actorId: "hub", scope: "hub", writes: over.map(({ id }) => remove("kv", id)) });
}
