import { afterEach, describe, expect, test } from "vitest";
import type { Connector, ConnectorLimits } from "../../../src/contract/connector.ts";
import { say } from "../../../src/contract/handler.ts";
import type { SendResult } from "../../../src/contract/message.ts";
import { createDeliveryBench, type DeliveryBench } from "../../support/delivery-bench.ts";
import { createRecordingConnector, DELIVERED, notSent } from "../../support/recording-connector.ts";

const WIDE: ConnectorLimits = { text: { max: 1000, unit: "utf16" }, countsAsEvent: ["send"] };
const paced = (count: number, windowMs: number): ConnectorLimits => ({ ...WIDE, pace: { perAccount: { count, windowMs } } });

let bench: DeliveryBench | undefined;
afterEach(async () => bench?.dispose());

async function setUp(connectors: Readonly<Record<string, Connector>>): Promise<DeliveryBench> {
  bench = await createDeliveryBench(connectors);
  return bench;
}

describe("order", () => {
  test("first in, first out within an address; a row that waits lets no later one past", async () => {
    const chat = createRecordingConnector();
    const { queue, clock } = await setUp({ chat });
    chat.script = ({ text }) => (text === "one" && chat.calls.length === 1 ? notSent({ do: "retry" }) : DELIVERED);
    await queue("one", "two", "three");
    expect(chat.shown).toEqual([]);
    await clock.tick(500);
    expect(chat.shown).toEqual(["one", "two", "three"]);
  });

  test("a stuck chat stops no other, nor another account", async () => {
    const chat = createRecordingConnector();
    const other = createRecordingConnector();
    const { queue } = await setUp({ chat, other });
    let answer = (_result: SendResult): void => {};
    chat.script = ({ threadId }) => (threadId === "stuck" ? new Promise((resolve) => (answer = resolve)) : DELIVERED);
    await queue(
      { text: "a", thread: "stuck" },
      { text: "b", thread: "stuck" },
      { text: "c", thread: "free" },
      { text: "d", account: "other" },
    );
    expect([...chat.shown, ...other.shown]).toEqual(["c", "d"]);
    answer(DELIVERED);
    await bench?.clock.settled();
    expect(chat.shown).toEqual(["c", "a"]);
    expect(chat.calls.at(-1)?.text).toBe("b");
  });

  test("more waiting rows than any page holds, all of a banned account, keep nobody else waiting", async () => {
    const chat = createRecordingConnector();
    const other = createRecordingConnector();
    chat.script = () => notSent({ do: "retry_after", ms: 60_000 });
    const { queue } = await setUp({ chat, other });
    await queue(...Array.from({ length: 1100 }, (_, at) => ({ text: `banned ${at}`, thread: at < 600 ? "same" : `t${at}` })));
    await queue({ text: "free", account: "other" });
    expect(other.shown).toEqual(["free"]);
  });

  test("where calls are scarce, urgent goes first, then replies, notices and progress, whichever came first", async () => {
    const chat = createRecordingConnector({ limits: paced(1, 1000) });
    const { queue, clock } = await setUp({ chat });
    await queue({ text: "first", thread: "t0" });
    await queue(
      { text: "progress", urgency: "progress", thread: "t1" },
      { text: "notice", urgency: "notice", thread: "t2" },
      { text: "reply", urgency: "reply", thread: "t3" },
      { text: "urgent", urgency: "urgent", thread: "t4" },
    );
    await clock.tick(4000);
    expect(chat.shown).toEqual(["first", "urgent", "reply", "notice", "progress"]);
  });

  test("inside its own thread urgent passes notices and progress, never a reply", async () => {
    const chat = createRecordingConnector({ limits: paced(1, 1000) });
    const { queue, clock } = await setUp({ chat });
    await queue({ text: "first", thread: "t0" });
    await queue(
      { text: "progress", urgency: "progress" },
      { text: "notice", urgency: "notice" },
      { text: "urgent 1", urgency: "urgent" },
      { text: "reply", urgency: "reply" },
      { text: "urgent 2", urgency: "urgent" },
    );
    await clock.tick(10_000);
    expect(chat.shown).toEqual(["first", "urgent 1", "progress", "notice", "reply", "urgent 2"]);
  });

  test("urgent never passes the message it changes", async () => {
    const chat = createRecordingConnector({ limits: paced(1, 1000), can: { edit: true } });
    const { queue, write, clock } = await setUp({ chat });
    await queue({ text: "first", thread: "t0" });
    const at = { address: { account: "chat", chat: "home", thread: "t1" }, trace: "trc_1" };
    const card = say({ ...at, text: "card", urgency: "notice" });
    await write(card.write, say({ ...at, text: "changed", urgency: "urgent", edits: card.id }).write);
    await clock.tick(3000);
    expect(chat.calls.map(({ text, edits }) => [text, edits?.messageId])).toEqual([
      ["first", undefined],
      ["card", undefined],
      ["changed", "m2"],
    ]);
  });
});

describe("several parts", () => {
  const narrow: ConnectorLimits = { text: { max: 40, unit: "utf16" }, countsAsEvent: ["send"] };
  const long = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda my";

  test("leave in order, each with a key of its own, before what was said after them", async () => {
    const chat = createRecordingConnector({ limits: narrow });
    const { queue } = await setUp({ chat });
    await queue(long, "after");
    expect(chat.shown.slice(0, -1).join("")).toBe(long);
    expect(chat.shown.at(-1)).toBe("after");
    expect(new Set(chat.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(chat.calls.length);
  });

  test("each counts as a call of the platform's pace", async () => {
    const chat = createRecordingConnector({ limits: { ...narrow, pace: { perAccount: { count: 1, windowMs: 1000 } } } });
    const { queue, clock } = await setUp({ chat });
    await queue(long);
    expect(chat.calls).toHaveLength(1);
    await clock.tick(1000);
    expect(chat.calls).toHaveLength(2);
    await clock.tick(5000);
    expect(chat.shown.join("")).toBe(long);
  });

  test("what failed in the middle goes on from there", async () => {
    const chat = createRecordingConnector({ limits: narrow });
    const { queue, clock } = await setUp({ chat });
    chat.script = () => (chat.calls.length === 2 ? notSent({ do: "retry" }) : DELIVERED);
    await queue(long);
    await clock.tick(10_000);
    expect(chat.shown.join("")).toBe(long);
  });
});

describe("verdicts", () => {
  const attempts = async (verdict: SendResult["verdict"], ms: number): Promise<{ calls: number; state: string }> => {
    const chat = createRecordingConnector();
    const { queue, clock, row } = await setUp({ chat });
    chat.script = () => notSent(verdict);
    await queue("one");
    await clock.tick(ms);
    return { calls: chat.calls.length, state: (await row("one")).state };
  };

  test("drop: once and never again", async () => expect(await attempts({ do: "drop" }, 1e6)).toEqual({ calls: 1, state: "failed" }));

  test("retry: twice as late each time up to a minute, and after six hours a dead letter", async () => {
    expect(await attempts({ do: "retry" }, 499)).toEqual({ calls: 1, state: "queued" });
    await bench?.dispose();
    expect(await attempts({ do: "retry" }, 1500)).toEqual({ calls: 3, state: "queued" });
    await bench?.dispose();
    expect(await attempts({ do: "retry" }, 6 * 3_600_000 - 60_000)).toMatchObject({ state: "queued" });
    await bench?.dispose();
    const { calls, state } = await attempts({ do: "retry" }, 6 * 3_600_000 + 60_000);
    expect(state).toBe("dead");
    expect(calls).toBeLessThanOrEqual(10 + 6 * 60);
  });

  test.each(["stop_account", "reauth"] as const)("%s: the account is left alone for an hour, nothing is given up", async (verdict) => {
    expect(await attempts({ do: verdict }, 3_599_999)).toEqual({ calls: 1, state: "queued" });
    await bench?.dispose();
    expect(await attempts({ do: verdict }, 20 * 3_600_000)).toEqual({ calls: 21, state: "queued" });
  });

  test("retry_after: nothing of the account leaves before, other accounts do, and then all of it leaves in order", async () => {
    const chat = createRecordingConnector();
    const other = createRecordingConnector();
    const { queue, clock } = await setUp({ chat, other });
    chat.script = () => (chat.calls.length === 1 ? notSent({ do: "retry_after", ms: 7000 }) : DELIVERED);
    await queue({ text: "one" });
    await queue({ text: "two" }, { text: "three", thread: "t2" }, { text: "four", account: "other" });
    await clock.tick(6999);
    expect([chat.calls.length, other.shown]).toEqual([1, ["four"]]);
    await clock.tick(1);
    expect(chat.shown).toEqual(["three", "one", "two"]);
  });
});

test("draining begins no further call and waits for the receipts of those under way", async () => {
  const chat = createRecordingConnector();
  const { life, queue, clock, row } = await setUp({ chat });
  let answer = (_result: SendResult): void => {};
  chat.script = () => new Promise((resolve) => (answer = resolve));
  await queue("one", "two");
  let drained = false;
  const draining = life()
    .deliver.drain()
    .then(() => (drained = true));
  await clock.tick(1000);
  expect(drained).toBe(false);
  answer(DELIVERED);
  await draining;
  await clock.tick(1000);
  expect((await row("one")).state).toBe("sent");
  expect(chat.calls).toHaveLength(1);
});

test("a platform without a power is told nothing, and that costs none of its pace", async () => {
  const chat = createRecordingConnector({ limits: paced(1, 1000) });
  const bare = { ...chat, can: {} };
  const { write, queue } = await setUp({ chat: bare });
  const at = { account: "chat", address: { account: "chat", chat: "home" }, lane: "l", trace: "trc_1" };
  const rest = {
    state: "queued",
    urgency: "reply",
    coalesceKey: null,
    subject: null,
    attempts: 0,
    notBefore: 0,
    receipts: [],
    times: {},
  } as const;
  await write(
    {
      op: "insert",
      table: "outbox",
      id: "o1",
      fields: { ...at, ...rest, op: { type: "turn_end", mark: { trace: "trc_1", outcome: "done" } } },
    },
    { op: "insert", table: "outbox", id: "o2", fields: { ...at, ...rest, op: { type: "react", target: { messageId: "m" }, emoji: "+" } } },
  );
  await queue("one");
  expect(chat.shown).toEqual(["one"]);
});

test("draining stops even a look that is under way from beginning anything", async () => {
  const chat = createRecordingConnector();
  const connectors: Record<string, Connector> = {};
  const { life, queue, row } = await setUp(connectors);
  await queue("one");
  connectors["chat"] = chat;
  life().deliver.wake();
  await life().deliver.drain();
  expect(chat.calls).toEqual([]);
  expect((await row("one")).state).toBe("queued");
});
