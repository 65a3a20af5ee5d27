/**
 * Does what is due, one pass at a time, and sets one timer for the next deadline. Woken during a pass, another follows it,
 * so that nothing that changed meanwhile is missed.
 */
import type { Clock } from "./clock.ts";

export interface Alarm {
  /** Something that may be due, or may carry a deadline, has changed. Cheap. */
  wake(): void;
  /** No further pass; resolves when the running one is over. */
  stop(): Promise<void>;
}

/** A pass that failed is tried again after this long. */
const RETRY_MS = 1000;
/** A wall clock that is set forward, as after a sleep of the machine, takes no timer along: deadlines are looked at again this often. */
const LONGEST_SLEEP_MS = 60_000;

/** `due` does what is due and returns the next deadline, epoch ms. */
export function createAlarm(
  clock: Clock,
  due: () => Promise<number | undefined>,
  log: { error(facts: Record<string, unknown>, text: string): void },
): Alarm {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let cancel = (): void => {};

  function wake(): void {
    if (stopped) return;
    again = true;
    running ??= run().finally(() => {
      running = undefined;
      if (again) wake();
    });
  }

  async function run(): Promise<void> {
    again = false;
    try {
      const next = await due();
      if (next !== undefined) setTimer(Math.min(next - clock.now(), LONGEST_SLEEP_MS));
    } catch (thrown) {
      log.error({ err: thrown }, "what is due could not be looked after; trying again");
      setTimer(RETRY_MS);
    }
  }

  function setTimer(ms: number): void {
    cancel();
    if (!stopped) cancel = clock.setTimer(ms, wake);
  }

  return {
    wake,
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
