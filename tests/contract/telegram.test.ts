/** What Telegram has of its own, over the wire: topics, presses, files, refusals, restarts. The kit holds what all connectors promise. */
import { createServer } from "node:http";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { FakeFile } from "../../connectors/telegram/fake/shapes.ts";
import type { ApprovalCard } from "../../src/contract/message.ts";
import { until } from "../support/hub-process.ts";
import { ANN, BOB, createTelegramBench, lastIn, shownIn, type TelegramBench, TOKEN } from "../support/telegram-bench.ts";

const benches: TelegramBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createTelegramBench>[0]): Promise<TelegramBench> {
  const bench = await createTelegramBench(options);
  benches.push(bench);
  return bench;
}

const APPROVAL: ApprovalCard = {
  type: "approval",
  id: "apr_0123456789abcdefghijkl",
  code: "K7Q-M2X",
  state: "pending",
  title: "Delete the old backups",
  class: "red",
  asker: "Mos",
  action: "tool: rm",
  digest: "0".repeat(64),
  expiresAt: 4_102_444_800_000,
};
const file = (name: string, bytes = 8): FakeFile => ({
  file_id: `id-${name}`,
  file_name: name,
  mime_type: "text/plain",
  bytes: Buffer.alloc(bytes, "x"),
});

describe("what is meant for the bot", () => {
  test("is a mention, an answer to it, a bound topic, a command, a decision, a direct message; nothing else, and no bot", async () => {
    const bench = await open();
    const { fake, forum, group, direct } = bench;
    const { connector, messages } = await bench.connect();
    forum.topics.set(77, { name: "a topic", isOpen: true });
    bench.bound.add("77");
    await connector.send({ text: "hello all", chatId: "-5" });
    const robot = { id: 99, is_bot: true, first_name: "Robot" };
    fake.world.say(-5, ANN, "nobody is meant");
    fake.world.say(-5, robot, "@mos_test_bot from a bot");
    fake.world.say(-5, ANN, "/status@another_bot");
    fake.world.say(-5, ANN, "/weather");
    fake.world.say(-5, BOB, "@mos_test_bot mentioned, with @somebody");
    fake.world.say(-5, ANN, "an answer", { replyTo: lastIn(group).message_id });
    fake.world.say(-5, ANN, "/status@mos_test_bot now");
    fake.world.say(-5, ANN, "!mos status");
    fake.world.say(-5, ANN, "approve K7Q-M2X");
    fake.world.say(forum.id, ANN, "in the topic", { thread: 77 });
    fake.world.say(direct.id, ANN, "only you");
    await until("all have come", () => messages.length >= 7);
    const heard = messages.map(({ text, direct: isDirect, mentionsBot, threadId }) => [text, isDirect, mentionsBot, threadId]);
    expect(heard.toSorted()).toEqual([
      ["!status now", false, true, undefined],
      ["!status", false, true, undefined],
      ["an answer", false, true, undefined],
      ["approve K7Q-M2X", false, false, undefined],
      ["in the topic", false, false, "77"],
      ["mentioned, with @somebody", false, true, undefined],
      ["only you", true, false, undefined],
    ]);
    expect(messages.find(({ sender }) => sender === "12")).toMatchObject({ chatId: "-5", senderName: "Bob <b>" });
  });

  test("in the general topic and in ordinary groups no chain of replies is taken for a topic", async () => {
    const bench = await open();
    const { fake, group } = bench;
    const { connector, messages } = await bench.connect();
    const { message } = fake.world.say(-5, BOB, "let us talk");
    const { message: answer } = fake.world.say(-5, BOB, "yes", { replyTo: message.message_id });
    fake.world.say(-5, ANN, "@mos_test_bot what do you think?", { replyTo: answer.message_id });
    await until("it has come", () => messages.length === 1);
    expect(messages[0]).toMatchObject({ chatId: "-5", threadId: undefined });
    const { chatId, threadId, eventId } = messages[0] ?? { chatId: "" };
    expect(await connector.send({ text: "I agree", chatId, threadId, replyTo: eventId })).toMatchObject({ delivered: true });
    expect(lastIn(group)).toMatchObject({ text: "I agree", replyTo: group.messages.size - 1 });
  });

  test("comes with its files, an album as one message; what is too large or not to be had is said", async () => {
    const bench = await open();
    const { fake, direct, files } = bench;
    const { messages } = await bench.connect();
    for (const name of ["one.txt", "two.txt", "three.txt"])
      fake.world.say(direct.id, ANN, name === "one.txt" ? "the plans" : "", { file: file(name), album: "a1" });
    await until("the album has come", () => messages.length === 1);
    fake.world.say(direct.id, ANN, "", { file: { ...file("note"), mime_type: "audio/ogg" }, fileKind: "voice" });
    fake.world.say(direct.id, ANN, "look", { file: file("film.mp4", 21 * 1024 * 1024) });
    await until("all have come", () => messages.length === 3);
    expect(files.kept.map(({ name }) => name)).toEqual(["one.txt", "two.txt", "three.txt", expect.stringMatching(/^voice-\d+\.ogg$/)]);
    expect(messages.map(({ text, attachments = [] }) => [text, attachments.length])).toEqual([
      ["the plans", 3],
      ["", 1],
      ['look\n(the file "film.mp4" could not be taken: bots are given files of up to 20 MiB)', 0],
    ]);
    expect(JSON.stringify([messages, bench.logged])).not.toContain(TOKEN);
  });

  test("follows a change; what is for one person alone is said in private, and not in the group", async () => {
    const bench = await open();
    const { fake, direct, group } = bench;
    const { connector, messages, events } = await bench.connect();
    const { message } = fake.world.say(direct.id, ANN, "deploy shop");
    fake.world.changeText(message, "deploy the shop");
    await until("both have come", () => events.length === 1);
    expect(events[0]).toMatchObject({ type: "edited", messageEventId: messages[0]?.eventId, text: "deploy the shop", sender: "11" });
    await connector.can?.whisper?.({ chatId: "-5" }, "11", "You may not do that.");
    expect([shownIn(group), lastIn(direct).text]).toEqual([[], "You may not do that."]);
  });
});

describe("what the hub sends", () => {
  test("notifies nobody by a name in it, shows HTML as it stands, and keeps nested marks of 4096 letters", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    await connector.send({ text: "Bob <b>bold</b> & @everybody" });
    expect(lastIn(bench.forum).text).toBe("Bob <b>bold</b> & @\u200Beverybody");
    const text = `${"**bold _and italic_ with [a link](https://example.internal)** ".repeat(90)}🦊`;
    expect(connector.measure?.(text)).toBeLessThanOrEqual(4096);
    expect(await connector.send({ text })).toMatchObject({ delivered: true });
    expect(lastIn(bench.forum).entities.length).toBeGreaterThan(90);
  });

  test("whose marks Telegram cannot read is shown without them", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.fake.refuse("sendMessage", "Bad Request: can't parse entities: the link is not valid");
    expect(await connector.send({ text: "see [this](https://example.internal)", card: APPROVAL })).toMatchObject({ delivered: true });
    expect(lastIn(bench.forum)).toMatchObject({ text: "see this", entities: [] });
    expect(lastIn(bench.forum).keyboard).toHaveLength(1);
  });

  test("with files goes in one call where it fits, else the files first, and those once", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const sent = (name: string, sizeBytes = 8) => ({ name, mimeType: "text/plain", sizeBytes, path: "/kept/1" });
    await connector.send({ text: "one", attachments: [sent("a.txt")] });
    expect(lastIn(bench.forum)).toMatchObject({ text: "one", file: { file_name: "a.txt" } });
    await connector.send({ text: "two", attachments: [sent("b.txt"), sent("c.txt")] });
    expect(shownIn(bench.forum).map(({ text, file: one }) => [text, one?.file_name])).toEqual([
      ["one", "a.txt"],
      ["", "b.txt"],
      ["", "c.txt"],
      ["two", undefined],
    ]);
    const long = { text: "long ".repeat(300), attachments: [sent("d.txt")], idempotencyKey: "out_1" };
    bench.fake.refuse("sendMessage", "Internal Server Error", 500);
    expect(await connector.send(long)).toMatchObject({ outcome: "unknown" });
    expect(await connector.send(long)).toMatchObject({ delivered: true });
    expect(shownIn(bench.forum).filter((one) => one.file?.file_name === "d.txt")).toHaveLength(1);
    bench.unreadable = true;
    expect(await connector.send({ text: "look", attachments: [sent("e.txt")] })).toMatchObject({
      outcome: "not_sent",
      verdict: { do: "retry" },
    });
    const large = await connector.send({ text: "look", attachments: [sent("film.mp4", 60_000_000)] });
    expect([large.error, large.verdict]).toEqual(['The file "film.mp4" is larger than 50 MiB, the most that is taken.', { do: "drop" }]);
  });

  test("to somebody who has blocked the bot is dropped, and only that", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.direct.isBlocked = true;
    const { outcome, verdict, error } = await connector.send({ text: "hello?", chatId: "11" });
    expect([outcome, verdict, error]).toEqual(["not_sent", { do: "drop" }, "this person has blocked the bot (403)"]);
    expect(await connector.send({ text: "hello" })).toMatchObject({ delivered: true });
  });

  test("is reacted to with what Telegram allows", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const { receipt = { messageId: "" } } = await connector.send({ text: "done" });
    for (const [emoji, shown] of [
      ["👀", "👀"],
      ["✅", "👍"],
    ] as const) {
      expect(await connector.can?.react?.({ chatId: "-1001" }, receipt, emoji)).toMatchObject({ delivered: true });
      expect([...lastIn(bench.forum).reactions.values()]).toEqual([shown]);
    }
  });
});

describe("a place that goes on elsewhere", () => {
  test("a topic that was deleted is opened again under its name, once, and the hub is told", async () => {
    const bench = await open();
    const { fake, forum } = bench;
    const { connector, events } = await bench.connect();
    const opened = await connector.can?.openThread?.({ chatId: "-1001" }, "-1001:1", "Plans for the shop");
    const threadId = opened?.threadId ?? "";
    fake.world.removeTopic(forum, Number(threadId));
    const [first, second] = [await connector.send({ text: "still there", threadId }), await connector.send({ text: "and here", threadId })];
    const [[next, topic] = []] = [...forum.topics];
    expect([forum.topics.size, topic?.name]).toEqual([1, "Plans for the shop"]);
    expect([first.receipt?.threadId, second.receipt?.threadId]).toEqual([String(next), String(next)]);
    expect(events[0]).toMatchObject({ type: "moved", chatId: "-1001", threadId, to: { chatId: "-1001", threadId: String(next) } });
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(1);
  });

  test("a group that became a supergroup is told of, by what stands in it and by a send to the former one", async () => {
    const bench = await open();
    const { fake, group } = bench;
    const { connector, events } = await bench.connect();
    fake.world.migrate(group, -1005);
    const { receipt } = await connector.send({ text: "where are you?", chatId: "-5" });
    expect(receipt).toMatchObject({ chatId: "-1005", messageId: expect.stringMatching(/^-1005:/) });
    await until("all three are told", () => events.length === 3);
    expect(new Set(events.map((event) => (event.type === "moved" ? event.to.chatId : "")))).toEqual(new Set(["-1005"]));
  });

  test("a chat without topics opens none, and is not asked twice", async () => {
    const bench = await open();
    const { connector, messages } = await bench.connect();
    bench.fake.world.say(-5, ANN, "@mos_test_bot hello");
    await until("it has come", () => messages.length === 1);
    const opening = connector.can?.openThread?.({ chatId: "-5" }, messages[0]?.eventId ?? "", "hello");
    await expect(opening).rejects.toMatchObject({ code: "not_allowed", verdict: "drop" });
    expect(bench.fake.calls.some(({ method }) => method === "createForumTopic")).toBe(false);
  });

  test("a person's unnamed topic is called after its first words", async () => {
    const bench = await open();
    const { fake, direct } = bench;
    const { messages } = await bench.connect();
    direct.isForum = true;
    const made = fake.world.keep(direct, {
      from: ANN,
      isTopic: true,
      service: { forum_topic_created: { name: "New", icon_color: 1, is_name_implicit: true } },
    });
    Object.assign(made, { thread: made.message_id });
    direct.topics.set(made.message_id, { name: "New", isOpen: true, isNameImplicit: true });
    fake.world.push("message", fake.world.shown(made));
    fake.world.say(direct.id, ANN, "plan the summer", { thread: made.message_id });
    await until("it is named", () => direct.topics.get(made.message_id)?.name === "plan the summer");
    expect(messages).toMatchObject([{ direct: true, threadId: String(made.message_id) }]);
  });
});

describe("updates", () => {
  test("300 that waited come in the order of each chat, once; what was confirmed does not come again", async () => {
    const bench = await open();
    const { fake, forum } = bench;
    for (const topic of [71, 72, 73]) forum.topics.set(topic, { name: `topic ${topic}`, isOpen: true });
    for (const topic of ["71", "72", "73"]) bench.bound.add(topic);
    const said = Array.from({ length: 300 }, (_, at) => fake.world.say(forum.id, ANN, `missed ${at}`, { thread: 71 + (at % 3) }));
    const first = await bench.connect();
    await fake.confirmed(said.at(-1)?.update.update_id ?? 0, 60_000);
    expect(first.messages.map(({ text }) => text)).toEqual(Array.from({ length: 300 }, (_, at) => `missed ${at}`));
    await first.connector.close();
    const second = await bench.connect();
    const { update } = fake.world.say(forum.id, ANN, "new", { thread: 71 });
    await fake.confirmed(update.update_id, 60_000);
    expect(second.messages.map(({ text }) => text)).toEqual(["new"]);
  });

  test("what one chat's message waits for holds no other chat's, and it is not confirmed", async () => {
    const bench = await open();
    const { fake, direct, group } = bench;
    const { connector } = bench.make();
    let isFull = true;
    const heard: string[] = [];
    connector.subscribe(async ({ text }) => {
      if (isFull && text === "first") throw new Error("the disk is full");
      heard.push(text);
    });
    await connector.start?.();
    const { update } = fake.world.say(direct.id, ANN, "first");
    fake.world.say(direct.id, ANN, "second");
    fake.world.say(group.id, ANN, "@mos_test_bot elsewhere");
    await until("the other has come", () => heard.includes("elsewhere"));
    expect(await fake.confirmed(update.update_id, 0)).toBe(false);
    isFull = false;
    await until("all have come", () => heard.includes("second"));
    expect(heard.filter((text) => text !== "elsewhere")).toEqual(["first", "second"]);
  });

  test("come over the webhook with its secret, again until they are taken; without it nobody is let in", async () => {
    const bench = await open();
    const { fake, direct } = bench;
    let door = async (_request: Request): Promise<Response> => new Response(null, { status: 503 });
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const headers = { "x-telegram-bot-api-secret-token": String(request.headers["x-telegram-bot-api-secret-token"] ?? "") };
        const asked = new Request(`http://hub${request.url}`, { method: "POST", headers, body: Buffer.concat(chunks) });
        void door(asked).then(({ status }) => response.writeHead(status).end());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/connectors/telegram/updates`;
    const { connector, messages } = await bench.connect({ webhook_url: url });
    let isFull = true;
    connector.subscribe(async () => {
      if (isFull) throw new Error("the disk is full");
    });
    const statuses: number[] = [];
    door = async (request) => {
      const answer = (await connector.http?.(request, "/updates", { type: "nobody" })) ?? Response.error();
      statuses.push(answer.status);
      return answer;
    };
    const { update } = fake.world.say(direct.id, ANN, "hello");
    await until("it has been refused", () => statuses.includes(503));
    isFull = false;
    expect(await fake.confirmed(update.update_id, 60_000)).toBe(true);
    expect(new Set(messages.map(({ eventId }) => eventId)).size).toBe(1);
    const forged = await fetch(url, { method: "POST", body: JSON.stringify(fake.world.say(direct.id, ANN, "forged").update), headers: {} });
    expect(forged.status).toBe(401);
    expect(fake.calls.some(({ method }) => method === "getUpdates")).toBe(false);
    server.closeAllConnections();
    server.close();
  });
});

describe("an account that cannot go on", () => {
  test.each(["", `7000000001:${"B".repeat(35)}`, "nonsense"])("with the token %j stops, and asks no second time", async (token) => {
    const bench = await open();
    const { connector } = bench.make({}, token);
    await expect(connector.start?.()).rejects.toMatchObject({ code: "account_refused", message: expect.stringContaining("BotFather") });
    expect(await connector.health()).toMatchObject({
      reachable: false,
      authenticated: false,
      detail: expect.stringContaining("TELEGRAM_BOT_TOKEN"),
    });
    expect(bench.fake.calls.length).toBeLessThanOrEqual(1);
  });

  test("stops when its token is taken away", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.fake.token = `7000000001:${"B".repeat(35)}`;
    expect(await connector.send({ text: "hello?" })).toMatchObject({ outcome: "not_sent", verdict: { do: "reauth" } });
    await until("it is known", async () => !(await connector.health()).authenticated);
  });

  test("gives way to another program that polls for good, and says so", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const poll = () =>
      fetch(`${bench.fake.url}/bot${TOKEN}/getUpdates`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ timeout: 50 }),
      });
    await until("it has stopped", async () => {
      await poll();
      return (await connector.health()).facts?.transport === "stopped";
    });
    expect((await connector.health()).detail).toContain("Another program receives this bot's updates");
  });
});

test("the token is in nothing that is logged, thrown or answered, whatever breaks", async () => {
  const bench = await open();
  const { connector } = await bench.connect();
  const said: unknown[] = [];
  for (const type of ["server_error", "lost_answer", "lost_request", "refused", "unauthorized", "too_many"] as const) {
    bench.fake.next({ type });
    said.push(await connector.send({ text: "into trouble" }));
  }
  bench.fake.hangUp();
  bench.fake.silence(true);
  said.push(
    await connector.send({ text: "anybody?" }),
    await connector.can?.typing?.({ chatId: "-1001" }).catch((thrown: unknown) => thrown),
  );
  said.push(await connector.can?.whisper?.({ chatId: "-1001" }, "404", "psst").catch((thrown: unknown) => thrown));
  said.push(await connector.can?.openThread?.({ chatId: "-1001" }, "-1001:9", "x").catch((thrown: unknown) => thrown));
  await bench.fake.close();
  said.push(await connector.send({ text: "nobody" }), await connector.health());
  await until("the polls have broken", () => bench.logged.length > 0);
  const everything = inspect([said, bench.logged], { depth: 20 }) + JSON.stringify([said, bench.logged]);
  expect(everything).toContain("Telegram");
  expect(everything).not.toContain(TOKEN.slice(11));
});
