/** What people are called, asked of the platform once for each. A name is only shown: what is slow or fails is left out. */
import type { ConnectorContext } from "../../src/contract/connector.ts";

/** A message waits no longer for the names in it. */
const PATIENCE_MS = 1000;
const MOST_ASKED = 20;
const MOST_KEPT = 5000;

/** `ask` gives one person's name, or undefined. What is returned gives those that are known in time. */
export function createNames(ask: (id: string) => Promise<string | undefined>, setTimer: ConnectorContext["setTimer"]) {
  const kept = new Map<string, string>();

  async function look(id: string): Promise<void> {
    const name = await ask(id);
    if (kept.size >= MOST_KEPT) kept.clear();
    if (name) kept.set(id, name);
  }

  return async function namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const unknown = [...new Set(ids)].filter((id) => !kept.has(id)).slice(0, MOST_ASKED);
    if (unknown.length === 0) return kept;
    const late = Promise.withResolvers<void>();
    const cancel = setTimer(PATIENCE_MS, late.resolve);
    await Promise.race([Promise.allSettled(unknown.map(look)), late.promise]);
    cancel();
    return kept;
  };
}
