/** Two people decide at the same moment, one person decides twice, and a decision meets the deadline: one outcome, and everybody is told it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApprovalAsk } from "../../src/contract/orchestrator.ts";
import type { Row } from "../../src/contract/tables.ts";
import { createHubBench, type HubBench, message } from "../support/hub-bench.ts";
import { addPerson } from "../support/mortal-journal.ts";

const PERMISSION: ApprovalAsk = { title: "Delete all", action: { tool: "delete", path: "/srv" }, tool: "delete" };

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
  await addPerson(bench.life().journal, "bob", ["operator", "approver"]);
  await bench.say("delete all");
  await bench.agent.report("delete all", { type: "approval_request", handle: { requestId: "r1", epoch: "e1" }, ask: PERMISSION });
  await bench.clock.settled();
});
afterEach(() => bench.file.dispose());

async function asked(): Promise<Row<"approvals">> {
  const [row] = await bench.life().journal.store.find("approvals");
  if (!row) throw new Error("nothing was asked");
  return row;
}

let events = 0;
const says = async (sender: string, verdict: "approve" | "deny"): Promise<string> => {
  const ack = await bench.chat.hear(message(`${verdict} ${(await asked()).code}`, { eventId: `d${(events += 1)}`, sender }));
  return JSON.stringify(ack);
};
const decisions = async () => (await bench.life().journal.store.find("audit")).filter(({ what }) => /approved|denied/.test(what));

describe("in the same millisecond", () => {
  test.each([
    ["approve", "deny"],
    ["deny", "approve"],
    ["approve", "approve"],
  ] as const)("ann says %s and bob says %s: one counts, and the agent is told once", async (first, second) => {
    await Promise.all([says("ann", first), says("bob", second)]);
    await bench.clock.settled();
    const { state, decidedBy } = await asked();
    expect(["per_ann", "per_bob"]).toContain(decidedBy);
    const winner = decidedBy === "per_ann" ? first : second;
    expect(state).toBe(winner === "approve" ? "consumed" : "denied");
    expect(bench.agent.answers.map((answer) => answer.type === "approval" && answer.approved)).toEqual([winner === "approve"]);
    expect(await decisions()).toHaveLength(1);
  });

  test("both are told: the one that it counts, the other who was first", async () => {
    await Promise.all([says("ann", "approve"), says("bob", "deny")]);
    await bench.clock.tick(5000);
    const { code } = await asked();
    const told = bench.chat.shown.filter((text) => text.includes(code) && !text.includes("asks for approval"));
    expect(told).toHaveLength(2);
    expect(told.join("\n")).toMatch(/already.*(ann|bob)/i);
  });

  test("one person presses twice: the second is told the same", async () => {
    await Promise.all([says("ann", "approve"), says("ann", "approve")]);
    await bench.clock.settled();
    expect((await asked()).state).toBe("consumed");
    expect(bench.agent.answers).toHaveLength(1);
    expect(await decisions()).toHaveLength(1);
  });
});

describe("a decision at the deadline", () => {
  test.each([
    ["one millisecond before it", -1, ["consumed"]],
    ["in the very millisecond", 0, ["consumed", "expired"]],
    ["as its alarm rings", 1, ["consumed", "expired"]],
  ])("%s: decided or expired, never both, and the agent hears one of them", async (_when, ms, outcomes) => {
    const { expiresAt } = await asked();
    await bench.clock.tick(expiresAt - bench.clock.now() - 1);
    // The alarm of the deadline and the person, at once.
    await Promise.all([bench.clock.tick(1 + ms), says("ann", "approve")]);
    await bench.clock.tick(1000);
    const { state } = await asked();
    expect(outcomes).toContain(state);
    expect(bench.agent.answers.map((answer) => answer.type === "approval" && answer.approved)).toEqual([state === "consumed"]);
  });
});
