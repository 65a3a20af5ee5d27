import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIsBound } from "../../../src/accounts/bound.ts";
import type { Place } from "../../../src/contract/connector.ts";
import { HubError } from "../../../src/contract/errors.ts";
import { conversationName } from "../../../src/contract/ids.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const inChat = { threadId: undefined, mentionsBot: true };
const asked: { place: Place; from: string; title: string }[] = [];
let opens: (from: string) => Promise<{ threadId: string }>;
let bench: HubBench;

beforeEach(async () => {
  asked.length = 0;
  opens = async (from) => ({ threadId: `thread-of-${from}` });
  bench = await createHubBench({
    can: {
      openThread: (place, from, title) => {
        asked.push({ place, from, title });
        return opens(from);
      },
    },
  });
});
afterEach(() => bench.file.dispose());

const mention = (text: string, more = {}) => bench.say(text, undefined, { ...inChat, ...more });
const bindings = async () => (await bench.life().journal.store.find("bindings")).map(({ address }) => address.thread);
const sentTo = () => bench.chat.calls.map(({ text, threadId }) => [text, threadId]);

describe("a mention in a chat", () => {
  test("gets a thread of its own, named from what was said, and all answers go there", async () => {
    expect(await mention("deploy\n the shop", { eventId: "m1" })).toMatchObject({ type: "accepted" });
    await bench.agent.report("deploy", { type: "text", text: "done" });
    await bench.clock.settled();
    expect(asked).toEqual([{ place: { chatId: "home" }, from: "m1", title: "deploy the shop" }]);
    expect(sentTo()).toEqual([["done", "thread-of-m1"]]);
    await bench.agent.end("deploy");
    await bench.say("and now?", "thread-of-m1", { mentionsBot: false });
    expect(bench.agent.turns[1]?.session).toBe(bench.agent.turns[0]?.session);
  });

  test("twice at once: two threads and two conversations, and neither waits for the other", async () => {
    let release = (): void => {};
    opens = async (from) => {
      if (from === "m1") await new Promise<void>((resolve) => (release = resolve));
      return { threadId: `thread-of-${from}` };
    };
    await mention("one", { eventId: "m1" });
    await mention("two", { eventId: "m2" });
    await mention("!help");
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["two"]);
    expect(bench.chat.shown[0]).toContain("`!help`");
    release();
    await bench.clock.settled();
    expect(await bindings()).toEqual(["thread-of-m2", "thread-of-m1"]);
  });

  test("that the platform delivers again while its thread is being opened: one thread, one turn", async () => {
    let release = (): void => {};
    opens = async (from) => new Promise((resolve) => (release = () => resolve({ threadId: `thread-of-${from}` })));
    await mention("one", { eventId: "m1" });
    await mention("one", { eventId: "m1" });
    release();
    await bench.clock.settled();
    await mention("one", { eventId: "m1" });
    expect([asked.length, bench.agent.turns.length]).toEqual([1, 1]);
  });

  test("of files alone: the thread is named after the first; a long name ends in whole letters; a secret is no name", async () => {
    const attachments = [{ name: "plan.pdf", mimeType: "application/pdf", sizeBytes: 1, path: "x" }];
    await mention(" ", { eventId: "m1", attachments });
    await mention("🦊".repeat(80), { eventId: "m2" });
    await mention("log in with hunter2", { eventId: "m3" });
    await mention(`${"x".repeat(55)} hunter2`, { eventId: "m4" });
    expect(asked.map(({ title }) => title)).toEqual([
      "plan.pdf",
      `${"🦊".repeat(59)}…`,
      "log in with [redacted]",
      `${"x".repeat(55)} [re…`,
    ]);
  });

  test("the process dies before the thread is on record: the same thread again, and one turn", async () => {
    bench.life().dieAt("before", (write) => write.op === "insert" && write.table === "bindings");
    await mention("one", { eventId: "m1" });
    await bench.restart();
    expect(asked.map(({ from }) => from)).toEqual(["m1", "m1"]);
    expect(await bindings()).toEqual(["thread-of-m1"]);
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["one"]);
  });
});

describe("a conversation brought into a chat", () => {
  const name = async (): Promise<string> =>
    conversationName((await bench.life().journal.store.find("bindings", { limit: 1 }))[0]?.sessionKey ?? "agent:x:chat:x");
  beforeEach(async () => void (await bench.say("hello", "t1")));

  test.each(["move", "mirror"])(
    "with !%s goes on in a thread opened from that message, named as it is, and plain words reach it there",
    async (verb) => {
      bench.life().dieAt("before", (write) => write.op === "update" && write.table === "inbox" && write.set.status === "routed");
      void mention(`!${verb} ${await name()}`, { eventId: "m1", mentionsBot: false });
      await bench.clock.settled();
      await bench.restart();
      expect(asked).toEqual(Array.from({ length: 2 }, () => ({ place: { chatId: "home" }, from: "m1", title: "hello" })));
      expect(await bindings()).toEqual(verb === "move" ? ["thread-of-m1"] : ["t1", "thread-of-m1"]);
      expect(sentTo().filter(([, thread]) => thread === "thread-of-m1")).toHaveLength(1);
      expect(await createIsBound(bench.life().journal.store, "chat")({ chatId: "home", threadId: "thread-of-m1" })).toBe(true);
      await bench.agent.end("hello");
      await bench.say("and here?", "thread-of-m1", { mentionsBot: false });
      expect(new Set(bench.agent.turns.map(({ session }) => session)).size).toBe(1);
    },
  );

  test("with !bind, too, named after whom it is with", async () => {
    await mention("!bind mos", { eventId: "m1" });
    expect(asked).toMatchObject([{ from: "m1", title: "Mos" }]);
    expect(await bindings()).toEqual(["t1", "thread-of-m1"]);
  });

  test("that is none, or by a command without a name, is answered in the chat", async () => {
    await mention("!move chat-00000000");
    await mention("!move");
    await mention("!bind nobody");
    expect(asked).toEqual([]);
    expect(await bindings()).toEqual(["t1"]);
  });

  test("where no thread can be opened stays in the chat, and every mention there is meant for it, whatever could be opened since", async () => {
    opens = () => Promise.reject(new HubError("not_allowed", { reason: "it was no message" }));
    await mention(`!move ${await name()}`, { eventId: "m1" });
    expect(bench.chat.shown.filter((text) => text.startsWith("I cannot open a thread here"))).toHaveLength(1);
    opens = async (from) => ({ threadId: `thread-of-${from}` });
    await bench.agent.end("hello");
    await mention("still you?", { eventId: "m2" });
    expect(await bindings()).toEqual([undefined]);
    expect(bench.agent.turns.map(({ session }) => session)).toEqual([bench.agent.turns[0]?.session, bench.agent.turns[0]?.session]);
    await mention("!leave");
    await mention("another", { eventId: "m3" });
    expect(await bindings()).toEqual(["thread-of-m3"]);
  });
});

describe("no thread is opened for", () => {
  test.each([
    ["a direct message", { direct: true }],
    ["a message in a thread", { threadId: "t9" }],
    ["a message without a mention", { mentionsBot: false }],
  ])("%s", async (_what, more) => {
    await mention("hello", more);
    expect(asked).toEqual([]);
    expect(bench.agent.turns).toHaveLength(1);
  });

  test("a command, a decision, an unknown person", async () => {
    await mention("!status");
    await mention("approve K7Q-M2X");
    await mention("hello", { sender: "eve" });
    expect(asked).toEqual([]);
  });
});

describe("a thread the platform refuses", () => {
  const refusal = () => Promise.reject(new HubError("not_allowed", { reason: "no permission" }));

  test("the conversation goes on in the chat, which is said once; another mention may get its thread", async () => {
    opens = refusal;
    await mention("one", { eventId: "m1" });
    await bench.agent.end("one");
    await mention("two", { eventId: "m2" });
    await bench.agent.end("two");
    expect(bench.agent.turns.map(({ session }) => session)).toEqual([bench.agent.turns[0]?.session, bench.agent.turns[0]?.session]);
    expect(sentTo()).toEqual([[expect.stringMatching(/^I cannot open a thread here/), undefined]]);
    opens = async () => ({ threadId: "late" });
    await mention("three", { eventId: "m3" });
    expect(await bindings()).toEqual([undefined, "late"]);
  });

  test("is not tried again; a connection that fails is, twice", async () => {
    opens = refusal;
    await mention("one", { eventId: "m1" });
    expect(asked).toHaveLength(1);
    let failures = 2;
    opens = async (from) => {
      if (failures-- > 0) throw new Error("no connection");
      return { threadId: `thread-of-${from}` };
    };
    await mention("two", { eventId: "m2" });
    await bench.clock.tick(10_000);
    expect(asked).toHaveLength(4);
    expect(await bindings()).toEqual([undefined, "thread-of-m2"]);
  });

  test("a platform that never answers keeps nobody waiting for ever", async () => {
    opens = () => new Promise(() => {});
    await mention("one", { eventId: "m1" });
    await bench.clock.tick(60_000);
    expect(bench.agent.turns).toHaveLength(1);
    expect(bench.chat.shown).toHaveLength(1);
  });

  test("what people say to each other there is not meant for the agent, and in a thread of ours it is", async () => {
    const isBound = createIsBound(bench.life().journal.store, "chat");
    await mention("one", { eventId: "m1" });
    opens = refusal;
    await mention("two", { eventId: "m2" });
    expect(await isBound({ chatId: "home", threadId: "thread-of-m1" })).toBe(true);
    expect(await isBound({ chatId: "home" })).toBe(false);
    expect(await isBound({ chatId: "home", threadId: "another" })).toBe(false);
    await mention("three", { chatId: "ann", direct: true });
    expect(await isBound({ chatId: "ann" })).toBe(true);
  });
});
