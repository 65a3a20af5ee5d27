/** For what must be written sooner or later because it has already happened: a store that refuses is waited for. */
import type { Clock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

interface Waiting {
  readonly clock: Clock;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

/** Runs `work` until the store takes it, so it must bear being run again. Rejects with everything that waiting does not mend. */
export async function untilStored<T>(work: () => Promise<T>, { clock, log }: Waiting): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    try {
      return await work();
    } catch (thrown) {
      if (!isStoreTrouble(thrown)) throw thrown;
      log.error({ err: thrown, waitMs }, "the store refused what has to be written; trying again");
      await new Promise<void>((resolve) => clock.setTimer(waitMs, resolve));
    }
  }
}

/** The store could not write just now; nothing is wrong with what was to be written. */
export function isStoreTrouble(thrown: unknown): boolean {
  return thrown instanceof HubError && ["store_full", "store_failed", "store_unreachable", "store_conflict"].includes(thrown.code);
}
