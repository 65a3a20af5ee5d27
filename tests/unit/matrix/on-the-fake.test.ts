/** The connector on the fake homeserver, where a person would wonder: gaps, invitations, encrypted rooms, votes taken back, bad input. */
import { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import definition from "../../../connectors/matrix/definition.ts";
import type { FakeRoom } from "../../../connectors/matrix/fake/rooms.ts";
import { annotations, shownIn } from "../../../connectors/matrix/fake/rooms.ts";
import { createFakeHomeserver, type FakeHomeserver, type FakeOptions } from "../../../connectors/matrix/fake/server.ts";
import type { Login } from "../../../connectors/matrix/fake/shapes.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Connector } from "../../../src/contract/connector.ts";
import type { ApprovalCard, ConnectorEvent, InboundMessage, Receipt } from "../../../src/contract/message.ts";
import { until } from "../../support/hub-process.ts";
import { wireContext } from "../../support/wire/context.ts";

const ANN = "@ann:hs.example.internal";
const BOB = "@bob:hs.example.internal";

let server: FakeHomeserver;
let bot: Login;
let room: FakeRoom;
let state: Keyv;
const open: Connector[] = [];

async function serve(options: Partial<FakeOptions> = {}): Promise<void> {
  await server?.close();
  server = await createFakeHomeserver({ ...systemClock, ...options });
  bot = server.user("mos");
  room = server.rooms.create(ANN);
  for (const user of [bot.user, BOB]) server.rooms.member(room, ANN, user, "join");
  state = new Keyv();
}
beforeEach(() => serve());
afterEach(async () => {
  for (const connector of open.splice(0)) await connector.close();
  await server.close();
});

interface Life {
  readonly connector: Connector;
  readonly heard: InboundMessage[];
  readonly events: ConnectorEvent[];
}

async function live(more: object = {}, bound: readonly string[] = []): Promise<Life> {
  const block = { homeserver_url: server.url, user_id: bot.user, room_id: room.id, rate_limit: "none", answer_ms: 1000, poll_ms: 500 };
  const context = { ...wireContext("matrix", state, bot.token), isBound: async ({ threadId = "" }) => bound.includes(threadId) };
  const connector = definition.factory({ ...block, ...more }, context);
  open.push(connector);
  const heard: InboundMessage[] = [];
  const events: ConnectorEvent[] = [];
  connector.subscribe((message) => void heard.push(message));
  connector.onEvent?.(async (event) => {
    events.push(event);
    return { type: "accepted", trace: "trc_1" };
  });
  await connector.start?.();
  return { connector, heard, events };
}

const say = (body: string, more: object = {}, at = room, from = ANN) =>
  server.say(at, from, { msgtype: "m.text", body, "m.mentions": { user_ids: [bot.user] }, ...more });
const syncs = (): number => server.ledger.calls.filter((call) => call.includes("/sync")).length;
const ownIn = (at: FakeRoom): string[] =>
  shownIn(at)
    .filter(({ event }) => event.sender === bot.user)
    .map(({ content }) => String(content["body"]));

describe("nothing is missed and nothing is old", () => {
  test("the first start takes nothing that was said before", async () => {
    say("long ago");
    const { heard } = await live();
    await server.whenConfirmed(bot.user, say("now"));
    expect(heard.map(({ text }) => text)).toEqual(["now"]);
  });

  test("so does one in a new folder soon after, though the server gives the same answer to the same question", async () => {
    const before = await live();
    await server.whenConfirmed(bot.user, say("to the first"));
    await before.connector.close();
    state = new Keyv();
    const { heard } = await live();
    await server.whenConfirmed(bot.user, say("to the second"));
    expect([before.heard, heard].map((all) => all.map(({ text }) => text))).toEqual([["to the first"], ["to the second"]]);
  });

  test("the first start ends, and health says connected, once there is a place in the stream: what is said from then on is new", async () => {
    server.next({ type: "too_many", retryAfterMs: 1500 }, "/sync");
    const starting = live();
    const isFirst = await Promise.race([starting.then(() => "started"), until("it was asked", () => syncs() === 1).then(() => "asked")]);
    expect(isFirst).toBe("asked");
    expect((await open.at(-1)?.health())?.facts?.transport).not.toBe("connected");
    say("too early");
    const { connector, heard } = await starting;
    expect((await connector.health()).facts?.transport).toBe("connected");
    await server.whenConfirmed(bot.user, say("now"));
    expect(heard.map(({ text }) => text)).toEqual(["now"]);
  });

  test("a timeline that the server cut is read back, in order and each once", async () => {
    await (await live()).connector.close();
    for (let at = 0; at < 350; at += 1) say(`line ${at}`);
    const { connector, heard } = await live();
    expect(await connector.can?.catchUp?.()).toMatchObject({ fetched: 350 });
    expect(heard.map(({ text }) => text)).toEqual(Array.from({ length: 350 }, (_, at) => `line ${at}`));
    expect(server.ledger.calls.filter((call) => call.includes("/messages")).length).toBeGreaterThan(1);
  });

  test("a room it was invited to while people already talk begins with the invitation", async () => {
    const { heard } = await live({ invites_from: [ANN] });
    const other = server.rooms.create(ANN);
    say("before", {}, other);
    server.rooms.member(other, ANN, bot.user, "invite");
    say("between", {}, other);
    await until("it has joined", () => other.members.get(bot.user) === "join");
    await server.whenConfirmed(bot.user, say("after", {}, other));
    expect(heard.map(({ text }) => text)).toEqual(["between", "after"]);
    expect(heard[0]?.direct).toBe(true);
  });
});

describe("who and what is meant", () => {
  test("an invitation of a stranger is declined", async () => {
    await live({ invites_from: [ANN] });
    const other = server.rooms.create(BOB);
    server.rooms.member(other, BOB, bot.user, "invite");
    await until("it is answered", () => other.members.get(bot.user) !== "invite");
    expect(other.members.get(bot.user)).toBe("leave");
  });

  test("a bound thread needs no mention, also from a client that only replies", async () => {
    const root = say("root", { "m.mentions": {} });
    const { heard } = await live({}, [root.event_id]);
    const inThread = { "m.mentions": {}, "m.relates_to": { rel_type: "m.thread", event_id: root.event_id } };
    const first = say("in the thread", inThread);
    say("a plain reply", { "m.mentions": {}, "m.relates_to": { "m.in_reply_to": { event_id: first.event_id } } });
    await server.whenConfirmed(bot.user, say("to others", { "m.mentions": {} }));
    expect(heard.map(({ text, threadId }) => [text, threadId])).toEqual([
      ["in the thread", root.event_id],
      ["a plain reply", root.event_id],
    ]);
  });

  test("alone with one person in the home room, nobody has to mention anybody", async () => {
    server.rooms.member(room, BOB, BOB, "leave");
    const { heard } = await live();
    await server.whenConfirmed(bot.user, say("hello", { "m.mentions": {} }));
    expect(heard[0]).toMatchObject({ text: "hello", mentionsBot: true, direct: false });
  });
});

const CARD: ApprovalCard = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "x",
  class: "red",
  asker: "Mos",
  action: "{}",
  digest: "0".repeat(64),
  expiresAt: 4_102_444_800_000,
};
const react = (target: string, key: string, from = ANN) =>
  server.say(room, from, { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } }, "m.reaction");

describe("votes", () => {
  test("are found after a restart, and taken back by a redaction of who gave them", async () => {
    const first = await live();
    const { messageId = "" } = await first.connector.send({ text: "may I?", card: CARD });
    await first.connector.close();
    const { events } = await live();
    const vote = react(messageId, "✅");
    await server.whenConfirmed(bot.user, vote);
    await server.whenConfirmed(
      bot.user,
      server.rooms.redact(room, BOB, react(say("x", { "m.mentions": {} }).event_id, "❌", BOB).event_id),
    );
    await server.whenConfirmed(bot.user, server.rooms.redact(room, ANN, vote.event_id));
    expect(events.map((event) => event.type === "action" && [event.sender, event.subject, event.choice])).toEqual([
      [ANN, "apr_1", "approve"],
      [ANN, "apr_1", "withdraw"],
    ]);
  });

  test("on what is no card of ours mean nothing", async () => {
    const { events } = await live();
    const forged = say("may I?", { "mos_hub.subject": "apr_1" });
    await server.whenConfirmed(bot.user, react(forged.event_id, "✅", BOB));
    expect(events).toEqual([]);
  });
});

test("what people change or take back of their own reaches the hub, and a receipt says that it has it", async () => {
  const { events } = await live();
  const direct = server.rooms.create(ANN);
  server.rooms.member(direct, ANN, bot.user, "join");
  const typo = say("wron", {}, direct);
  await until("the receipt is there", () => direct.receipts.get(bot.user) === typo.event_id);
  const relation = { rel_type: "m.replace", event_id: typo.event_id };
  const change = { "m.new_content": { msgtype: "m.text", body: "right" }, "m.relates_to": relation };
  await server.whenConfirmed(bot.user, say("* right", change, direct));
  await server.whenConfirmed(bot.user, server.rooms.redact(direct, ANN, typo.event_id));
  expect(events).toEqual([
    expect.objectContaining({ type: "edited", messageEventId: typo.event_id, text: "right", sender: ANN }),
    expect.objectContaining({ type: "deleted", messageEventId: typo.event_id, sender: ANN }),
  ]);
});

describe("what is sent", () => {
  test("to a room that refuses it holds up and rejects nothing of another, also side by side", async () => {
    const { connector } = await live();
    const other = server.rooms.create(ANN);
    const both = [0, 1, 2].flatMap((at) => [room, other].map(({ id }) => connector.send({ text: `${at}`, chatId: id })));
    expect((await Promise.all(both)).map(({ outcome }) => outcome)).toEqual(["sent", "not_sent", "sent", "not_sent", "sent", "not_sent"]);
    expect(ownIn(room)).toEqual(["0", "1", "2"]);
  });

  test("may be as long as it says, in any letters, and be changed as long as that", async () => {
    const { connector } = await live();
    const { measure = () => 0, limits } = connector;
    for (const letter of ["a", '"', "<", "é", "😀"]) {
      let text = letter.repeat(100);
      while (measure(text + text) <= (limits?.text.max ?? 0)) text += text;
      const { receipt, error } = await connector.send({ text });
      expect([letter, error]).toEqual([letter, undefined]);
      expect(await connector.send({ text, edits: receipt, idempotencyKey: "k" + letter })).toMatchObject({ delivered: true });
    }
  });
});

describe("an encrypted room", () => {
  test("is told of once in the home room, and never gets a word in the clear", async () => {
    const { connector, heard } = await live({ invites_from: [ANN] });
    const other = server.rooms.create(ANN);
    server.rooms.member(other, ANN, bot.user, "invite");
    await until("it has joined", () => other.members.get(bot.user) === "join");
    server.say(other, ANN, { algorithm: "m.megolm.v1.aes-sha2" }, "m.room.encryption");
    for (let at = 0; at < 2; at += 1) await server.whenConfirmed(bot.user, server.say(other, ANN, { ciphertext: "x" }, "m.room.encrypted"));
    expect(await connector.send({ text: "secret", chatId: other.id })).toMatchObject({ outcome: "not_sent", verdict: { do: "drop" } });
    expect(ownIn(room)).toEqual([expect.stringContaining("encrypted")]);
    expect(server.ledger.plaintexts).toEqual([]);
    expect(await connector.send({ text: "well again", chatId: room.id })).toMatchObject({ delivered: true });
    expect(heard).toEqual([]);
  });
});

describe("bad input", () => {
  test("a token that is not valid, and one of somebody else", async () => {
    server.revoke(bot.token);
    await expect(live()).rejects.toThrow(/does not accept this account/);
    bot = { ...server.user("mos"), token: server.user("other").token };
    await expect(live()).rejects.toThrow(/belongs to @other/);
  });

  test("a home room there is not leaves the other rooms alone", async () => {
    const { connector, heard } = await live({ room_id: "!gone:hs.example.internal" });
    await server.whenConfirmed(bot.user, say("hello"));
    expect(heard).toHaveLength(1);
    expect((await connector.health()).detail).toContain("!gone");
  });

  test("a text that no event can hold, a room it was kicked from, a card that was deleted", async () => {
    const { connector } = await live();
    expect(await connector.send({ text: "x".repeat(70_000) })).toMatchObject({ outcome: "not_sent", verdict: { do: "drop" } });
    const { receipt, messageId = "" } = await connector.send({ text: "may I?", card: CARD });
    await server.whenConfirmed(bot.user, server.rooms.redact(room, ANN, messageId));
    expect(await connector.send({ text: "decided", edits: receipt })).toMatchObject({ delivered: false, error: "the message was deleted" });
    server.rooms.member(room, ANN, bot.user, "leave");
    expect(await connector.send({ text: "hello?" })).toMatchObject({ outcome: "not_sent", verdict: { do: "drop" } });
  });

  test("a server's clock that is wrong does not hide what was sent", async () => {
    await serve({ skewMs: -1_800_000 });
    const { connector } = await live();
    const message = { text: "arrived?", idempotencyKey: "k1" };
    const { messageId } = await connector.send(message);
    expect(await connector.can?.reconcile?.(message, new Date().toISOString())).toMatchObject({ messageId });
  });

  test("a room that is not there and one without an invitation are answered alike, so the doctor names both; an alias that is not is known", async () => {
    const other = server.rooms.create(ANN);
    const look = (room_id: string) =>
      definition.check?.({ homeserver_url: server.url, user_id: bot.user, room_id }, { get: () => bot.token });
    for (const id of [other.id, "!gone:hs.example.internal"])
      expect(await look(id)).toContainEqual({
        name: "home room",
        ok: true,
        isWarning: true,
        detail: `${id}: unknown, or not joined`,
        remedy: "Invite it, or correct room_id.",
      });
    expect(await look("#gone:hs.example.internal")).toContainEqual(expect.objectContaining({ name: "home room", ok: false }));
  });

  test("a homeserver that knows no threads is named by the doctor", async () => {
    await serve({ versions: ["r0.6.1", "v1.2"] });
    const checks = await definition.check?.({ homeserver_url: server.url, user_id: bot.user }, { get: () => bot.token });
    expect(checks).toEqual([expect.objectContaining({ ok: false, detail: expect.stringContaining("threads") })]);
  });
});

test("what a limit holds back of a card is put below it when there is room again, unless it is decided by then", async () => {
  const { connector } = await live();
  const sendHeldBack = async (retryAfterMs: number) => {
    server.next({ type: "too_many", retryAfterMs }, "/send/m.reaction/");
    return (await connector.send({ text: "may I?", card: CARD })).receipt;
  };
  const decided = await sendHeldBack(200);
  await connector.send({ text: "decided", edits: decided, card: { ...CARD, state: "approved" } });
  const open = await sendHeldBack(400);
  const below = (card: Receipt | undefined): string[] => annotations(room, card?.messageId ?? "").map(({ key }) => key);
  expect([...below(decided), ...below(open)]).toEqual([]);
  await until("both are below the open one", () => below(open).length === 2);
  expect(below(decided)).toEqual([]);
});

test("what was held back of a card when it stopped comes in its next life", async () => {
  const { connector } = await live();
  server.next({ type: "too_many", retryAfterMs: 60_000 }, "/send/m.reaction/");
  const { receipt } = await connector.send({ text: "may I?", card: CARD });
  const below = () => annotations(room, receipt?.messageId ?? "").map(({ key }) => key);
  await connector.close();
  expect(below()).toEqual([]);
  await live();
  await until("both are below it", () => below().length === 2);
  await expect.poll(() => state.get("unseeded")).toEqual({});
});

test("at the server's default limit it is frugal: no growing text, no reactions of its own, and what is stated is what is allowed", async () => {
  await serve({ limit: { perSecond: 0.2, burst: 10 } });
  const { connector } = await live({ rate_limit: { per_second: 0.2, burst: 10 } });
  expect(connector.limits).toMatchObject({ growsByEdits: false, pace: { perAccount: { count: 8, windowMs: 40_000, isBucket: true } } });
  expect(connector.can?.react).toBeUndefined();
  for (let at = 0; at < 7; at += 1) expect(await connector.send({ text: `${at}` })).toMatchObject({ delivered: true });
  expect(await connector.send({ text: "may I?", card: CARD })).toMatchObject({ delivered: true });
  expect(server.ledger.limited).toBe(0);
  expect(await connector.send({ text: "one more" })).toMatchObject({ outcome: "not_sent", verdict: { do: "retry_after" } });
});
