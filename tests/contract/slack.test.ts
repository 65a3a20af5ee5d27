/** What Slack has of its own, over the wire: threads, forms, files, signatures, refusals. The kit holds what all connectors promise. */
import { afterEach, describe, expect, test } from "vitest";
import { pressId } from "../../connectors/shared/press.ts";
import { signatureOf } from "../../connectors/slack/fake/deliver.ts";
import type { ApprovalCard } from "../../src/contract/message.ts";
import { until } from "../support/hub-process.ts";
import { ANN, createSlackBench, HOME, SECRET, type SlackBench } from "../support/slack-bench.ts";

const benches: SlackBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createSlackBench>[0]): Promise<SlackBench> {
  const bench = await createSlackBench(options);
  benches.push(bench);
  return bench;
}

const CARD: ApprovalCard = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "Delete the old backups",
  class: "red",
  asker: "Mos",
  action: "x".repeat(2000),
  digest: "0".repeat(64),
  expiresAt: 4_102_444_800_000,
};
const id = (verb: "do" | "form" | "more", choice: string): string => pressId({ verb, subject: CARD.id, choice });

test("what is meant for the bot: a mention once though told twice, a bound thread, a decision, a direct message as a thread of its own", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  world.addChannel({ id: "D00000001", type: "im", members: [ANN] });
  const { messages } = await bench.connect();
  const say = async (channel: string, text: string, thread?: string) => {
    const { events, message } = people.say(channel, ANN, text, { thread });
    for (const event of events) expect(await delivery.deliver(event)).toMatchObject({ acknowledged: true });
    return message;
  };
  await say(HOME, "nobody is meant");
  const root = await say(HOME, `<@${world.botUser}> look at <https://example.internal/a|this> &amp; <@${ANN}>`);
  bench.bound.add(root.ts);
  await say(HOME, "in the thread", root.ts);
  await say(HOME, "approve K7Q-M2X");
  const direct = await say("D00000001", "only you");
  expect(messages.map(({ text, threadId, direct: isDirect, mentionsBot }) => [text, threadId, isDirect, mentionsBot])).toEqual([
    ["look at [this](https://example.internal/a) & @uann00001", undefined, false, true],
    ["in the thread", root.ts, false, false],
    ["approve K7Q-M2X", undefined, false, false],
    ["only you", direct.ts, true, false],
  ]);
  expect(messages[0]).toMatchObject({ workspaceId: world.teamId, senderName: "uann00001", eventId: `${HOME}:${root.ts}` });
});

test.each([
  ["a private channel", "group", true],
  ["a group direct message", "mpim", true],
  ["the Messages tab", "im", false],
] as const)("%s is heard as a channel is, a direct message without a mention", async (_what, type, takesMention) => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const id = type === "im" ? "D00000009" : "G00000009";
  world.addChannel({ id, type, members: [ANN] });
  const { messages } = await bench.connect();
  for (const text of ["plain", `<@${world.botUser}> meant`])
    for (const event of people.say(id, ANN, text).events) await delivery.deliver(event);
  const heard = messages.map(({ text, direct, chatId }) => [text, direct, chatId]);
  expect(heard).toEqual([...(takesMention ? [] : [["plain", true, id]]), ["meant", !takesMention, id]]);
});

test("a channel that gets another id goes on under it: the hub is told, and its threads are caught up there", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const { messages, events } = await bench.connect();
  const first = people.say(HOME, ANN, `<@${world.botUser}> first`);
  for (const event of first.events) await delivery.deliver(event);
  bench.bound.add(first.message.ts);
  const move = people.renumber(HOME, "C00000777");
  expect(await delivery.deliver(move)).toMatchObject({ acknowledged: true });
  expect(events).toMatchObject([{ type: "moved", chatId: HOME, to: { chatId: "C00000777" } }]);
  delivery.refresh();
  people.say("C00000777", ANN, "in its thread meanwhile", { thread: first.message.ts });
  await until("it is heard", () => messages.length === 2);
  expect(messages[1]).toMatchObject({ text: "in its thread meanwhile", chatId: "C00000777", threadId: first.message.ts });
});

test("a change and a removal follow the message; a preview that Slack adds does not", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const { events } = await bench.connect();
  const { message, events: told } = people.say(HOME, ANN, `<@${world.botUser}> one`);
  for (const event of [
    ...told,
    people.change(message, message.text),
    people.change(message, `<@${world.botUser}> two`),
    people.remove(message),
  ])
    await delivery.deliver(event);
  expect(events.map((event) => [event.type, "text" in event ? event.text : ""])).toEqual([
    ["edited", "two"],
    ["deleted", ""],
  ]);
});

describe("files", () => {
  test("come from behind the token; a login page in their place is told as what it is", async () => {
    const bench = await open();
    const { people, world, delivery } = bench.fake;
    const { messages } = await bench.connect();
    const file = { id: "F1", name: "plan.txt", mimetype: "text/plain", bytes: Buffer.from("the plan"), channels: [HOME] };
    world.files.set("F1", file);
    const say = async () => {
      for (const event of people.say(HOME, ANN, `<@${world.botUser}> look`, { files: ["F1"] }).events) await delivery.deliver(event);
    };
    await say();
    expect([messages[0]?.text, bench.files.kept]).toEqual(["look", [{ name: "plan.txt", text: "the plan" }]]);
    bench.fake.botToken = "another";
    await say();
    expect(messages[1]?.text).toContain('the file "plan.txt" could not be taken: Slack wants a login for it');
  });

  test("go out as one message with their words, in their thread, and are found again by both", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const since = new Date(Date.now() - 60_000).toISOString();
    const root = await connector.send({ text: "a root" });
    const file = { name: "a.txt", mimeType: "text/plain", sizeBytes: 8, path: "/kept/1" };
    const message = { text: "look", attachments: [file], threadId: root.messageId, idempotencyKey: "out_1" };
    const sent = await connector.send(message);
    expect(bench.fake.world.messages.at(-1)).toMatchObject({ ts: sent.messageId, text: "look", threadTs: root.messageId });
    expect([...bench.fake.world.files.values()].map(({ bytes }) => bytes.toString())).toEqual(["the file"]);
    expect(await connector.can?.reconcile?.(message, since)).toEqual(sent.receipt);
    expect(await connector.can?.reconcile?.({ ...message, text: "other" }, since)).toBeUndefined();
  });
});

test("a card: a red action asks twice, its details open in a form, a reason comes with the denial, a decided one has no buttons", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const { connector, events } = await bench.connect();
  const { receipt } = await connector.send({ text: `May I?\n\n\`${CARD.action}\``, card: CARD });
  const card = () => world.messages.find(({ ts }) => ts === receipt?.messageId) as (typeof world.messages)[number];
  const elements = card().blocks.flatMap((block) => (block["elements"] ?? []) as Record<string, unknown>[]);
  expect(elements.map((one) => one["confirm"] !== undefined)).toEqual([true, false, false, false]);
  await delivery.deliver(people.press(card(), ANN, id("more", "")));
  expect(JSON.stringify(world.views.at(-1)?.view)).toContain(CARD.action);
  await delivery.deliver(people.press(card(), ANN, id("form", "deny")));
  await delivery.deliver(people.submit(ANN, { reason: "not now" }));
  expect(events).toMatchObject([{ type: "action", subject: CARD.id, choice: "deny", values: { reason: "not now" }, chatId: HOME }]);
  bench.ack = {
    type: "openForm",
    trace: "t",
    subject: "apr_1",
    form: { title: "Type the code", fields: [{ name: "code", label: "Code", kind: "text", required: true }] },
  };
  await delivery.deliver(people.press(card(), ANN, id("do", "approve")));
  expect(world.views).toHaveLength(3);
  expect(await delivery.deliver(people.submit(ANN, { code: "WRONG" }))).toMatchObject({ answer: { response_action: "update" } });
  await connector.send({ text: "✅ Approved", card: { ...CARD, state: "approved", action: "short" }, edits: receipt });
  expect([card().text, card().blocks]).toEqual(["✅ Approved", []]);
});

test("a card as large as cards become is within Slack's limits; one that Slack does not draw goes in words, also as a change", async () => {
  const bench = await open();
  const { connector } = await bench.connect();
  const options = Array.from({ length: 24 }, (_, at) => ({ value: `v${at}`.padEnd(200, "x"), label: `Choice ${at} `.padEnd(200, "y") }));
  const field = { name: "which", label: "Which?", kind: "choice" as const, required: true, options };
  const head = { type: "question" as const, id: "q1", code: "K7Q-M2X", state: "pending" as const, asker: "Mos", text: "Which?" };
  const card = { ...head, form: { title: "Which?", fields: [field] }, url: `https://x.example.internal/${"u".repeat(1900)}` };
  const text = "a long question ".repeat(250).slice(0, 4000);
  expect(await connector.send({ text, card })).toMatchObject({ delivered: true });
  const [drawn] = bench.fake.world.messages.slice(-1);
  expect(drawn?.blocks.flatMap((block) => (block["elements"] ?? []) as unknown[])).toHaveLength(25);
  bench.fake.next({ type: "refused", error: "msg_blocks_too_long" });
  const { receipt } = await connector.send({ text: "May I? `approve K7Q-M2X`", card: CARD });
  expect(bench.fake.world.messages.at(-1)).toMatchObject({ text: "May I? `approve K7Q-M2X`", blocks: [] });
  expect(await connector.send({ text: "✅ Approved", card: { ...CARD, state: "approved" }, edits: receipt })).toMatchObject({
    delivered: true,
  });
});

test("an account that may not list its channels hears all the same, and makes up for an absence where it was spoken to", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  bench.fake.scopes.delete("channels:read");
  const { messages } = await bench.connect();
  for (const event of people.say(HOME, ANN, `<@${world.botUser}> first`).events) await delivery.deliver(event, 1);
  delivery.refresh();
  people.say(HOME, ANN, `<@${world.botUser}> meanwhile`);
  await until("both are heard", () => messages.length === 2);
  expect(messages.map(({ text }) => text)).toEqual(["first", "meanwhile"]);
});

test("another server that speaks Slack's API, by api_base alone: less is told, and less is known there", async () => {
  const bench = await open({ lacks: ["users.info", "assistant.threads.setStatus", "users.conversations", "views.open"] });
  const { people, world, delivery } = bench.fake;
  const { connector, messages, events } = await bench.connect();
  const { message, events: told } = people.say(HOME, ANN, `<@${world.botUser}> hello`);
  const inner = { type: "message", channel: HOME, user: ANN, text: message.text, ts: message.ts };
  expect(await delivery.deliver({ type: "events_api", payload: { type: "event_callback", event: inner } })).toMatchObject({
    acknowledged: true,
  });
  for (const event of told) await delivery.deliver(event);
  expect(messages.map(({ text, senderName }) => [text, senderName])).toEqual([["hello", undefined]]);
  await connector.can?.typing?.({ chatId: HOME, threadId: message.ts }).catch(() => {});
  const { receipt } = await connector.send({ text: "May I?", threadId: message.ts, card: CARD });
  const card = world.message(HOME, receipt?.messageId ?? "");
  await delivery.deliver(people.press(card as NonNullable<typeof card>, ANN, id("form", "deny")));
  await until("the person is told how else", () => world.messages.some(({ onlyFor, text }) => onlyFor === ANN && text.includes("type it")));
  await delivery.deliver(people.press(card as NonNullable<typeof card>, ANN, id("do", "approve")));
  expect(events).toMatchObject([{ type: "action", choice: "approve" }]);
});

test("nobody is pinged but whom the hub names, and nothing is unfurled", async () => {
  const bench = await open();
  const { connector } = await bench.connect();
  const text = `<!channel> @here <@${ANN}> <!subteam^S1>`;
  await connector.send({ text });
  await connector.send({ text: "for @Ann", mentions: [{ id: ANN, name: "Ann" }] });
  const posts = bench.fake.calls.filter(({ method }) => method === "chat.postMessage").map(({ fields }) => fields);
  expect(posts[0]?.["text"]).not.toMatch(/<[!@]|@here/);
  expect(posts.map((one) => [String(one["text"]).includes(`<@${ANN}>`), one["unfurl_links"]])).toEqual([
    [false, "false"],
    [true, "false"],
  ]);
});

describe("refusals have words", () => {
  test.each([
    [
      "an archived channel",
      (bench: SlackBench) => void (bench.fake.world.channel(HOME).isArchived = true),
      "the channel is archived (is_archived)",
    ],
    ["a channel it was put out of", (bench: SlackBench) => void (bench.fake.world.channel(HOME).isMember = false), "invite it there"],
    ["a scope that is missing", (bench: SlackBench) => void bench.fake.scopes.delete("chat:write"), "lacks the scope chat:write"],
    ["a locked thread", (bench: SlackBench) => void bench.fake.world.channel(HOME).locked.add("1.000001"), "the thread is locked"],
  ])("%s", async (_what, spoil, words) => {
    const bench = await open();
    const { connector } = await bench.connect();
    spoil(bench);
    const result = await connector.send({ text: "hello", ...(words.includes("locked") ? { threadId: "1.000001" } : {}) });
    expect(result).toMatchObject({ delivered: false, outcome: "not_sent", verdict: { do: "drop" } });
    expect(result.error).toContain(words);
  });

  test("a token that is taken away stops the account", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.fake.botToken = "another";
    expect(await connector.send({ text: "hello?" })).toMatchObject({ verdict: { do: "reauth" } });
    expect(await connector.health()).toMatchObject({ reachable: false, authenticated: false });
  });
});

test("a refresh loses nothing: what was said in a channel and in a thread meanwhile is fetched", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const { messages } = await bench.connect();
  const first = people.say(HOME, ANN, `<@${world.botUser}> first`);
  for (const event of first.events) await delivery.deliver(event);
  bench.bound.add(first.message.ts);
  delivery.refresh();
  people.say(HOME, ANN, "in the thread meanwhile", { thread: first.message.ts });
  people.say(HOME, ANN, `<@${world.botUser}> in the channel meanwhile`);
  await until("both are heard", () => messages.length === 3);
  expect(messages.map(({ text }) => text).toSorted()).toEqual(["first", "in the channel meanwhile", "in the thread meanwhile"]);
});

test("an envelope without an event ends no process: what may have been missed is fetched", async () => {
  const bench = await open();
  const { people, world, delivery } = bench.fake;
  const { messages } = await bench.connect();
  for (const event of people.say(HOME, ANN, `<@${world.botUser}> first`).events) await delivery.deliver(event);
  people.say(HOME, ANN, `<@${world.botUser}> kept back`);
  await delivery.deliver({ type: "events_api", payload: { type: "app_rate_limited", minute_rate_limited: 1 } }, 1);
  await until("it is fetched", () => messages.length === 2);
  expect(messages[1]?.text).toBe("kept back");
});

describe("HTTP mode", () => {
  const post = (connector: { http?: unknown }, body: string, headers: Record<string, string>) =>
    (connector.http as (request: Request) => Promise<Response>)(
      new Request("http://hub/connectors/slack/events", {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
      }),
    );
  const signed = (body: string, seconds = String(Math.floor(Date.now() / 1000)), secret = SECRET) => ({
    "x-slack-request-timestamp": seconds,
    "x-slack-signature": signatureOf(secret, seconds, body),
  });

  test("takes what is signed, also a second time as the same, and nothing else", async () => {
    const bench = await open();
    const { connector, messages } = await bench.connect({ mode: "http" });
    const [event] = bench.fake.people.say(HOME, ANN, `<@${bench.fake.world.botUser}> hi`).events;
    const body = JSON.stringify(event?.payload);
    const old = String(Math.floor(Date.now() / 1000) - 301);
    const statuses = [];
    for (const headers of [{}, signed(body, undefined, "another"), signed(body, old), signed(`${body} `), signed(body), signed(body)])
      statuses.push((await post(connector, body, headers)).status);
    expect([statuses, messages.map(({ text }) => text)]).toEqual([[401, 401, 401, 401, 200, 200], ["hi"]]);
    const hello = JSON.stringify({ type: "url_verification", challenge: "c1" });
    expect(await (await post(connector, hello, signed(hello))).json()).toEqual({ challenge: "c1" });
    const foreign = JSON.stringify({ ...event?.payload, team_id: "TOTHER" });
    expect((await post(connector, foreign, signed(foreign))).status).toBe(200);
    expect(messages).toHaveLength(1);
  });
});
