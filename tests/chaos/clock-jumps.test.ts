/** The wall clock is set an hour forward or back while the hub runs, as by a correction after a long sleep. Timers go on as they were. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApprovalAsk } from "../../src/contract/orchestrator.ts";
import { steady } from "../../src/clock.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { DELIVERED, notSent } from "../support/recording-connector.ts";

const HOUR_MS = 3_600_000;
const PERMISSION: ApprovalAsk = { title: "Delete all", action: { tool: "delete", path: "/srv" }, tool: "delete" };

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const states = async (): Promise<string[]> => (await bench.life().journal.store.find("approvals")).map(({ state }) => state);

/** Ms from now until it expires. */
async function ask(): Promise<number> {
  await bench.say("delete all");
  const handle = { requestId: "r1", epoch: "e1" };
  await bench.agent.report("delete all", { type: "approval_request", handle, ask: PERMISSION });
  await bench.clock.settled();
  const [row] = await bench.life().journal.store.find("approvals");
  return (row?.expiresAt ?? 0) - bench.clock.now();
}

describe.each([
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
])("set %s by an hour", (_way, jumpMs) => {
  test("messages go both ways as before", async () => {
    await bench.say("before");
    bench.clock.jump(jumpMs);
    await bench.agent.report("before", { type: "text", text: "answer one" });
    await bench.agent.end("before");
    await bench.say("after");
    await bench.agent.report("after", { type: "text", text: "answer two" });
    await bench.agent.end("after");
    await bench.clock.tick(5000);
    expect(bench.chat.shown.filter((text) => text.startsWith("answer"))).toEqual(["answer one", "answer two"]);
  });

  test("what the platform refused is tried again in its time", async () => {
    bench.chat.script = () => (bench.chat.calls.length === 1 ? notSent({ do: "retry_after", ms: 10_000 }) : DELIVERED);
    await bench.say("hello");
    await bench.agent.report("hello", { type: "text", text: "answer" });
    await bench.agent.end("hello");
    bench.clock.jump(jumpMs);
    await bench.clock.tick(70_000);
    expect(bench.chat.shown).toContain("answer");
  });

  test("an agent that is not there is asked again soon", async () => {
    let isThere = false;
    bench.agent.takes = async () =>
      isThere ? { outcome: "accepted" } : { outcome: "unavailable", reason: "Not there.", code: "agent_missing" };
    await bench.say("hello");
    bench.clock.jump(jumpMs);
    isThere = true;
    await bench.clock.tick(70_000);
    expect(bench.agent.turns.length).toBeGreaterThan(1);
    await bench.agent.report("hello", { type: "text", text: "answer" });
    await bench.agent.end("hello");
    expect(bench.chat.shown).toContain("answer");
  });

  test("the typing and the progress of a turn go on", async () => {
    await bench.say("work");
    bench.clock.jump(jumpMs);
    await bench.agent.report("work", { type: "tool", id: "t", title: "Reads", state: "running" });
    await bench.agent.end("work");
    await bench.clock.tick(5000);
    expect(await bench.life().journal.store.count("turns", { state: "done" })).toBe(1);
  });
});

describe("a request for approval", () => {
  test("expires neither sooner nor later because the clock went back", async () => {
    const lastsMs = await ask();
    bench.clock.jump(-HOUR_MS);
    await bench.clock.tick(lastsMs - 1000);
    expect(await states()).toEqual(["pending"]);
    await bench.clock.tick(2000);
    expect(await states()).toEqual(["expired"]);
  });

  test("rings within a minute of its deadline though the clock went forward to it", async () => {
    const lastsMs = await ask();
    await bench.clock.tick(60_000);
    bench.clock.jump(lastsMs);
    await bench.clock.tick(60_000);
    expect(await states()).toEqual(["expired"]);
  });

  test("has not expired while its time by the clock is not over", async () => {
    const lastsMs = await ask();
    bench.clock.jump(lastsMs - 120_000);
    await bench.clock.tick(60_000);
    expect(await states()).toEqual(["pending"]);
  });
});

test("measured time goes on at its pace, follows a clock set forward, and never goes back", () => {
  let wall = 1000;
  let elapsed = 0;
  const now = steady(
    () => wall,
    () => elapsed,
  );
  const after = (ms: number, setMs = 0): number => {
    wall += ms + setMs;
    elapsed += ms;
    return now();
  };
  expect(after(10)).toBe(1010);
  expect(after(10, HOUR_MS)).toBe(1020 + HOUR_MS);
  expect(after(10, -2 * HOUR_MS)).toBe(1030 + HOUR_MS);
  expect(after(10)).toBe(1040 + HOUR_MS);
  expect(after(2 * HOUR_MS, HOUR_MS)).toBe(1040 + 3 * HOUR_MS);
});
