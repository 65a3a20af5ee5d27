/** Time, as everything but this file sees it. Tests pass a clock they move by hand. */

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `fn` once after `ms`; the returned function takes it back. A timer of the hub never keeps its process alive. */
  setTimer(ms: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: steady(Date.now, () => performance.now()),
  setTimer: (ms, fn) => startTimer(ms, fn, (timer) => timer.unref()),
};

/**
 * The wall clock as something to measure waits by: set forward, also by a sleep of the machine, it is followed; set back, it goes on from where
 * it was, so that no wait becomes longer. `elapsedMs` only ever goes on.
 */
export function steady(wallMs: () => number, elapsedMs: () => number): () => number {
  let last = wallMs();
  let at = elapsedMs();
  return () => {
    const elapsed = elapsedMs();
    last = Math.max(wallMs(), last + elapsed - at);
    at = elapsed;
    return Math.floor(last);
  };
}

/** For commands: what they wait for keeps their process alive, since often nothing else does. */
export const foregroundClock: Clock = { now: () => Date.now(), setTimer: startTimer };

function startTimer(ms: number, fn: () => void, onStart?: (timer: NodeJS.Timeout) => void): () => void {
  // Node fires at once above 2^31-1 ms; a deadline that far away is simply asked for again.
  const timer = setTimeout(fn, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
  onStart?.(timer);
  return () => clearTimeout(timer);
}

/** Resolves when whatever else the process has to do, signals and sockets included, has had its turn. */
export function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Rejects nothing: resolves `undefined` when `ms` pass before `work` settles; a later rejection of `work` is swallowed. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {};
  const timeUp = new Promise<undefined>((resolve) => {
    cancel = clock.setTimer(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    cancel();
    work.catch(() => {});
  }
}
