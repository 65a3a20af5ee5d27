import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Write } from "../../src/contract/store.ts";
import type { Row } from "../../src/contract/tables.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
  await bench.say("work");
});
afterEach(() => bench.file.dispose());

const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
const request = (requestId = "r1", epoch = "1") => ({ type: "approval_request", ask, handle: { requestId, epoch } }) as const;
const pending = async (): Promise<Row<"approvals">> => {
  const [row] = await bench.life().journal.store.find("approvals", { newestFirst: true });
  if (!row) throw new Error("nothing was asked");
  return row;
};
const toldLate = () => bench.agent.turns.filter(({ text }) => text.startsWith("[mos-hub] Your request"));
const decides = (write: Write): boolean => write.op === "update" && write.table === "approvals" && write.set.state === "approved";

describe("a decision", () => {
  test("reaches the agent that waits, once, and is used up by that", async () => {
    await bench.agent.report("work", request());
    await bench.say(`approve ${(await pending()).code}`);
    expect(bench.agent.answers).toHaveLength(1);
    expect(await pending()).toMatchObject({ state: "consumed", waiting: [] });
    await bench.restart();
    expect(bench.agent.answers).toHaveLength(1);
  });

  test("after the agent died and its turn ended: told in a turn of its own, once, with who is told and why", async () => {
    await bench.agent.report("work", request());
    await bench.agent.end("work");
    await bench.clock.settled();
    bench.agent.asksStill = false;
    const { code } = await pending();
    await bench.say(`deny ${code} too dangerous`);
    expect(toldLate().map(({ text }) => text)).toEqual([
      `[mos-hub] Your request ${code} "Delete all" was denied after you had stopped. Reason: too dangerous`,
    ]);
    expect((await pending()).waiting).toEqual([]);
    await bench.agent.end("[mos-hub]");
    await bench.clock.settled();
    await bench.restart();
    expect(toldLate()).toHaveLength(1);
  });

  test("that a stopped turn asked for through the hub's tools: cancelled with a word on its card, and the agent hears nothing of it", async () => {
    const [turn] = await bench.life().journal.store.find("turns", {});
    await bench.agent.report("work", request(turn?.id, "mcp"));
    await bench.say("!stop");
    await bench.agent.end("work", "stopped");
    await bench.clock.settled();
    const { code, state } = await pending();
    expect(state).toBe("cancelled");
    expect(bench.chat.shown.join("\n")).toContain("Cancelled: what asked for it was stopped.");
    await bench.say(`approve ${code}`);
    expect(bench.chat.shown.at(-1)).toBe(`${code} was cancelled on 1970-01-01 00:16 UTC: what asked for it was stopped.`);
    await bench.restart();
    expect(toldLate()).toEqual([]);
  });

  test("while the turn will be delivered again: no turn of its own; the equal question finds the decision", async () => {
    await bench.agent.report("work", request("r1", "1"));
    await bench.agent.end("work", "lost");
    await bench.clock.settled();
    bench.agent.asksStill = false;
    await bench.say(`approve ${(await pending()).code}`);
    expect(toldLate()).toEqual([]);
    bench.agent.asksStill = true;
    await bench.agent.report("work", request("r2", "2"));
    expect(bench.agent.answers.at(-1)).toMatchObject({ handle: { requestId: "r2", epoch: "2" }, approved: true });
    expect(await bench.life().journal.store.count("approvals")).toBe(1);
  });

  test.each([
    ["done", undefined],
    ["failed", undefined],
    ["done", (write: Write) => write.op === "update" && write.table === "turns" && write.set.outcome === "done"],
    ["done", (write: Write) => write.op === "insert" && write.table === "turns"],
  ] as const)(
    "while the turn will be delivered again, and it does not ask again: a turn of its own once it is %s",
    async (outcome, dies) => {
      await bench.agent.report("work", request());
      await bench.agent.end("work", "lost");
      await bench.clock.settled();
      bench.agent.asksStill = false;
      await bench.say(`approve ${(await pending()).code}`);
      if (dies) bench.life().dieAt("after", dies);
      void bench.agent.end("work", outcome);
      await bench.clock.settled();
      if (dies) await bench.restart();
      expect(toldLate()).toHaveLength(1);
      expect(await pending()).toMatchObject({ state: "consumed", waiting: [] });
    },
  );

  test("that the agent acts on so quickly that its turn ends first: told once", async () => {
    await bench.agent.report("work", request());
    const answer = bench.agent.answer.bind(bench.agent);
    let isFirst = true;
    bench.agent.answer = async (given) => {
      if (!isFirst) return (await answer(given)) && false;
      isFirst = false;
      const taken = await answer(given);
      void bench.agent.end("work");
      for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
      return taken;
    };
    await bench.say(`approve ${(await pending()).code}`);
    for (let round = 0; round < 20; round += 1) await bench.clock.settled();
    expect(await pending()).toMatchObject({ state: "consumed", waiting: [] });
    expect(toldLate()).toEqual([]);
  });

  test("committed in the last moment of the hub: the next life tells it", async () => {
    await bench.agent.report("work", request());
    await bench.agent.end("work");
    await bench.clock.settled();
    bench.life().dieAt("after", decides);
    void bench.say(`approve ${(await pending()).code}`);
    await bench.clock.settled();
    expect(bench.agent.answers).toEqual([]);
    bench.agent.asksStill = false;
    await bench.restart();
    expect(toldLate()).toHaveLength(1);
    expect(await pending()).toMatchObject({ state: "consumed", waiting: [] });
  });

  test("one that cannot be told now: the hub starts all the same, tells the others, and tries again at its next start", async () => {
    await bench.agent.report("work", request());
    await bench.agent.end("work");
    await bench.clock.settled();
    bench.life().dieAt("after", decides);
    void bench.say(`approve ${(await pending()).code}`);
    await bench.clock.settled();
    const { answer } = bench.agent;
    bench.agent.answer = () => Promise.reject(new Error("no connection"));
    await bench.restart();
    await bench.say("still here", "t2");
    expect(bench.agent.turns.at(-1)?.text).toBe("still here");
    expect(bench.logged.some((line) => line.startsWith("nobody could be told"))).toBe(true);
    bench.agent.answer = answer;
    await bench.restart();
    expect(await pending()).toMatchObject({ state: "consumed", waiting: [] });
  });

  test("in time is what counts: a request nobody decided is answered with no", async () => {
    await bench.agent.report("work", request());
    await bench.clock.tick(3_599_999);
    expect(bench.agent.answers).toEqual([]);
    await bench.clock.tick(1);
    expect(bench.agent.answers).toMatchObject([{ approved: false, reason: "nobody decided in time" }]);
  });
});
