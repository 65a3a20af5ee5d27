import { expect, test } from "vitest";
import { hourOf, usageId } from "../../src/usage/buckets.ts";

test("an hour begins on the hour", () => {
  const hour = Date.UTC(2026, 10, 21, 3);
  expect([hour, hour + 1, hour + 3_599_999].map(hourOf)).toEqual([hour, hour, hour]);
  expect(hourOf(hour + 3_600_000)).toBe(hour + 3_600_000);
});

test("names with separators in them stay apart", () => {
  expect(usageId(0, "a:b", "c")).not.toBe(usageId(0, "a", "b:c"));
  expect(usageId(0, 'a","b', "c")).not.toBe(usageId(0, "a", 'b","c'));
});
