/** A clock moved by hand. */
import { createHook } from "node:async_hooks";
import { type Clock, steady } from "../../src/clock.ts";

export interface HandClock extends Clock {
  /**
   * Lets everything run to its end that needs no time to go on: promises, and what they give to the machine's threads (signatures, hashes, files).
   * What comes over a wire is no part of it: whoever waits for that waits for what it brings.
   */
  settled(): Promise<void>;
  /** Moves on, timer by timer, and lets what each began come to rest. */
  tick(ms: number): Promise<void>;
  /** The wall clock is set, forward or back. Timers go on as they were. */
  jump(ms: number): void;
}

/** What is given to the machine's threads, as Node names it; `HTTPCLIENTREQUEST` is a wire. */
const MACHINE = /^(?!HTTP).*(?:REQUEST|REQ|REQPROMISE|REQCALLBACK)$/;
/** What they are at work on for this process. */
const atWork = new Set<number>();
createHook({
  init: (id, type) => void (MACHINE.test(type) && atWork.add(id)),
  after: (id) => void atWork.delete(id),
  destroy: (id) => void atWork.delete(id),
  trackPromises: false,
}).enable();

/** So many rounds of the event loop in which nothing is at work are a rest. */
const QUIET_ROUNDS = 3;

export function createHandClock(start = 1_000_000): HandClock {
  // What timers go by.
  let now = start;
  let wallAhead = 0;
  let timers: { readonly at: number; readonly fn: () => void }[] = [];
  const settled = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet = atWork.size === 0 ? quiet + 1 : 0)
      await new Promise((resolve) => setImmediate(resolve));
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
