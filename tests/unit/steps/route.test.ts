import { afterEach, beforeEach, expect, test } from "vitest";
import { insert, update } from "../../../src/contract/store.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const sessions = () => bench.life().journal.store.find("sessions");
const sessionOf = (text: string) => bench.agent.turns.find((turn) => turn.text === text)?.session;

test("a thread is a session: the same thread the same, another thread or chat another", async () => {
  await bench.say("one", "t1");
  await bench.agent.end("one");
  await bench.say("two", "t1");
  await bench.say("three", "t2");
  await bench.say("four", "t1", { chatId: "elsewhere" });
  expect(sessionOf("two")).toBe(sessionOf("one"));
  expect(new Set(["one", "three", "four"].map(sessionOf)).size).toBe(3);
  expect(await sessions()).toHaveLength(3);
});

test("two first messages at once open one session", async () => {
  await Promise.all([bench.say("one", "t1"), bench.say("two", "t1")]);
  expect(await sessions()).toHaveLength(1);
});

test("its title is the beginning of the first message, in whole characters", async () => {
  await bench.say(`  deploy\n the ${"🦊".repeat(80)}`);
  const [session] = await sessions();
  expect(session?.title).toBe(`deploy the ${"🦊".repeat(48)}…`);
});

test("control opens no session and belongs to no lane", async () => {
  await bench.say("!status");
  await bench.say("approve K7Q-M2X");
  expect(await sessions()).toEqual([]);
  const rows = await bench.life().journal.store.find("inbox");
  expect(rows.map(({ sessionKey, handler, status }) => [sessionKey, handler, status])).toEqual([
    [null, "command", "done"],
    [null, "approval", "done"],
  ]);
});

test("new: the next words go to another session; those said before still go to the old one, even when taken up after a crash", async () => {
  await bench.say("one");
  bench.life().dieAt("before", (write) => write.op === "update" && write.table === "inbox" && write.set.status === "done");
  void bench.say("two");
  await bench.clock.settled();
  const old = sessionOf("one");
  // The process died with "two" routed; "new" came to the next life before it could be taken up.
  bench.chat.forgetListeners();
  const next = await bench.file.open(bench.clock);
  const [binding] = await next.journal.store.find("bindings");
  const [session] = await next.journal.store.find("sessions");
  if (!binding || !session) throw new Error("nothing was bound");
  const { address, orchestrator } = session;
  const fields = { orchestrator, address, agentSessionId: null, title: "", status: "open", busyMode: "queue" } as const;
  const writes = [insert("sessions", "agent:mos:chat:new", fields), update("bindings", binding, { sessionKey: "agent:mos:chat:new" })];
  expect(await next.journal.commit({ actorId: "test", scope: "hub", writes })).toBe(true);
  await bench.restart();
  await bench.agent.end("one");
  await bench.clock.settled();
  expect(sessionOf("two")).toBe(old);
  await bench.say("three");
  expect(sessionOf("three")).toBe("agent:mos:chat:new");
});

test("typed new: the old session is closed, a running turn of it goes on", async () => {
  await bench.say("one");
  await bench.say("!new");
  await bench.say("two");
  expect(sessionOf("two")).not.toBe(sessionOf("one"));
  expect((await sessions()).map(({ status }) => status)).toEqual(["closed", "open"]);
  await bench.agent.report("one", { type: "text", text: "answer" });
  await bench.clock.settled();
  expect(bench.chat.shown).toContain("answer");
});

test("a binding whose session is gone: the sender is told, and the message ends", async () => {
  const address = { account: "chat", chat: "home", thread: "t1" };
  const key = JSON.stringify(["chat", null, "home", "t1"]);
  const writes = [insert("bindings", key, { address, sessionKey: "agent:mos:chat:gone", generation: 0 })];
  await bench.life().journal.commit({ actorId: "test", scope: "hub", writes });
  await bench.say("hello");
  expect(bench.chat.ends).toEqual([expect.stringMatching(/ failed$/)]);
  expect(bench.agent.turns).toEqual([]);
});
