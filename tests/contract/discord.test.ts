/** What Discord has of its own, over the wire: threads, forums, refusals, gaps. The kit holds what all connectors promise. */
import { afterEach, describe, expect, test } from "vitest";
import { CHANNEL, type FakeMessage } from "../../connectors/discord/fake/world.ts";
import { HubError } from "../../src/contract/errors.ts";
import { createDiscordBench, type DiscordBench } from "../support/discord-bench.ts";
import { until } from "../support/hub-process.ts";

const benches: DiscordBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createDiscordBench>[0]): Promise<DiscordBench> {
  const bench = await createDiscordBench(options);
  benches.push(bench);
  return bench;
}

function last(messages: readonly FakeMessage[]): FakeMessage {
  const found = messages.at(-1);
  if (!found) throw new Error("nothing is shown");
  return found;
}

describe("what is meant for the bot", () => {
  test("is a mention, an answer to it, a bound thread, its own command, a direct message; nothing else, and no bot", async () => {
    const bench = await open();
    const { fake, bot, ann, channel, guild } = bench;
    const { connector, messages } = await bench.connect();
    const other = fake.addPerson("Bob");
    const robot = fake.addBot("Robot", "other");
    guild.members.set(other.id, []).set(robot.user.id, []);
    const thread = fake.addChannel(guild, "a thread", { type: CHANNEL.publicThread, parentId: channel.id });
    fake.changeThread(thread, {});
    bench.bound.add(thread.id);
    const { messageId = "" } = await connector.send({ text: "hello all" });
    fake.say(ann, channel.id, "nobody is meant");
    fake.say(robot.user, channel.id, `<@${bot.user.id}> from a bot`);
    fake.say(ann, channel.id, `<@${bot.user.id}> mentioned, with <@${other.id}>`);
    fake.say(ann, channel.id, "an answer", { replyTo: messageId });
    fake.say(ann, channel.id, "!mos status");
    fake.say(ann, channel.id, "approve K7Q-M2X");
    fake.say(ann, thread.id, "in the thread");
    fake.say(ann, fake.direct(bot, ann).id, "only you");
    await until("all have come", () => messages.length >= 6);
    const heard = messages.map(({ text, direct, mentionsBot, threadId }) => ({ text, direct, mentionsBot, threadId }));
    expect(heard.toSorted((a, b) => a.text.localeCompare(b.text))).toEqual([
      { text: "!status", direct: false, mentionsBot: true, threadId: undefined },
      { text: "an answer", direct: false, mentionsBot: true, threadId: undefined },
      { text: "approve K7Q-M2X", direct: false, mentionsBot: false, threadId: undefined },
      { text: "in the thread", direct: false, mentionsBot: false, threadId: thread.id },
      { text: "mentioned, with @Bob", direct: false, mentionsBot: true, threadId: undefined },
      { text: "only you", direct: true, mentionsBot: false, threadId: undefined },
    ]);
    const inThread = messages.find(({ threadId }) => threadId === thread.id);
    expect(inThread).toMatchObject({ workspaceId: guild.id, chatId: channel.id, sender: ann.id, senderName: "Ann" });
  });

  test("is said in an announcement channel, a private thread, or a thread somebody renames and archives, too", async () => {
    const bench = await open();
    const { fake, bot, ann, channel, guild } = bench;
    const news = fake.addChannel(guild, "news", { type: CHANNEL.announcement });
    const hidden = fake.addChannel(guild, "hidden", { type: CHANNEL.privateThread, parentId: channel.id });
    const { connector, messages } = await bench.connect();
    const { id } = fake.say(ann, news.id, `<@${bot.user.id}> a headline`);
    const opened = await connector.can?.openThread?.({ chatId: news.id }, id, "A headline");
    expect(opened).toEqual({ threadId: id });
    expect(await connector.can?.openThread?.({ chatId: news.id }, id, "A headline")).toEqual(opened);
    bench.bound.add(id);
    const thread = fake.world.channels.get(id);
    if (!thread) throw new Error("there is no thread");
    expect(thread).toMatchObject({ type: CHANNEL.announcementThread, parentId: news.id });
    fake.say(ann, hidden.id, `<@${bot.user.id}> between us`);
    fake.changeThread(thread, { name: "Another headline", isArchived: true });
    fake.changeThread(thread, { isArchived: false });
    fake.say(ann, id, "and more");
    await until("all have come", () => messages.length === 3);
    expect(messages.map(({ text, chatId, threadId }) => [text, chatId, threadId]).toSorted()).toEqual([
      ["a headline", news.id, undefined],
      ["and more", news.id, id],
      ["between us", channel.id, hidden.id],
    ]);
  });

  test("comes with its files, fetched while their links live; a change and a deletion follow it", async () => {
    const bench = await open();
    const { fake, bot, ann, channel, files } = bench;
    const { messages, events } = await bench.connect();
    const file = { name: "plan.txt", type: "text/plain", content: Buffer.from("the plan") };
    const said = fake.say(ann, channel.id, `<@${bot.user.id}> look`, { files: [file] });
    await until("it has come", () => messages.length === 1);
    expect(messages[0]?.attachments).toMatchObject([{ name: "plan.txt", mimeType: "text/plain", sizeBytes: 8 }]);
    expect(files.kept).toEqual([{ name: "plan.txt", text: "the plan" }]);
    fake.edit(said, `<@${bot.user.id}> look closely`);
    fake.remove(said);
    await until("both are told", () => events.length === 2);
    expect(events).toMatchObject([
      { type: "edited", messageEventId: said.id, text: "look closely", sender: ann.id },
      { type: "deleted", messageEventId: said.id, sender: ann.id },
    ]);
  });
});

describe("outward", () => {
  test("nobody is notified but whom the hub names, also on a change", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const text = `hello <@${bench.ann.id}> and @everyone`;
    const { receipt } = await connector.send({ text });
    await connector.send({ text: `${text}!`, edits: receipt });
    expect(last(bench.shown()).pinged).toEqual([]);
    await connector.send({ text, mentions: [{ id: bench.ann.id, name: "Ann" }] });
    expect(last(bench.shown()).pinged).toEqual([bench.ann.id]);
  });

  test("a forum gets a post, found again after a lost answer", async () => {
    const bench = await open();
    const forum = bench.fake.addChannel(bench.guild, "ideas", { type: CHANNEL.forum });
    const { connector } = await bench.connect({ channel_id: forum.id });
    const since = new Date(Date.now() - 1000).toISOString();
    const { delivered, receipt } = await connector.send({ text: "An idea\nin two lines" });
    expect([delivered, receipt?.threadId]).toEqual([true, receipt?.messageId]);
    expect(bench.fake.world.channels.get(receipt?.threadId ?? "")).toMatchObject({ name: "An idea", parentId: forum.id });
    expect(await connector.can?.reconcile?.({ text: "An idea\nin two lines" }, since)).toEqual(receipt);
    expect(await connector.can?.reconcile?.({ text: "never said" }, since)).toBeUndefined();
    await connector.send({ text: "more of it", ...receipt });
    expect(last(bench.shown()).channelId).toBe(receipt?.threadId);
  });

  test("an archived thread is opened again for a change, a locked or deleted one refuses for good", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const thread = bench.fake.addChannel(bench.guild, "old", { type: CHANNEL.publicThread, parentId: bench.channel.id });
    const { receipt } = await connector.send({ text: "draft", threadId: thread.id, chatId: bench.channel.id });
    bench.fake.changeThread(thread, { isArchived: true });
    expect(await connector.send({ text: "final", edits: receipt })).toMatchObject({ delivered: true });
    expect(thread.isArchived).toBe(false);
    bench.fake.changeThread(thread, { isArchived: true, isLocked: true });
    const refused = await connector.send({ text: "too late", threadId: thread.id });
    expect(refused).toMatchObject({ outcome: "not_sent", verdict: { do: "drop" }, error: "the thread is locked (160005)" });
    bench.fake.removeChannel(thread);
    const gone = await connector.send({ text: "too late", threadId: thread.id });
    expect(gone).toMatchObject({ verdict: { do: "drop" }, error: "the channel or thread is gone (10003)" });
  });

  test.each([
    [400, 200000, "the server's AutoMod refused the text (200000)"],
    [400, 240000, "Discord took the text for harmful (240000)"],
    [403, 50013, "the bot lacks a permission in that channel (50013)"],
    [403, 50001, "the bot cannot see that channel; it needs View Channel there (50001)"],
  ])("%i with code %i is given up with a reason", async (status, code, error) => {
    const bench = await open();
    const { connector } = await bench.connect();
    bench.fake.plan({ method: "POST", path: /messages$/, status, code, message: "no" });
    expect(await connector.send({ text: "hello" })).toMatchObject({
      delivered: false,
      outcome: "not_sent",
      verdict: { do: "drop" },
      error,
    });
  });

  test("one channel without permission keeps no other waiting", async () => {
    const bench = await open();
    const closed = bench.fake.addChannel(bench.guild, "closed");
    closed.overwrites = [{ id: bench.guild.id, type: 0, allow: "0", deny: String(1n << 11n) }];
    const { connector } = await bench.connect();
    const [refused, sent] = await Promise.all([connector.send({ text: "a", chatId: closed.id }), connector.send({ text: "b" })]);
    expect([refused.delivered, sent.delivered]).toEqual([false, true]);
  });

  test("a limit of the whole bot holds the account, one of a channel that channel", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    for (const [scope, held] of [
      ["user", "chat"],
      ["shared", "chat"],
      ["global", "account"],
    ] as const) {
      const more = { retry_after: 0.4, global: scope === "global", scope };
      bench.fake.plan({ method: "POST", path: /messages$/, status: 429, message: "You are being rate limited.", more });
      const { verdict, outcome } = await connector.send({ text: "hello", chatId: bench.fake.addChannel(bench.guild, scope).id });
      expect([outcome, verdict?.do, verdict?.do === "retry_after" && verdict.scope]).toEqual(["not_sent", "retry_after", held]);
    }
  });

  test("a change of a channel beyond Discord's hidden pace is told, not waited for, and holds that channel alone", async () => {
    const bench = await open({ windows: { renames: { count: 0, windowMs: 600_000 } } });
    const { connector } = await bench.connect();
    const thread = bench.fake.addChannel(bench.guild, "old", { type: CHANNEL.publicThread, parentId: bench.channel.id });
    const { receipt } = await connector.send({ text: "draft", threadId: thread.id, chatId: bench.channel.id });
    bench.fake.changeThread(thread, { isArchived: true });
    const held = await connector.send({ text: "final", edits: receipt });
    expect(held).toMatchObject({ outcome: "not_sent", verdict: { do: "retry_after", scope: "chat" } });
    expect(held.verdict?.do === "retry_after" && held.verdict.ms > 500_000).toBe(true);
    expect(await connector.send({ text: "elsewhere" })).toMatchObject({ delivered: true });
  });

  test("a file of 25 MB is refused before it is read", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const file = { name: "film.mp4", mimeType: "video/mp4", sizeBytes: 25_000_000, path: "/kept/1" };
    const { error, verdict } = await connector.send({ text: "look", attachments: [file] });
    expect([error, verdict]).toEqual(['The file "film.mp4" is larger than 10 MiB, the most that is taken.', { do: "drop" }]);
    expect(await connector.send({ text: "look", attachments: [{ ...file, sizeBytes: 8 }] })).toMatchObject({ delivered: true });
    expect(last(bench.shown()).attachments).toMatchObject([{ filename: "film.mp4", size: 8 }]);
  });

  test("a file that cannot be read just now is tried again, one that is gone is not", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const attachments = [{ name: "plan.txt", mimeType: "text/plain", sizeBytes: 8, path: "/kept/1" }];
    bench.openFile = () => Promise.reject(new HubError("store_failed", { file: "hub.db", reason: "busy" }));
    expect(await connector.send({ text: "look", attachments })).toMatchObject({ outcome: "not_sent", verdict: { do: "retry" } });
    bench.openFile = () => Promise.reject(new HubError("not_found", { what: "file", id: "plan.txt" }));
    expect(await connector.send({ text: "look", attachments })).toMatchObject({ outcome: "not_sent", verdict: { do: "drop" } });
    expect(bench.shown()).toEqual([]);
  });

  test("tells the hub what is left of a channel's budget, and calls nothing that is over it", async () => {
    const bench = await open({ windows: { messages: { count: 2, windowMs: 15_000 } } });
    const { connector } = await bench.connect();
    const [one, two, three] = [
      await connector.send({ text: "1" }),
      await connector.send({ text: "2" }),
      await connector.send({ text: "3" }),
    ];
    expect([one.budget?.calls, two.budget?.calls]).toEqual([1, 0]);
    expect(three).toMatchObject({ outcome: "not_sent", verdict: { do: "retry_after", scope: "chat" } });
    expect(bench.fake.calls.filter(({ method, path }) => method === "POST" && path.endsWith("/messages"))).toHaveLength(2);
  });
});

describe("after an absence", () => {
  test("250 messages over three threads come in the order of each, once, and the next start fetches nothing", async () => {
    const bench = await open();
    const { fake, ann, channel, guild } = bench;
    const threads = [1, 2, 3].map((n) => fake.addChannel(guild, `thread ${n}`, { type: CHANNEL.publicThread, parentId: channel.id }));
    for (const { id } of threads) bench.bound.add(id);
    const first = await bench.connect();
    for (const { id } of threads) fake.say(ann, id, "known");
    await until("the first three have come", () => first.messages.length === 3);
    await first.connector.close();
    // One is archived meanwhile: the gateway does not tell of it.
    const said = Array.from({ length: 250 }, (_, at) => ({ at, thread: threads[at % 3] ?? channel }));
    for (const { at, thread } of said) fake.write(ann, thread.id, `missed ${at}`);
    Object.assign(threads[2] ?? {}, { isArchived: true });
    const second = await bench.connect();
    const gap = await second.connector.can?.catchUp?.();
    expect(gap).toMatchObject({ fetched: 250, isPartial: false });
    for (const { id } of threads) {
      const wanted = said.filter(({ thread }) => thread.id === id).map(({ at }) => `missed ${at}`);
      expect(second.messages.filter(({ threadId }) => threadId === id).map(({ text }) => text)).toEqual(wanted);
    }
    await second.connector.close();
    const third = await bench.connect();
    expect(await third.connector.can?.catchUp?.()).toMatchObject({ fetched: 0 });
  });

  test("within one life a lost session is made up for, and the hub is told", async () => {
    const bench = await open();
    const { fake, ann, bot, channel } = bench;
    const { messages } = await bench.connect();
    fake.say(ann, channel.id, `<@${bot.user.id}> before`);
    await until("it has come", () => messages.length === 1);
    fake.gateway.forgetSessions();
    fake.hangUp();
    fake.write(ann, channel.id, `<@${bot.user.id}> meanwhile`);
    await until("what was said meanwhile has come", () => messages.length === 2);
    await until("the hub is told", () => bench.gaps.length === 2);
    expect(messages.at(-1)?.text).toBe("meanwhile");
    expect(bench.gaps.map(({ fetched }) => fetched)).toEqual([0, 1]);
    expect(fake.counts.identified).toBe(2);
  });
});

test("what the hub could not take is fetched again, and what is said meanwhile follows it", async () => {
  const bench = await open();
  const { fake, ann, bot, channel } = bench;
  const { connector } = bench.make();
  let isFull = true;
  const heard: string[] = [];
  connector.subscribe(async ({ text }) => {
    if (isFull && text === "first") throw new Error("the disk is full");
    heard.push(text);
  });
  await connector.start?.();
  for (const text of ["first", "second"]) fake.say(ann, channel.id, `<@${bot.user.id}> ${text}`);
  await until("the second has come", () => heard.includes("second"));
  const mark = await bench.state.get<string>(`mark:${channel.id}`);
  expect(BigInt(mark ?? 0) < BigInt(fake.world.history(channel.id)[0]?.id ?? 0)).toBe(true);
  isFull = false;
  await until("the first has come, too", () => heard.includes("first"));
  expect(heard).toEqual(["second", "first"]);
});

test("a server that ends every session is left alone for longer and longer", async () => {
  const bench = await open();
  await bench.connect();
  for (let times = 0; times < 8; times += 1) {
    const before = bench.fake.counts.resumed + bench.fake.counts.identified;
    bench.fake.hangUp();
    if (times < 6) await until("it is back", () => bench.fake.counts.resumed + bench.fake.counts.identified > before);
  }
  await until("a client of its own has begun anew", () => bench.fake.counts.identified === 2);
  expect(bench.fake.calls.filter(({ path }) => path === "/gateway/bot")).toHaveLength(2);
});

test("an event that is not as documented harms nothing", async () => {
  const bench = await open();
  const { fake, ann, bot, channel } = bench;
  const { messages } = await bench.connect();
  for (const type of ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "INTERACTION_CREATE", "TYPING_START", "NEW_THING"])
    for (const data of [
      {},
      { id: 5, channel_id: channel.id },
      { id: "1", channel_id: "none", author: null },
      { id: "1", channel_id: channel.id, mentions: 5, attachments: 5, data: 5, type: 3 },
    ])
      fake.gateway.dispatch(type, { intent: 0 }, () => data);
  fake.say(ann, channel.id, `<@${bot.user.id}> still there?`);
  await until("it has come", () => messages.length === 1);
  expect(messages[0]?.text).toBe("still there?");
});
