/** How many of a row of things fit, found with few weighings. Pure. */

/** So full is full enough: a better answer would cost another weighing. */
const FULL = 0.75;
/** After so many guesses by proportion the middle is taken, which always ends. */
const MOST_GUESSES = 6;

export interface Weighing {
  readonly count: number;
  /** Of the first `k`; grows with `k`. */
  readonly weigh: (k: number) => number;
  readonly max: number;
  /** The first guess. */
  readonly guess: number;
}

/** The most of `count` that weigh at most `max`, or somewhat fewer that nearly do. None when the first alone is too heavy. */
export function mostWithin({ count, weigh, max, guess }: Weighing): number {
  let fitting = 0;
  let tooMany = count + 1;
  let k = clamp(guess, 1, count);
  for (let tries = 1; tooMany - fitting > 1; tries += 1) {
    const weight = weigh(k);
    if (weight > max) tooMany = k;
    else fitting = k;
    if (weight <= max && weight >= FULL * max) break;
    const next = tries < MOST_GUESSES ? Math.floor((k * max) / Math.max(weight, 1)) : Math.floor((fitting + tooMany) / 2);
    k = clamp(next, fitting + 1, tooMany - 1);
  }
  return fitting;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
