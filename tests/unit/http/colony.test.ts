/** A Colony's tables: the class of a review, and what a state is in chat. */
import { expect, test } from "vitest";
import { missionShape, reviewClass, stepsOf } from "../../../src/orchestrators/http/profiles/colony-missions.ts";

test.each([
  ["low", "public", "yellow"],
  ["low", "internal", "yellow"],
  ["medium", "public", "red"],
  ["low", "confidential", "red"],
  ["high", "restricted", "critical_red"],
  ["critical", "public", "critical_red"],
] as const)("risk %s and sensitivity %s are %s", (risk_level, sensitivity_class, found) => {
  expect(reviewClass({ risk_level, sensitivity_class })).toBe(found);
});

const mission = (more: object) => missionShape.parse({ mission_id: "m", mission_type: "oracle_advisory", status: "running", ...more });

test("a mission that names no risk is reviewed as the most dangerous one", () => {
  const [, asked] = stepsOf(mission({ status: "review", review_packet: { packet_id: "p" } }), undefined);
  expect(asked).toMatchObject({ type: "approval_request", ask: { class: "critical_red", tool: "colony.oracle_advisory" } });
});

test("a failure without a reason says that there is none, and artifacts that cannot be read are no silence", () => {
  expect(stepsOf(mission({ status: "failed" }), undefined).at(-1)).toMatchObject({
    outcome: "failed",
    reason: "the colony gives no reason",
  });
  expect(stepsOf(mission({ status: "completed" }), "rubbish")).toContainEqual(
    expect.objectContaining({ type: "notice", level: "warning" }),
  );
});
