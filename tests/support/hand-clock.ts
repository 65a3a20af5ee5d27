/** A clock moved by hand. */
import { type Clock, steady } from "../../src/clock.ts";

export interface HandClock extends Clock {
  /** Lets everything that can run now run to its end: the work of the hub is promises only, and none of them waits for the machine. */
  settled(): Promise<void>;
  /** Moves on, timer by timer, and lets what each began come to rest. */
  tick(ms: number): Promise<void>;
  /** The wall clock is set, forward or back. Timers go on as they were. */
  jump(ms: number): void;
}

export function createHandClock(start = 1_000_000): HandClock {
  // What timers go by.
  let now = start;
  let wallAhead = 0;
  let timers: { readonly at: number; readonly fn: () => void }[] = [];
  const settled = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  async function tick(ms: number): Promise<void> {
    const end = now + ms;
    await settled();
    for (;;) {
      const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers = timers.filter((other) => other !== next);
      now = Math.max(now, next.at);
      next.fn();
      await settled();
    }
    now = end;
  }

  return {
    now: steady(
      () => now + wallAhead,
      () => now,
    ),
    jump: (ms) => void (wallAhead += ms),
    setTimer(ms, fn) {
      const timer = { at: now + Math.max(0, ms), fn };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    settled,
    tick,
  };
}
