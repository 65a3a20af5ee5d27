import { expect, test } from "vitest";
import { awayWords, deafWords } from "../../../src/accounts/away-words.ts";

test.each([
  [{ fetched: 3, awayMs: 14 * 60_000 }, "I was away 14 min; 3 messages fetched."],
  [{ fetched: 1, awayMs: 20_000 }, "I was away 20 s; 1 message fetched."],
  [{ fetched: 2 }, "I was away; 2 messages fetched."],
  [{ fetched: 0, awayMs: 120_000 }, "I was away 2 min; nothing was said meanwhile."],
  [{ fetched: 0, awayMs: 119_999 }, undefined],
  [{ fetched: 0 }, undefined],
  [
    { fetched: 5, awayMs: 11_100_000, isPartial: true },
    "I was away 3 h 5 min; 5 messages fetched. Some may be missing: please repeat what has no answer.",
  ],
  [
    { fetched: 0, awayMs: 172_800_000, isPartial: true },
    "I was away 2 d; no message could be fetched. Some may be missing: please repeat what has no answer.",
  ],
] as const)("of the gap %j", (gap, words) => expect(awayWords(gap)).toBe(words));

test("where nothing comes back, what was said is not heard", () => {
  expect(deafWords(119_999)).toBeUndefined();
  expect(deafWords(90_000_000)).toBe("I was away 1 d 1 h and did not hear what was said meanwhile. Please repeat what has no answer.");
});
