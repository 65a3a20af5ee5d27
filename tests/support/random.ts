/** Chance from a seed: the same seed draws the same. */
export interface Random {
  /** 0 ≤ n < below. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** So many letters of an alphabet. */
  letters(count: number, alphabet: string): string;
}

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    letters: (count, alphabet) => Array.from({ length: count }, () => alphabet.charAt(below(alphabet.length))).join(""),
  };
}

export const DIGITS = "0123456789";
export const HEX = "0123456789abcdef";
export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const UPPER = LOWER.toUpperCase();
export const ALNUM = UPPER + LOWER + DIGITS;
export const B64 = `${ALNUM}+/`;
export const B64URL = `${ALNUM}_-`;
