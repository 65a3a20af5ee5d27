/** Rows and what is no row against a platform that counts, in simulated time: budgets, order, fairness, bans. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectorLimits } from "../../../src/contract/connector.ts";
import type { OutboxFields } from "../../../src/contract/tables.ts";
import { createDeliveryBench, type DeliveryBench } from "../../support/delivery-bench.ts";
import { createRecordingConnector, DELIVERED, notSent, type RecordingConnector } from "../../support/recording-connector.ts";

const paced = (pace: ConnectorLimits["pace"]): ConnectorLimits => ({
  text: { max: 1000, unit: "utf16" },
  pace,
  countsAsEvent: ["send", "edit", "reaction", "typing"],
});
const at = (chat: string, thread = "t1") => ({ account: "chat", chat, thread });

let bench: DeliveryBench | undefined;
afterEach(async () => bench?.dispose());
const setUp = async (chat: RecordingConnector): Promise<DeliveryBench> => (bench = await createDeliveryBench({ chat }));

describe("fairness", () => {
  test("a busy chat, also one with many threads, starves no other", async () => {
    const chat = createRecordingConnector({ limits: paced({ perAccount: { count: 1, windowMs: 1000 } }) });
    const { queue, clock } = await setUp(chat);
    await queue(...Array.from({ length: 40 }, (_, n) => ({ text: `busy ${n}`, address: at("busy", `t${n % 10}`) })));
    await queue(...Array.from({ length: 5 }, (_, n) => ({ text: `calm ${n}`, address: at("calm") })));
    await clock.tick(11_000);
    expect(chat.shown.filter((text) => text.startsWith("calm"))).toHaveLength(5);
    expect(chat.shown.filter((text) => text.startsWith("busy")).length).toBeGreaterThanOrEqual(6);
  });

  test("the thread of a chat that is the chat itself has its turn, too", async () => {
    const chat = createRecordingConnector({ limits: paced({ perAccount: { count: 1, windowMs: 1000 } }) });
    const { queue, clock } = await setUp(chat);
    for (const thread of ["a", "b"]) await queue(...[0, 1, 2, 3].map((n) => ({ text: `${thread}${n}`, address: at("c", thread) })));
    await queue(...[0, 1, 2, 3].map((n) => ({ text: `main${n}`, address: { account: "chat", chat: "c" } })));
    await clock.tick(6000);
    expect(chat.shown.filter((text) => text.startsWith("main")).length).toBeGreaterThanOrEqual(2);
  });

  test("what is no row gives way to rows that wait, and never overtakes in its lane", async () => {
    const chat = createRecordingConnector({ can: { edit: true }, limits: paced({ perAccount: { count: 2, windowMs: 1000 } }) });
    const { queue, clock, life } = await setUp(chat);
    const edit = () =>
      life().deliver.aside({
        address: at("home"),
        kind: "edit",
        inOrder: true,
        make: (connector) => connector.send({ text: "aside", edits: { messageId: "m1" }, idempotencyKey: "k" }),
      });
    let answer = (): void => {};
    chat.script = ({ text }) => (text === "aside" ? new Promise((done) => (answer = () => done(DELIVERED))) : DELIVERED);
    expect(edit()).toBe(0);
    await queue("one");
    expect(chat.shown).toEqual([]);
    answer();
    await clock.settled();
    expect(chat.shown).toEqual(["aside", "one"]);
    await queue("two", "three", "four");
    expect(edit()).toBeGreaterThan(0);
  });
});

test("in no window is a budget exceeded, each lane keeps its order, and all leave, whatever the platform refuses", async () => {
  const urgency = fc.constantFrom<OutboxFields["urgency"]>("reply", "notice");
  const said = fc.record({ chat: fc.constantFrom("a", "b", "c"), thread: fc.constantFrom("t1", "t2"), urgency, pauseMs: fc.nat(400) });
  const pace = fc.record({ count: fc.integer({ min: 1, max: 3 }), windowMs: fc.integer({ min: 200, max: 1500 }) });
  const refusal = fc.constantFrom(0, 0, 0, 1, 2);
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { minLength: 1, maxLength: 25 }),
      fc.record({ perChat: pace, perAccount: pace }),
      fc.array(refusal, { maxLength: 15 }),
      async (messages, limits, refusals) => {
        const chat = createRecordingConnector({ can: { typing: async () => {} }, limits: paced(limits) });
        const { queue, clock, life, dispose } = await createDeliveryBench({ chat });
        const calls: { at: number; chat: string }[] = [];
        const barred: { until: number; chat: string | undefined }[] = [];
        chat.script = ({ chatId = "" }) => {
          const now = clock.now();
          calls.push({ at: now, chat: chatId });
          expect(barred.filter((bar) => now < bar.until && (bar.chat ?? chatId) === chatId)).toEqual([]);
          const refused = refusals.shift() ?? 0;
          if (refused === 0) return DELIVERED;
          barred.push({ until: now + 2000, chat: refused === 1 ? chatId : undefined });
          return notSent({ do: "retry_after", ms: 2000, scope: refused === 1 ? "chat" : "account" });
        };
        let n = 0;
        for (const { chat: name, thread, urgency: rank, pauseMs } of messages) {
          await queue({ text: `${name} ${thread} ${(n += 1)}`, address: at(name, thread), urgency: rank });
          const typed = life().deliver.aside({ address: at(name, thread), kind: "typing", make: async () => {} });
          if (typed === 0) calls.push({ at: clock.now(), chat: name });
          await clock.tick(pauseMs);
        }
        await clock.tick(200_000);
        expect(chat.shown).toHaveLength(messages.length);
        for (const lane of ["a t1", "a t2", "b t1", "b t2", "c t1", "c t2"]) {
          const order = chat.shown.filter((text) => text.startsWith(lane)).map((text) => Number(text.split(" ")[2]));
          expect(order).toEqual(order.toSorted((one, other) => one - other));
        }
        const most = (times: number[], { count, windowMs }: { count: number; windowMs: number }): void => {
          for (const from of times)
            expect(times.filter((time) => time >= from && time < from + windowMs).length).toBeLessThanOrEqual(count);
        };
        most(
          calls.map((each) => each.at),
          limits.perAccount,
        );
        for (const name of ["a", "b", "c"])
          most(
            calls.filter((each) => each.chat === name).map((each) => each.at),
            limits.perChat,
          );
        await dispose();
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

describe("a ban", () => {
  test("is not broken by a restart, neither by the row that met it nor by any other", async () => {
    const chat = createRecordingConnector();
    chat.script = () => (chat.calls.length === 1 ? notSent({ do: "retry_after", ms: 600_000 }) : DELIVERED);
    const { queue, clock, restart } = await setUp(chat);
    await queue({ text: "one", thread: "t1" });
    await queue({ text: "two", thread: "t2" });
    await restart();
    await clock.tick(599_000);
    expect(chat.calls).toHaveLength(1);
    await clock.tick(1000);
    expect(chat.shown.toSorted()).toEqual(["one", "two"]);
  });

  test("of one chat leaves the others alone, and one met by what is no row holds as well", async () => {
    const chat = createRecordingConnector({ can: { typing: async () => {} } });
    const { queue, clock, life, restart } = await setUp(chat);
    const make = async () => notSent({ do: "retry_after", ms: 60_000, scope: "chat" });
    expect(life().deliver.aside({ address: at("home"), kind: "typing", make })).toBe(0);
    await clock.settled();
    await restart();
    await queue({ text: "held" }, { text: "free", address: at("other") });
    expect(chat.shown).toEqual(["free"]);
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["free", "held"]);
  });

  test("a storm of refusals uses up no attempts", async () => {
    const chat = createRecordingConnector();
    chat.script = () =>
      chat.calls.length <= 30 ? notSent({ do: "retry_after", ms: 1000 }) : chat.calls.length === 31 ? notSent() : DELIVERED;
    const { queue, clock } = await setUp(chat);
    await queue("one");
    await clock.tick(60_000);
    expect(chat.shown).toEqual(["one"]);
  });

  test("a closed account is asked at once after a restart, which a person makes who has mended it", async () => {
    const chat = createRecordingConnector();
    chat.script = () => (chat.calls.length === 1 ? notSent({ do: "reauth" }) : DELIVERED);
    const { queue, restart } = await setUp(chat);
    await queue("one");
    await restart();
    expect(chat.shown).toEqual(["one"]);
  });
});

test("a wall clock that is set back an hour keeps no row waiting for as long", async () => {
  const chat = createRecordingConnector({ limits: paced({ perChat: { count: 1, windowMs: 1000 } }) });
  chat.script = () =>
    chat.calls.length === 1 ? notSent({ do: "retry" }) : chat.calls.length === 2 ? notSent({ do: "retry_after", ms: 5000 }) : DELIVERED;
  const { queue, clock } = await setUp(chat);
  await queue("one", "two");
  const { now } = clock;
  Object.assign(clock, { now: () => now() - 3_600_000 });
  await clock.tick(70_000);
  expect(chat.shown).toEqual(["one", "two"]);
});

test("during a ban not even what became of a message is asked", async () => {
  const chat = createRecordingConnector();
  let asked = 0;
  const looking = Object.assign(chat, { can: { reconcile: async () => void (asked += 1) } });
  chat.script = ({ threadId }) =>
    threadId === "t1" ? { delivered: false, outcome: "unknown" } : notSent({ do: "retry_after", ms: 60_000 });
  const { queue, clock } = await setUp(looking);
  await queue({ text: "one", thread: "t1" }, { text: "two", thread: "t2" });
  await clock.tick(59_000);
  expect(asked).toBe(0);
  await clock.tick(2000);
  expect(asked).toBe(1);
});

test("a chat that is held keeps what is no row from no other chat", async () => {
  const chat = createRecordingConnector({ can: { typing: async () => {} }, limits: paced({ perAccount: { count: 30, windowMs: 1000 } }) });
  chat.script = ({ chatId }) => (chatId === "held" ? notSent({ do: "retry_after", ms: 600_000, scope: "chat" }) : DELIVERED);
  const { queue, clock, life } = await setUp(chat);
  await queue({ text: "one", address: at("held") });
  await clock.tick(1000);
  const typing = (name: string) => life().deliver.aside({ address: at(name), kind: "typing", make: async () => {} });
  expect(typing("held")).toBeGreaterThan(0);
  expect(typing("free")).toBe(0);
});

test("progress leaves half of the pace to what may come, and keeps nothing waiting that is behind it", async () => {
  const chat = createRecordingConnector({ limits: paced({ perChat: { count: 20, windowMs: 60_000 } }) });
  const { queue, clock } = await setUp(chat);
  for (let step = 0; step < 60; step += 1) {
    await queue({ text: `step ${step}`, urgency: "progress", thread: `t${step}` });
    await clock.tick(500);
  }
  expect(chat.shown.length).toBeLessThanOrEqual(6);
  await queue({ text: "step", urgency: "progress", thread: "own" }, { text: "reply", thread: "own" });
  expect(chat.shown.slice(-2)).toEqual(["step", "reply"]);
});
