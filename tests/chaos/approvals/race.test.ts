/** A small run; the whole one is `npm run chaos -- --approvals`. */
import { expect, test } from "vitest";
import { runRace } from "./race.ts";

test(
  "every request has one outcome, the same in record, grant, copies and audit log, whoever decides at once and whenever the hub is killed",
  {
    timeout: 300_000,
  },
  async () => {
    const { wrong, outcomes, used } = await runRace({ seed: 7, requests: 60, kills: 3 });
    expect(wrong).toEqual([]);
    expect(outcomes.approved + outcomes.denied + outcomes.expired).toBe(60);
    expect(outcomes.approved).toBeGreaterThan(0);
    expect(outcomes.denied).toBeGreaterThan(0);
    expect(used).toBeGreaterThan(0);
  },
);
