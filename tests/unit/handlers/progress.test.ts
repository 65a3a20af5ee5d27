/** Plan, helpers, tools and the orchestrator's own life: one card, changed in place. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProgressCard } from "../../../src/contract/message.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
  await bench.say("work");
});
afterEach(() => bench.file.dispose());

async function card(): Promise<ProgressCard | undefined> {
  const [turn] = await bench.life().journal.store.find("turns", { newestFirst: true });
  return turn?.progress;
}
const copies = (): Promise<number> => bench.life().journal.store.count("copies", {});
const settled = async (): Promise<void> => {
  await bench.clock.tick(1_000);
  await bench.clock.settled();
};

test("everything a turn does is one card", async () => {
  await bench.agent.report(
    "work",
    { type: "plan", steps: [{ id: "1", title: "Look", state: "running" }] },
    { type: "subagent", id: "s", title: "Archon", state: "running" },
    { type: "tool", id: "t", title: "ls", state: "done" },
  );
  await settled();
  await bench.agent.report("work", { type: "lifecycle", phase: "crashed", detail: "Mos stopped unexpectedly (exit code 3)." });
  expect(await card()).toMatchObject({
    plan: [{ title: "Look" }],
    team: [{ state: "failed", summary: "stopped unexpectedly; it is being started again" }, { title: "Archon" }],
    tools: [{ title: "ls" }],
  });
  await bench.agent.report("work", { type: "lifecycle", phase: "restarted" }, { type: "lifecycle", phase: "session_resumed" });
  expect((await card())?.team).toMatchObject([{ state: "done", summary: "started again, with this conversation" }, { title: "Archon" }]);
  expect(await copies()).toBe(1);
  expect(bench.chat.shown.join("\n")).not.toContain("exit code 3");
});

test("without a card a crash is told in words", async () => {
  await bench.agent.report("work", { type: "lifecycle", phase: "crashed", detail: "Mos stopped unexpectedly (exit code 3)." });
  await settled();
  expect(await card()).toBeUndefined();
  expect(bench.chat.shown.join("\n")).toContain("Mos stopped unexpectedly (exit code 3). It is being started again.");
});

test("a flood of helpers and steps is a card of the size a platform takes", async () => {
  const steps = Array.from({ length: 500 }, (_, at) => ({ id: `p${at}`, title: `step ${at}`, state: "pending" as const }));
  await bench.agent.report("work", { type: "plan", steps });
  for (let at = 0; at < 100; at += 1)
    await bench.agent.report("work", { type: "subagent", id: `s${at}`, title: `helper ${at}`, state: "running" });
  await settled();
  const shown = await card();
  expect([shown?.plan.length, shown?.team.length, shown?.team.at(-1)?.title]).toEqual([50, 20, "helper 99"]);
});
