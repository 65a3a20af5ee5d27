/** Discord's day over the started program, a real agent process and a fake Discord on the wire. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeDiscord, type FakeDiscord } from "../../connectors/discord/fake/discord.ts";
import { CHANNEL, type FakeBot, type FakeChannel, type FakeMessage, type FakeUser } from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import { buttonOf, partsOf } from "../support/discord-bench.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const TOKEN = "journey.token-of-the-bot";
/** So long that the platform's own word about a press is no longer looked at. */
const ABSENCE_MS = 11_000;
const SLOWLY = { timeout: 120_000 };

let fake: FakeDiscord;
let bot: FakeBot;
let ann: FakeUser;
let stranger: FakeUser;
let channel: FakeChannel;
/** The same words, in another server. */
let farChannel: FakeChannel;
let forum: FakeChannel;
let hub: HubProcess;

beforeAll(async () => {
  fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 1000, patienceMs: 5000 });
  bot = fake.addBot("Mos", TOKEN);
  ann = fake.addPerson("Ann");
  stranger = fake.addPerson("Stranger");
  const home = fake.addGuild("Home", [bot.user, ann, stranger]);
  channel = fake.addChannel(home, "general");
  forum = fake.addChannel(home, "ideas", { type: CHANNEL.forum });
  farChannel = fake.addChannel(fake.addGuild("Far", [bot.user, ann]), "general");
  hub = await createHubProcess({ DISCORD_BOT_TOKEN: TOKEN });
  const file = join(hub.dataDir, "hub.yaml");
  const accounts = { discord: { kind: "discord", channel_id: channel.id, api_base: fake.api } };
  const limits = { queue_per_session: 300, messages_per_minute: 1_000_000 };
  const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { discord: ann.id } }];
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators, limits }));
  await hub.start({ MOS_HUB_CONFIG: file });
});
afterAll(async () => {
  await hub?.end();
  await fake?.close();
});

const mention = (text: string): string => `<@${bot.user.id}> ${text}`;
const shown = (channelId: string): FakeMessage[] => fake.world.history(channelId).filter(({ author }) => author.id === bot.user.id);
const saying = (channelId: string, words: string): FakeMessage | undefined =>
  shown(channelId).find(({ content }) => content.includes(words));

async function sees(channelId: string, words: string): Promise<FakeMessage> {
  await until(
    `"${words}" is shown; shown is ${JSON.stringify(fake.world.messages.map(({ content }) => content))}; ${hub.output()}`,
    () => saying(channelId, words) !== undefined,
  );
  return saying(channelId, words) as FakeMessage;
}

/** A mention; the id of the thread it opened. */
async function begin(text: string, at = channel): Promise<string> {
  const { id } = fake.say(ann, at.id, mention(text));
  await until("a thread is open", () => fake.world.channels.has(id));
  return id;
}

test("doctor finds nothing wrong", async () => {
  const { stdout } = await hub.cli("doctor");
  expect(stdout).toContain("signed in as mos");
  expect(stdout).toContain("the bot may do all it needs there");
});

test("a mention opens a thread with a fitting name; there two turns need no mention, and the channel stays quiet", async () => {
  const thread = await begin("hello there");
  expect(fake.world.channels.get(thread)).toMatchObject({ name: "hello there", parentId: channel.id, ownerId: bot.user.id });
  await sees(thread, "Echo: hello there");
  fake.say(ann, thread, "and again");
  await sees(thread, "Echo: and again");
  expect(shown(channel.id)).toEqual([]);
  const prompts = await hub.prompts();
  expect(prompts.join()).not.toContain(bot.user.id);
});

test("a conversation moved from the channel goes on in a thread of its own; left, the next one begins with a mention, as is said", async () => {
  const first = await begin("a long talk");
  await sees(first, "Echo: a long talk");
  fake.say(ann, first, "!where");
  const name = /chat-[0-9a-f]{8}/.exec((await sees(first, "is at")).content)?.[0] ?? "";
  const second = await begin(`!move ${name}`);
  expect(fake.world.channels.get(second)).toMatchObject({ name: "a long talk", parentId: channel.id });
  await sees(second, "goes on here.");
  await sees(first, "Mention me here to begin another one");
  fake.say(ann, second, "go on");
  await sees(second, "Echo: go on");
  fake.say(ann, second, "!leave");
  await sees(second, "The conversation here has ended. Mention me to begin another one.");
  fake.say(ann, second, "said to nobody");
  fake.say(ann, second, mention("something new"));
  await sees(second, "Echo: something new");
  expect(saying(second, "said to nobody")).toBeUndefined();
  expect(shown(channel.id)).toEqual([]);
});

test("two threads never mix", async () => {
  const [red, blue] = [await begin("the colour is red"), await begin("the colour is blue")];
  await sees(red, "Echo: the colour is red");
  await sees(blue, "Echo: the colour is blue");
  expect([saying(red, "blue"), saying(blue, "red")]).toEqual([undefined, undefined]);
});

test("two servers never mix, though their channels, threads and words look alike", async () => {
  const threads = [await begin("the plan", channel), await begin("the plan", farChannel)] as const;
  for (const thread of threads) await sees(thread, "Echo: the plan");
  expect(threads.map((id) => fake.world.channels.get(id)?.name)).toEqual(["the plan", "the plan"]);
  fake.say(ann, threads[0], "is tea");
  fake.say(ann, threads[1], "is coffee");
  await sees(threads[0], "Echo: is tea");
  await sees(threads[1], "Echo: is coffee");
  expect([saying(threads[0], "coffee"), saying(threads[1], "tea")]).toEqual([undefined, undefined]);
  expect(threads.map((id) => shown(id).filter(({ content }) => content.includes("Echo: the plan")).length)).toEqual([1, 1]);
});

test("a post in a forum is a conversation; the answer stands in it", async () => {
  const guild = [...fake.world.guilds.values()].find(({ id }) => id === forum.guildId);
  if (!guild) throw new Error("the forum has no server");
  const post = fake.addChannel(guild, "A new sign", { type: CHANNEL.publicThread, parentId: forum.id });
  fake.say(ann, post.id, mention("how about a new sign?"));
  await sees(post.id, "Echo: how about a new sign?");
  fake.say(ann, post.id, "in blue");
  await sees(post.id, "Echo: in blue");
  expect([...fake.world.channels.values()].filter(({ parentId }) => parentId === post.id || parentId === forum.id)).toEqual([post]);
});

test("an approval is decided by its button, by nobody else, and greyed", async () => {
  const thread = await begin("approve red");
  const card = await until("the card is there", () => shown(thread).some((one) => partsOf(one).length > 0)).then(() =>
    shown(thread).find((one) => partsOf(one).length > 0),
  );
  if (!card) throw new Error("there is no card");
  expect(await fake.press(stranger, card, buttonOf(card, "Approve"))).toEqual({ acknowledged: false });
  expect(card.content).toContain("`approve");
  const { answer } = await fake.press(ann, card, buttonOf(card, "Approve"));
  expect(answer).toMatch(/is approved/);
  await until("the card is greyed", () => partsOf(card).every((part) => part["disabled"] === true));
  expect(card.content).toContain("Approved by Ann");
});

test("a deploy's card is changed in place and links to what is live", async () => {
  const thread = await begin("deploy shop");
  await sees(thread, "🟢 live");
  const cards = shown(thread).filter(({ content }) => content.includes("shop") && content.includes("🟢 live"));
  expect(cards).toHaveLength(1);
  expect(partsOf(cards[0] ?? { components: [] }).some((part) => part["label"] === "Open")).toBe(true);
});

test("a command has its answer", async () => {
  const outcome = await fake.slash(ann, channel.id, { command: "help" });
  expect(outcome.acknowledged).toBe(true);
  await sees(channel.id, "approvals");
});

test("a direct message is a conversation of its own", async () => {
  const direct = fake.direct(bot, ann);
  fake.say(ann, direct.id, "only between us");
  await sees(direct.id, "Echo: only between us");
  expect(saying(channel.id, "only between us")).toBeUndefined();
});

test("a hub that dies in mid-turn answers after its return, with what was said meanwhile, in order", async () => {
  const thread = await begin("slow 3");
  await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 3")));
  await hub.kill();
  for (const n of [1, 2, 3]) fake.write(ann, thread, `meanwhile ${n}`);
  await hub.start();
  await sees(thread, "Echo: meanwhile 3");
  const answers = shown(thread).flatMap(({ content }) => /Echo: (meanwhile \d)/.exec(content)?.[1] ?? []);
  expect(answers).toEqual(["meanwhile 1", "meanwhile 2", "meanwhile 3"]);
  expect(await hub.prompts()).toEqual(expect.arrayContaining([expect.stringContaining("meanwhile 1")]));
});

test("what is pressed while the hub is away is asked again, once, and the card pressed in vain can be pressed no more", async () => {
  const thread = await begin("approve red");
  const live = () => shown(thread).filter((one) => partsOf(one).length > 0);
  await until("the card is there", () => live().length > 0);
  const [card] = live();
  await hub.kill();
  const gone = Date.now();
  if (!card) throw new Error("there is no card");
  expect(await fake.press(ann, card, buttonOf(card, "Approve"))).toEqual({ acknowledged: false });
  await until("it was away for long enough", () => Date.now() - gone > ABSENCE_MS);
  await hub.start();
  await until(`it is asked again; ${hub.output()}`, () => live().length > 0 && !live().includes(card));
  expect([live().length, card.content]).toEqual([1, expect.stringContaining("asked again below")]);
  const [again = card] = live();
  expect(await fake.press(ann, again, buttonOf(again, "Approve"))).toMatchObject({ acknowledged: true });
  await until("the card says so", () => again.content.includes("Approved by Ann"));
  expect(shown(thread).filter(({ content }) => content.includes("asked again below"))).toEqual([card]);
});

test("after an absence 250 messages of three threads reach the agent, each once and in order, and people are told", SLOWLY, async () => {
  const threads = [await begin("one"), await begin("two"), await begin("three")];
  for (const thread of threads) await until("it is answered", () => shown(thread).length > 0);
  await hub.terminate();
  const before = (await hub.prompts()).length;
  const said = Array.from({ length: 250 }, (_, at) => ({ at, thread: at % 3 }));
  for (const { at, thread } of said) fake.write(ann, threads[thread] ?? "", `missed ${thread}.${at}.`);
  await hub.start();
  const heard = async () => (await hub.prompts()).slice(before).flatMap((prompt) => prompt.match(/missed \d\.\d+\./g) ?? []);
  await until("all have come", async () => (await heard()).length >= said.length, SLOWLY.timeout);
  for (const of of [0, 1, 2]) {
    const wanted = said.filter(({ thread }) => thread === of).map(({ at }) => `missed ${of}.${at}.`);
    expect((await heard()).filter((words) => words.startsWith(`missed ${of}.`))).toEqual(wanted);
  }
  await sees(channel.id, "250 messages fetched");
});

test("no title waits for Discord's limit of two renames in ten minutes: nothing is renamed", () => {
  const renames = fake.calls.filter(
    ({ method, path, body }) => method === "PATCH" && /\/channels\/\d+$/.test(path) && "name" in Object(body),
  );
  expect(renames).toEqual([]);
  expect(fake.calls.some(({ path }) => path.endsWith("/threads"))).toBe(true);
});

test("no token is in what was printed", () => expect(hub.output()).not.toContain(TOKEN));
