/** A small run: every point is died at once. The whole one is `npm run chaos`. */
import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";

const SEED = 4;

test("the hub dies at every point, and in the end nothing is lost, nothing twice, nothing out of order", { timeout: 300_000 }, async () => {
  const result = await runChaos({ seed: SEED, messages: 300, threads: 6, deathsPerPoint: 1 });
  const { lost, takenTwice, shownTwice, outOfOrder, deaths } = result;
  expect({ lost, takenTwice, shownTwice, outOfOrder }).toEqual({ lost: [], takenTwice: [], shownTwice: [], outOfOrder: [] });
  expect([...deaths].filter(([, count]) => count === 0)).toEqual([]);
});
