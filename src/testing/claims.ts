/** How a case says what is wrong: a sentence, and what was found. Knows no test runner. */
import { inspect, isDeepStrictEqual } from "node:util";
import { foregroundClock, within } from "../clock.ts";

/** Throws the sentence unless it is so. */
export function claim(isSo: boolean, sentence: string): asserts isSo {
  if (!isSo) throw new Error(sentence);
}

/** Throws the sentence with both values unless they are equal. */
export function claimEqual(found: unknown, wanted: unknown, sentence: string): void {
  if (!isDeepStrictEqual(found, wanted)) throw new Error(`${sentence}; wanted ${inspect(wanted)}, found ${inspect(found, { depth: 4 })}`);
}

/** Resolves as `work`, or throws the sentence after `ms`. */
export async function claimWithin<T>(ms: number, work: Promise<T>, sentence: string): Promise<T> {
  const done = await within(
    foregroundClock,
    ms,
    work.then((value) => ({ value })),
  );
  claim(done !== undefined, `${sentence} (waited ${ms} ms)`);
  return done.value;
}

const LOOK_EVERY_MS = 10;

/** Asks until it is so; throws the sentence after `ms`. */
export async function claimSoon(ms: number, isSo: () => boolean | Promise<boolean>, sentence: string): Promise<void> {
  const end = foregroundClock.now() + ms;
  while (!(await isSo())) {
    claim(foregroundClock.now() < end, `${sentence} (waited ${ms} ms)`);
    await pause(LOOK_EVERY_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void foregroundClock.setTimer(ms, resolve));
}
