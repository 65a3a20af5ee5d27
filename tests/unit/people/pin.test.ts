import { describe, expect, test } from "vitest";
import { hashPin, isGoodPin, pinAttempt, pinHashFor, pinProblem, verifyPin } from "../../../src/people/pin.ts";

const MINUTE = 60_000;
const fresh = { pinFailures: 0, pinLockedUntil: 0 };

test("a hash fits its PIN alone, and is another each time", async () => {
  const [one, two] = await Promise.all([hashPin("739154"), hashPin("739154")]);
  expect(one).not.toBe(two);
  expect(one).not.toContain("739154");
  expect(await verifyPin("739154", one)).toBe(true);
  expect(await verifyPin("739155", one)).toBe(false);
  expect(await verifyPin("", one)).toBe(false);
  expect(await pinHashFor("739154", one)).toBe(one);
  expect(await pinHashFor("739155", one)).not.toBe(one);
  expect(await pinHashFor("739154", null)).toMatch(/^scrypt\$/);
});

test.each([
  "",
  "scrypt",
  "plain",
  "scrypt$32768$8$1$$",
  "scrypt$1073741824$8$1$c2FsdA$a2V5",
  "scrypt$3$8$1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
])("%j is no hash of any PIN", async (hash) => {
  expect(await verifyPin("739154", hash)).toBe(false);
});

test.each([
  "",
  "12345",
  "73915",
  "abcdef",
  "73915a",
  "７３９１５４",
  "000000",
  "121212",
  "123123",
  "123456",
  "987654",
  "890123",
  "109876",
  "7".repeat(33),
])("%j is no good PIN", (pin) => {
  expect(isGoodPin(pin)).toBe(false);
  expect(pinProblem(pin)).toBeTruthy();
});

test.each(["739154", "000001", "1223334444"])("%j is a good PIN", (pin) => {
  expect(pinProblem(pin)).toBeUndefined();
});

describe("pinAttempt", () => {
  test("five wrong ones lock for 15 minutes, in which the right one does not help, and then there are five again", () => {
    let row = fresh;
    const attempt = (ok: boolean, now: number) => {
      const result = pinAttempt(row, ok, now);
      row = { ...row, ...result.set };
      return result;
    };
    expect([1, 2, 3, 4].map(() => attempt(false, 0).left)).toEqual([4, 3, 2, 1]);
    expect(attempt(false, 0)).toMatchObject({ verdict: "wrong", left: 0, lockedForMs: 15 * MINUTE });
    expect(attempt(true, 5 * MINUTE)).toEqual({ verdict: "locked", left: 0, lockedForMs: 10 * MINUTE, set: {} });
    expect(attempt(false, 15 * MINUTE - 1)).toMatchObject({ verdict: "locked", lockedForMs: 1 });
    expect(attempt(false, 15 * MINUTE)).toMatchObject({ verdict: "wrong", left: 4 });
    expect(attempt(true, 16 * MINUTE)).toMatchObject({ verdict: "right" });
    expect(row).toEqual(fresh);
  });

  test("a right one clears the count, and writes nothing where there is none", () => {
    expect(pinAttempt({ pinFailures: 4, pinLockedUntil: 0 }, true, 1).set).toEqual(fresh);
    expect(pinAttempt(fresh, true, 1).set).toEqual({});
  });
});
