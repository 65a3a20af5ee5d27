/** Several orchestrators and several places: who answers where, what is shown where, and that each place has one conversation. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conversationName } from "../../../src/contract/ids.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
const seat = (name: string, alias: string) => ({ name, alias, busyMode: "queue" as const, chats: [] });
const aliasOf = (name: string): string => ({ mos: "Mos", sentinel: "Sentinel" })[name] ?? name;
beforeEach(async () => {
  bench = await createHubBench({ settings: { orchestrators: [seat("mos", "Mos"), seat("sentinel", "Sentinel")], aliasOf } });
});
afterEach(() => bench.file.dispose());

const store = () => bench.life().journal.store;
const sessionAt = async (thread: string) => {
  const bound = (await store().find("bindings")).find(({ address }) => address.thread === thread);
  return bound && (await store().get("sessions", bound.sessionKey));
};
const nameAt = async (thread: string): Promise<string> => conversationName((await sessionAt(thread))?.id ?? "agent:x:chat:x");
/** What each place was shown since the last look. */
let looked = 0;
beforeEach(() => void (looked = 0));
const shown = (thread: string): string[] => bench.chat.calls.filter((call) => call.threadId === thread).map(({ text }) => text);
const news = (): [string, string][] => {
  const calls = bench.chat.calls.slice(looked);
  looked = bench.chat.calls.length;
  // Places do not wait for each other; within one the order counts.
  return calls.map(({ threadId, text }): [string, string] => [threadId ?? "", text]).toSorted(([a], [b]) => a.localeCompare(b));
};
const answer = async (to: string, text: string): Promise<void> => {
  await bench.agent.report(to, { type: "text", text });
  await bench.agent.end(to);
  await bench.clock.settled();
};

describe("who answers", () => {
  test("the first one, unless a message names another; then the place stays with that one", async () => {
    await bench.say("hello", "t1");
    await bench.say("@sentinel look", "t2");
    expect([(await sessionAt("t1"))?.orchestrator, (await sessionAt("t2"))?.orchestrator]).toEqual(["mos", "sentinel"]);
    news();
    await bench.say("sentinel: and here?", "t1");
    expect(news()).toContainEqual(["t1", "Mos answers here. `!bind sentinel` gives this place to Sentinel."]);
    expect((await sessionAt("t1"))?.orchestrator).toBe("mos");
  });

  test("bind lists, refuses what is nobody, and begins a conversation with another", async () => {
    await bench.say("!bind", "t1");
    await bench.say("!bind nobody", "t1");
    await bench.say("!bind Sentinel", "t1");
    await bench.say("!bind sentinel", "t1");
    const [list, nobody, bound, again] = shown("t1");
    expect(list).toContain("- `!bind sentinel`: Sentinel");
    expect(nobody).toContain("Nobody here is called so.");
    expect([bound, again]).toEqual(["Sentinel answers here from now on.", "Sentinel answers here already."]);
    await bench.say("hello", "t1");
    expect(await store().find("sessions")).toHaveLength(1);
    await bench.say("!bind mos", "t1");
    expect((await store().find("sessions")).map(({ orchestrator, status }) => [orchestrator, status])).toEqual([
      ["sentinel", "closed"],
      ["mos", "open"],
    ]);
    await bench.say("!bind sentinel", "t1");
    expect(new Set((await store().find("sessions")).map(({ id }) => id)).size).toBe(3);
  });

  test("a conversation with one who is gone says so, and bind gives the place to another", async () => {
    await bench.say("!bind sentinel", "t1");
    await bench.say("hello", "t1");
    expect(shown("t1").at(-1)).toContain("This conversation is with sentinel, which this hub no longer has.");
    await bench.say("!bind mos", "t1");
    await bench.say("hello again", "t1");
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["hello again"]);
  });
});

describe("a mirrored conversation", () => {
  beforeEach(async () => {
    await bench.say("hello", "t1");
    await answer("hello", "hi");
    await bench.say(`!mirror ${await nameAt("t1")}`, "t2");
    news();
  });

  test("is one session: what is said in either place reaches it, and both are shown all of it", async () => {
    await bench.say("from two", "t2");
    await answer("from two", "answer two");
    await bench.say("from one", "t1");
    await answer("from one", "answer one");
    expect(new Set(bench.agent.turns.map(({ session }) => session)).size).toBe(1);
    expect(news()).toEqual([
      ["t1", "**ann** at chat · home · thread t2:\n> from two"],
      ["t1", "answer two"],
      ["t1", "answer one"],
      ["t2", "answer two"],
      ["t2", "**ann** at chat · home · thread t1:\n> from one"],
      ["t2", "answer one"],
    ]);
    expect(bench.chat.ends).toHaveLength(new Set(bench.chat.ends).size);
  });

  test("what is asked is asked in both, decided in either, and drawn anew in both; after a restart as before", async () => {
    await bench.say("build", "t1");
    const ask = { title: "Remove it", action: { rm: "x" }, class: "red" } as const;
    await bench.agent.report("build", { type: "approval_request", ask, handle: { requestId: "1", epoch: "e" } });
    await bench.clock.settled();
    const [asked] = await store().find("approvals");
    expect((await store().find("copies")).map(({ address }) => address.thread).toSorted()).toEqual(["t1", "t2"]);
    await bench.restart();
    await bench.say(`approve ${asked?.code}`, "t2");
    expect((await store().find("approvals"))[0]?.state).toBe("consumed");
    const drawn = bench.chat.calls.filter(({ card }) => card?.type === "approval" && card.state !== "pending");
    expect(new Set(drawn.map(({ threadId }) => threadId))).toEqual(new Set(["t1", "t2"]));
  });

  test("is asked in a new place, too, what waits for a decision", async () => {
    await bench.say("build", "t1");
    const ask = { title: "Remove it", action: { rm: "x" }, class: "red" } as const;
    await bench.agent.report("build", { type: "approval_request", ask, handle: { requestId: "1", epoch: "e" } });
    await bench.say(`!mirror ${await nameAt("t1")}`, "t3");
    expect((await store().find("copies")).map(({ address }) => address.thread).toSorted()).toEqual(["t1", "t2", "t3"]);
  });

  test("new and bind keep its places together", async () => {
    await bench.say("!bind sentinel", "t2");
    expect((await sessionAt("t1"))?.id).toBe((await sessionAt("t2"))?.id);
    expect((await sessionAt("t1"))?.orchestrator).toBe("sentinel");
    expect(news()).toEqual([
      ["t1", "Sentinel answers here from now on."],
      ["t2", "Sentinel answers here from now on. What was said before is not known to it."],
    ]);
    await bench.say("!bind mos", "t1");
    await bench.say("!new", "t1");
    expect((await sessionAt("t1"))?.id).toBe((await sessionAt("t2"))?.id);
    expect((await store().find("sessions", { where: { status: "open" } })).length).toBe(1);
  });

  test("leave takes one place out and tells the other; the last one ends it", async () => {
    await bench.say("!leave", "t1");
    expect(news()).toEqual([
      ["t1", '"hello", with Mos, is no longer shown here. It goes on at chat · home · thread t2.'],
      ["t2", "This conversation is no longer shown at chat · home · thread t1."],
    ]);
    await bench.say("two", "t2");
    await answer("two", "only here");
    expect(shown("t1").at(-1)).not.toBe("only here");
    expect((await sessionAt("t2"))?.address.thread).toBe("t2");
    await bench.say("!leave", "t2");
    expect(shown("t2").at(-1)).toBe("The conversation here has ended. Mention me to begin another one.");
    expect((await store().find("sessions")).map(({ status }) => status)).toEqual(["closed"]);
    await bench.say("a new one", "t1");
    expect((await sessionAt("t1"))?.title).toBe("a new one");
  });
});

describe("a moved conversation", () => {
  test("keeps its session, is answered where it now lives, and its former place begins another", async () => {
    await bench.say("hello", "t1");
    const key = (await sessionAt("t1"))?.id;
    await bench.say("working on it", "t1");
    news();
    await bench.say(`!move ${await nameAt("t1")}`, "t2");
    expect(news()).toEqual([
      ["t1", "This conversation goes on at chat · home · thread t2. Mention me here to begin another one; where we are alone, just write."],
      ["t2", '"hello", with Mos, goes on here.'],
    ]);
    expect([(await sessionAt("t2"))?.id, await sessionAt("t1")]).toEqual([key, undefined]);
    // What was asked before is answered where it was asked, and shown where the conversation lives.
    await answer("hello", "done");
    expect(news()).toEqual([
      ["t1", "done"],
      ["t2", "done"],
    ]);
    await bench.restart();
    await bench.say("another", "t1");
    expect((await sessionAt("t1"))?.id).not.toBe(key);
    await bench.say("still you", "t2");
    expect((await store().find("inbox", { newestFirst: true, limit: 1 }))[0]?.sessionKey).toBe(key);
  });

  test("never to a place that has one, and never one that is not there", async () => {
    await bench.say("one", "t1");
    await bench.say("two", "t2");
    const name = await nameAt("t1");
    for (const text of [`!move ${name}`, `!mirror ${name}`, "!move", "!move chat-00000000", `!mirror ${await nameAt("t2")}`])
      await bench.say(text, "t2");
    expect(shown("t2").slice(-5)).toEqual([
      "Another conversation lives here. `!leave` takes it away from here first.",
      "Another conversation lives here. `!leave` takes it away from here first.",
      "Say which conversation: `!sessions` names them.",
      "No open conversation is called so. `!sessions` names them.",
      "It lives here already.",
    ]);
    await bench.say("!leave", "t2");
    await Promise.all([bench.say(`!move ${name}`, "t2"), bench.say(`!mirror ${name}`, "t3"), bench.say("hello", "t2")]);
    const bindings = await store().find("bindings");
    expect(new Set(bindings.map(({ id }) => id)).size).toBe(bindings.length);
    for (const { status, id } of await store().find("sessions"))
      expect(status === "open").toBe(bindings.some(({ sessionKey }) => sessionKey === id));
  });

  test.each(["before", "after"] as const)("the hub dies %s it is on record: it lives in one place, and says so once", async (when) => {
    await bench.say("hello", "t1");
    await answer("hello", "hi");
    const name = await nameAt("t1");
    bench.life().dieAt(when, (write) => write.op === "delete" && write.table === "bindings");
    void bench.say(`!move ${name}`, "t2");
    await bench.clock.settled();
    await bench.restart();
    expect((await store().find("bindings")).map(({ address }) => address.thread)).toEqual(["t2"]);
    expect(shown("t1").filter((text) => text.startsWith("This conversation goes on"))).toHaveLength(1);
  });
});

/** What may be done in three places, in whatever order, two things at a time, with crashes in between. */
const PLACES = ["t1", "t2", "t3"] as const;
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text: fc.constant("hello"), place: fc.constantFrom(...PLACES) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      text: fc.constantFrom("!move", "!mirror"),
      place: fc.constantFrom(...PLACES),
      of: fc.constantFrom(...PLACES),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ text: fc.constantFrom("!leave", "!new", "!bind sentinel", "!bind mos"), place: fc.constantFrom(...PLACES) }),
  },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** A conversation that is begun anew while it moves away. */
const LEFT: [Step, Step] = [
  { text: "!move", place: "t1", of: "t1" },
  { text: "!leave", place: "t1" },
];
const MOVED_AND_NEW: [Step, Step][] = [
  LEFT,
  LEFT,
  [
    { text: "!move", place: "t1", of: "t1" },
    { text: "!bind mos", place: "t2" },
  ],
  [
    { text: "!move", place: "t1", of: "t2" },
    { text: "!new", place: "t2" },
  ],
];

test("whatever is done, in whatever order: each place has one open conversation or none, and no open one is without a place", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, step), { minLength: 4, maxLength: 10 }), async (pairs) => {
      await bench.file.dispose();
      bench = await createHubBench({
        settings: { orchestrators: [seat("mos", "Mos"), seat("sentinel", "Sentinel")], aliasOf, queuePerSession: 100 },
      });
      for (const pair of pairs) {
        const saying = await Promise.all(
          pair.map(async (one) => (one === "restart" || !("of" in one) ? one : { ...one, text: `${one.text} ${await nameAt(one.of)}` })),
        );
        await Promise.all(saying.map((one) => (one === "restart" ? undefined : bench.say(one.text, one.place))));
        if (pair.includes("restart")) await bench.restart();
        const bindings = await store().find("bindings");
        const sessions = await store().find("sessions");
        const bound = new Set(bindings.map(({ sessionKey }) => sessionKey));
        expect(
          sessions
            .filter(({ status }) => status === "open")
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual([...bound].toSorted());
        for (const { id, address } of sessions.filter(({ status }) => status === "open"))
          expect(bindings.filter(({ sessionKey }) => sessionKey === id).map(({ address: at }) => at.thread)).toContain(address.thread);
      }
    }),
    { numRuns: 25, examples: [[MOVED_AND_NEW]] },
  );
  expect(bench.logged.filter((line) => line.includes("store_conflict"))).toEqual([]);
}, 120_000);
