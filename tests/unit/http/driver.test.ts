/** The HTTP driver in hand-moved time: what is kept over deaths of either side, given again, refused, and ended without it. */
import { Keyv } from "keyv";
import { beforeEach, describe, expect, test } from "vitest";
import type { SessionKey } from "../../../src/contract/ids.ts";
import type { OrchestratorDriver, SessionEvent, Turn } from "../../../src/contract/orchestrator.ts";
import { type Delivery, doorOf, type InboxCall, type OrchestratorDoor, type PostedEvent } from "../../../src/contract/orchestrator-door.ts";
import { httpConfig } from "../../../src/orchestrators/http/config.ts";
import { createHttpDriver } from "../../../src/orchestrators/http/driver.ts";
import { signatureHeaders } from "../../../src/web/signature.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";

const SESSION: SessionKey = "agent:mos:chat:a";
const TURN: Turn = {
  turnId: "t1",
  session: SESSION,
  trace: "trc",
  text: "hello",
  attempt: 1,
  tenantId: "local",
  person: { id: "per_1", name: "Ann", dir: "ann" },
  attachments: [],
};

let clock: HandClock;
let state: Keyv;
let driver: OrchestratorDriver;
let door: OrchestratorDoor;
let heard: SessionEvent[];

/** A life of the hub's side. */
async function begin({ listens = true } = {}): Promise<void> {
  const silent = (): void => {};
  const log = { info: silent, warn: silent, error: silent };
  const context = { alias: "Mos", state, dataDir: "/none", now: clock.now, log, files: undefined as never, mcp: () => undefined };
  driver = createHttpDriver(httpConfig.parse({ driver: "http" }), context, { clock, baseEnv: {} });
  door = doorOf(driver) as OrchestratorDoor;
  heard = [];
  if (listens) driver.onEvent(async (event) => void heard.push(event));
  await driver.open({ session: SESSION, tenantId: "local" });
}

beforeEach(async () => {
  clock = createHandClock();
  state = new Keyv();
  await begin();
});

const fetched = (call: Partial<InboxCall> = {}): Promise<readonly Delivery[]> =>
  door.inbox({ ack: [], waitMs: 0, limit: 20, signal: new AbortController().signal, ...call });
const report = (events: PostedEvent[], key?: string) => door.report({ session: SESSION, events }, key);
const types = (): string[] => heard.map(({ event }) => ("text" in event ? `${event.type} ${event.text}` : event.type));
const END: PostedEvent = { type: "turn_end", outcome: "done" };

/** Delivers, and takes what was delivered. */
async function given(turn: Partial<Turn> = {}, life?: string) {
  const outcome = driver.deliver({ ...TURN, ...turn });
  await clock.settled();
  const [delivery] = await fetched({ life });
  await fetched({ ack: [delivery?.id ?? ""], limit: 0, life });
  return outcome;
}

describe("a message", () => {
  test("is accepted when it is acknowledged, and not before", async () => {
    const outcome = driver.deliver(TURN);
    await clock.settled();
    const [delivery] = await fetched();
    expect(delivery).toMatchObject({ type: "turn", turn_id: "t1", text: "hello", session: SESSION });
    await fetched({ ack: [delivery?.id ?? ""] });
    expect(await outcome).toEqual({ outcome: "accepted" });
  });

  test("that nobody fetched is taken back, so that it can be delivered later", async () => {
    const outcome = driver.deliver(TURN);
    await clock.settled();
    await clock.tick(10_000);
    expect(await outcome).toMatchObject({ outcome: "unavailable", code: "agent_silent" });
    expect(await fetched()).toEqual([]);
  });

  test("that was fetched and not acknowledged waits there, and is given again after a while", async () => {
    const outcome = driver.deliver(TURN);
    await clock.settled();
    const [first] = await fetched();
    expect(await fetched()).toEqual([]);
    await clock.tick(10_000);
    expect(await outcome).toEqual({ outcome: "queued" });
    await clock.tick(20_000);
    expect(await fetched()).toEqual([first]);
  });

  test("wakes whoever waits for it", async () => {
    const waiting = fetched({ waitMs: 30_000 });
    await clock.settled();
    void driver.deliver(TURN);
    expect(await waiting).toHaveLength(1);
  });
});

describe("after the death of the hub", () => {
  test("a turn it had is still its own, and its end comes though it came while nobody listened", async () => {
    await given();
    await driver.close();
    await begin({ listens: false });
    await report([{ type: "text", text: "done" }, END], "k");
    expect(heard).toEqual([]);
    await begin();
    await clock.settled();
    expect(types()).toEqual(["text done", "turn_end"]);
    expect(await driver.holds?.("t1", SESSION)).toBe(true);
    await clock.settled();
    expect(types().at(-1)).toBe("turn_end");
    expect(await driver.holds?.("t0", SESSION)).toBe(false);
  });

  test("words that were not complete are heard again, what was complete is not", async () => {
    await given();
    await report([
      { type: "text", text: "whole" },
      { type: "text_delta", text: "half" },
    ]);
    await clock.settled();
    expect(types()).toEqual(["text whole", "text_delta half"]);
    await begin();
    await clock.settled();
    expect(types()).toEqual(["text_delta half"]);
    await report([END]);
    await clock.settled();
    await begin();
    await clock.settled();
    expect(types()).toEqual([]);
  });

  test("another report under the same key is refused, and says nothing", async () => {
    await given();
    await report([{ type: "text", text: "one" }], "k");
    await expect(report([{ type: "text", text: "two" }], "k")).rejects.toMatchObject({ code: "key_reused" });
    await report([{ type: "text", text: "one" }], "k");
    await clock.settled();
    expect(types()).toEqual(["text one"]);
  });

  test("the same report is the same, with the same asks and the same ids", async () => {
    await given();
    const ask: PostedEvent = { type: "approval_request", for_executor: false, ask: { title: "x", action: { a: 1 } } };
    const first = await report([ask], "k");
    await begin();
    expect(await report([ask], "k")).toEqual(first);
    await clock.settled();
    expect(heard.filter(({ event }) => event.type === "approval_request")).toHaveLength(0);
    expect(await door.asked(first.asks[0] ?? "")).toMatchObject({ session: SESSION, digest: expect.any(String) });
  });

  test("a decision is told, once, also when it is asked to tell it twice", async () => {
    await given();
    const { asks } = await report([
      { type: "question", ask: { text: "?", fields: [{ name: "a", label: "A", kind: "text", required: false }] } },
    ]);
    await clock.settled();
    await begin();
    const handle = { requestId: asks[0] ?? "", epoch: SESSION };
    expect(await driver.answer({ type: "question", handle, values: { a: "b" } })).toBe(true);
    expect(await driver.answer({ type: "question", handle, values: { a: "b" } })).toBe(true);
    expect(await fetched()).toEqual([expect.objectContaining({ type: "answer", values: { a: "b" } })]);
  });
});

describe("a new life of the orchestrator", () => {
  test("has lost what the one before had not ended, and is told so in order", async () => {
    await given({}, "one");
    await fetched({ life: "two" });
    await clock.settled();
    expect(heard.map(({ event }) => (event.type === "lifecycle" ? event.phase : event.type))).toEqual([
      "crashed",
      "turn_end",
      "restarted",
      "session_lost",
    ]);
    expect(heard[1]?.event).toMatchObject({ outcome: "lost", turnId: "t1" });
    expect(await driver.holds?.("t0", SESSION)).toBe(false);
  });

  test("without a name it has lost nothing", async () => {
    await given();
    await fetched();
    await clock.settled();
    expect(heard).toEqual([]);
  });

  test("that knows nothing of an older conversation begins it anew, once", async () => {
    await given({}, "one");
    await report([END]);
    await fetched({ life: "two" });
    expect(await driver.open({ session: SESSION, agentSessionId: `${SESSION}@one`, tenantId: "local" })).toMatchObject({
      how: "lost_and_new",
    });
    expect(await driver.open({ session: SESSION, agentSessionId: `${SESSION}@two`, tenantId: "local" })).toMatchObject({ how: "resumed" });
  });
});

test("one that does not obey `stop` is ended without it, and what it says of that turn later is nobody's", async () => {
  await given();
  await driver.cancel(SESSION);
  expect(await fetched()).toEqual([expect.objectContaining({ type: "cancel", turn_id: "t1" })]);
  await clock.tick(15_000);
  await clock.settled();
  expect(heard.at(-1)?.event).toMatchObject({ type: "turn_end", outcome: "stopped" });
  await report([END]);
  await clock.settled();
  expect(heard).toHaveLength(1);
});

test("what was stopped before it was fetched is never given", async () => {
  const outcome = driver.deliver(TURN);
  await clock.settled();
  await driver.cancel(SESSION);
  await clock.settled();
  expect(await outcome).toEqual({ outcome: "accepted" });
  expect(heard.at(-1)?.event).toMatchObject({ type: "turn_end", outcome: "stopped" });
  expect(await fetched()).toEqual([]);
});

test("a hub that cannot keep up says so before it is flooded", async () => {
  await begin({ listens: false });
  const hundred = Array.from({ length: 100 }, (): PostedEvent => ({ type: "notice", level: "info", text: "x" }));
  for (let n = 0; n < 10; n += 1) await report(hundred);
  await expect(report(hundred)).rejects.toMatchObject({ code: "too_many_requests" });
});

test("names a turn of somebody else in vain: what it says is said on its own", async () => {
  await given();
  await door.report({ session: SESSION, turnId: "of-another", events: [{ type: "text", text: "hm" }] });
  await clock.settled();
  expect(heard).toEqual([expect.objectContaining({ turnId: undefined })]);
});

test("signs as Standard Webhooks do", () => {
  // The example of the specification.
  const headers = signatureHeaders("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    at: 1_614_265_330_000,
    body: '{"test": 2432232314}',
  });
  expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("is not said to have been silent for longer than the hub has run", async () => {
  await begin();
  expect(await driver.health()).toMatchObject({ answered: false, detail: "it has not called yet" });
  await clock.tick(61_000);
  expect(await driver.health()).toMatchObject({ answered: false, detail: "it has not called within 60 s" });
});
