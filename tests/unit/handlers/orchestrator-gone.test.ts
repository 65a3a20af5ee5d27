/** An orchestrator that was taken out of the configuration, or renamed, while its conversations were at work. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationName } from "../../../src/contract/ids.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
  await bench.say("work");
});
afterEach(() => bench.file.dispose());

const SENTINEL = { name: "sentinel", alias: "Sentinel", busyMode: "queue" as const, chats: [] };
const OTHERS = [SENTINEL, { name: "third", alias: "Third", busyMode: "queue" as const, chats: [] }];
const handle = { requestId: "r1", epoch: "1" };
const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
const store = () => bench.life().journal.store;
const complaints = (): string[] => bench.logged.filter((line) => /lane stopped|effect failed|could be told|is gone/.test(line));
const GONE = "This conversation is with mos, which this hub no longer has.";

test("its turn ends with a sentence, once; what it asked is cancelled and says why; a later message is answered by the same sentence", async () => {
  // One line of the log for each request: there is nobody to tell.
  const question = { text: "How many?", fields: [{ name: "n", label: "Number", kind: "number" as const, required: true }] };
  await bench.agent.report("work", { type: "approval_request", ask, handle }, { type: "question", ask: question, handle });
  await bench.restart(OTHERS);
  await bench.clock.tick(600_000);
  expect(await store().find("turns")).toMatchObject([{ state: "failed" }]);
  const asked = await store().find("approvals");
  expect(asked).toHaveLength(2);
  expect(asked.map(({ state, waiting, decisionReason }) => ({ state, waiting, decisionReason }))).toEqual(
    asked.map(() => ({ state: "cancelled", waiting: [], decisionReason: "Mos, who asked, is no longer here" })),
  );
  expect(bench.chat.shown.filter((text) => text.includes(GONE))).toHaveLength(1);
  expect(bench.chat.shown.join("\n")).toContain("Mos, who asked, is no longer here");
  expect(complaints()).toHaveLength(2);
  await bench.say("and now?");
  expect(bench.chat.shown.filter((text) => text.includes(GONE))).toHaveLength(2);
  expect(bench.chat.shown.at(-1)).toContain("`!bind NAME`");
  await bench.restart(OTHERS);
  await bench.clock.tick(600_000);
  expect(bench.chat.shown.filter((text) => text.includes(GONE))).toHaveLength(2);
  expect(complaints()).toHaveLength(2);
});

test("a decision that it did not live to hear is told to nobody, which is logged once", async () => {
  await bench.agent.report("work", { type: "approval_request", ask, handle });
  bench.life().dieAt("after", (write) => write.op === "update" && write.table === "approvals" && write.set.state === "approved");
  const [asked] = await store().find("approvals");
  void bench.say(`approve ${asked?.code}`);
  await bench.clock.settled();
  await bench.restart(OTHERS);
  await bench.restart(OTHERS);
  expect(await store().find("approvals")).toMatchObject([{ state: "approved", waiting: [] }]);
  expect(complaints()).toHaveLength(1);
});

test("what was asked from outside any conversation is nobody's of the hub, and stays", async () => {
  const address = { account: "chat", chat: "home" };
  const outside = { approvalId: "apr_x", ask: { ...ask, class: "red" as const }, asker: "ci", requesterId: "ann", address, trace: "trc_x" };
  await bench.life().hub.ask(outside);
  await bench.restart(OTHERS);
  expect(await store().find("approvals")).toMatchObject([{ state: "pending" }]);
});

test("where one orchestrator is left, the conversation goes on with it at the next message, and says so once in each of its places", async () => {
  await bench.agent.end("work");
  for (const { id } of await store().find("sessions")) await bench.say(`!mirror ${conversationName(id)}`, "t2");
  await bench.restart([SENTINEL]);
  await bench.say("and now?");
  await bench.say("and then?");
  const told = bench.chat.calls.filter(({ text }) => text.startsWith("Sentinel answers here from now on: whom this was with"));
  expect(told.map(({ threadId }) => threadId).toSorted()).toEqual(["t1", "t2"]);
  expect(bench.agent.turns.at(-1)?.text).toBe("and now?");
  expect(bench.chat.shown.join("\n")).not.toContain(GONE);
  expect((await store().find("sessions")).map(({ orchestrator, status }) => `${orchestrator} ${status}`)).toEqual([
    "mos closed",
    "sentinel open",
  ]);
  expect(new Set((await store().find("sessions")).map(({ title }) => title))).toEqual(new Set(["work"]));
  expect((await store().find("inbox")).map(({ sessionKey }) => sessionKey).at(-1)).toContain("sentinel");
});
