/** One timer for all deadlines: work that has become due is done, then the timer is set to the next deadline. */
import type { Clock } from "./clock.ts";

export interface Alarm {
  /** Something that may carry a deadline has changed. Cheap. */
  wake(): void;
  stop(): void;
}

/** `due` does what is due and returns the next deadline, epoch ms. After a failure it is tried again in five seconds. */
const RETRY_MS = 5000;

export function createAlarm(
  clock: Clock,
  due: () => Promise<number | undefined>,
  log: { error(facts: Record<string, unknown>, text: string): void },
): Alarm {
  let running = false;
  let again = false;
  let stopped = false;
  let cancel = (): void => {};

  function wake(): void {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    void run().finally(() => {
      running = false;
      if (again) wake();
    });
  }

  async function run(): Promise<void> {
    again = false;
    try {
      const next = await due();
      if (next !== undefined) setTimer(next - clock.now());
    } catch (thrown) {
      log.error({ err: thrown }, "deadlines could not be looked after; trying again");
      setTimer(RETRY_MS);
    }
  }

  function setTimer(ms: number): void {
    cancel();
    if (!stopped) cancel = clock.setTimer(ms, wake);
  }

  return {
    wake,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
