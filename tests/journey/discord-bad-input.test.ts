/** What goes wrong on Discord, through the started hub over a fake Discord: what people then see, and that the rest goes on. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeDiscord, type FakeDiscord } from "../../connectors/discord/fake/discord.ts";
import {
  CHANNEL,
  type FakeBot,
  type FakeChannel,
  type FakeGuild,
  type FakeMessage,
  type FakeUser,
} from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import { buttonOf, partsOf } from "../support/discord-bench.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const TOKEN = "bad-input.token-of-the-bot";
const SLOWLY = { timeout: 120_000 };
const SEND_MESSAGES = 1n << 11n;
const CREATE_THREADS = 1n << 35n;

let fake: FakeDiscord;
let bot: FakeBot;
let ann: FakeUser;
let guild: FakeGuild;
/** Where the hub says what belongs to no conversation. */
let home: FakeChannel;
let hub: HubProcess;

async function startHub(): Promise<void> {
  hub = await createHubProcess({ DISCORD_BOT_TOKEN: TOKEN });
  const accounts = { console: { kind: "console" }, discord: { kind: "discord", channel_id: home.id, api_base: fake.api } };
  const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { discord: ann.id } }];
  const file = join(hub.dataDir, "hub.yaml");
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators }));
  await hub.start({ MOS_HUB_CONFIG: file });
}

beforeAll(async () => {
  fake = await createFakeDiscord({
    ...systemClock,
    heartbeatMs: 1000,
    patienceMs: 1500,
    windows: { renames: { count: 0, windowMs: 600_000 } },
  });
  [bot, ann] = [fake.addBot("Mos", TOKEN), fake.addPerson("Ann")];
  guild = fake.addGuild("Home", [bot.user, ann]);
  home = fake.addChannel(guild, "general");
});
beforeEach(startHub);
afterEach(() => hub.end());
afterAll(() => fake.close());

const shown = (channelId: string): FakeMessage[] => fake.world.history(channelId).filter(({ author }) => author.id === bot.user.id);
const said = (channelId: string): string =>
  shown(channelId)
    .map(({ content }) => content)
    .join("\n");

async function sees(channelId: string, words: string): Promise<void> {
  const seen = (): string => `"${words}" is shown; shown is ${said(channelId)}; at home ${said(home.id)}; ${hub.output()}`;
  await until("it is shown", () => said(channelId).includes(words)).catch(() =>
    Promise.reject(new Error(`waited in vain until ${seen()}`)),
  );
}

async function begin(text: string, at = home): Promise<string> {
  const { id } = fake.say(ann, at.id, `<@${bot.user.id}> ${text}`);
  await until("a thread is open", () => fake.world.channels.has(id));
  return id;
}

/** Another conversation is answered as ever. */
async function goesOn(): Promise<void> {
  await sees(await begin("still there?"), "Echo: still there?");
}

const without = (bits: bigint): Partial<FakeChannel> => ({ overwrites: [{ id: guild.id, type: 0, allow: "0", deny: String(bits) }] });

test("an answer AutoMod refuses is given up, home hears why, and the thread goes on", SLOWLY, async () => {
  const thread = await begin("hello");
  await sees(thread, "Echo: hello");
  fake.plan({
    method: "POST",
    path: new RegExp(`/channels/${thread}/messages$`),
    status: 400,
    code: 200000,
    message: "Message was blocked by automatic moderation",
  });
  fake.say(ann, thread, "a bad word");
  await sees(home.id, "the server's AutoMod refused the text (200000)");
  fake.say(ann, thread, "a good word");
  await sees(thread, "Echo: a good word");
  expect(said(thread)).not.toContain("Echo: a bad word");
  const { stdout } = await hub.shell("outbox", "list", "--state", "failed");
  expect(stdout).toContain("AutoMod");
});

test("a thread that is deleted in mid-turn ends there, home hears of it, and no other waits", SLOWLY, async () => {
  const thread = await begin("slow 2");
  await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 2")));
  const deleted = fake.world.channels.get(thread);
  if (!deleted) throw new Error("there is no thread");
  fake.removeChannel(deleted);
  await goesOn();
  await sees(home.id, "the channel or thread is gone (10003)");
  const waiting = async (): Promise<string> => (await hub.shell("outbox", "list")).stdout.trim();
  await until("nothing waits for it", async () => (await waiting()) === "Nothing.");
  expect((await hub.shell("outbox", "list", "--state", "failed")).stdout).toContain("the channel or thread is gone");
});

test("a channel in which the bot may not write is told of at home, and the others go on", SLOWLY, async () => {
  const closed = fake.addChannel(guild, "closed", without(SEND_MESSAGES | CREATE_THREADS));
  fake.say(ann, closed.id, `<@${bot.user.id}> hello?`);
  await goesOn();
  await sees(home.id, "the bot lacks a permission in that channel (50013)");
  expect(shown(closed.id)).toEqual([]);
});

test("where it may open no threads it answers in the channel", SLOWLY, async () => {
  const flat = fake.addChannel(guild, "flat", without(CREATE_THREADS));
  fake.say(ann, flat.id, `<@${bot.user.id}> hello?`);
  await sees(flat.id, "Echo: hello?");
  expect([...fake.world.channels.values()].filter(({ parentId }) => parentId === flat.id)).toEqual([]);
});

test("a file of 25 MB reaches the agent, its way back is refused, and the thread hears the limit", SLOWLY, async () => {
  const thread = await begin("hello");
  await sees(thread, "Echo: hello");
  fake.say(ann, thread, "file", { files: [{ name: "film.mp4", type: "video/mp4", content: Buffer.alloc(25_000_000) }] });
  await sees(thread, "film.mp4 (video/mp4, 25000000 bytes)");
  await sees(thread, 'The file "film.mp4" is larger than 10 MiB, the most that is taken.');
  expect(shown(thread).flatMap(({ attachments }) => attachments)).toEqual([]);
  await goesOn();
});

test("a press whose answer comes too late counts all the same, once", SLOWLY, async () => {
  const thread = await begin("approve red");
  const cards = (): FakeMessage[] => shown(thread).filter((one) => partsOf(one).length > 0);
  await until("the card is there", () => cards().length > 0);
  const [card] = cards();
  if (!card) throw new Error("there is no card");
  fake.plan({ method: "POST", path: /^\/interactions\//, status: 404, code: 10062, message: "Unknown interaction" });
  expect(await fake.press(ann, card, buttonOf(card, "Approve"))).toEqual({ acknowledged: false });
  await until("the card is greyed", () => partsOf(card).every((part) => part["disabled"] === true));
  expect(card.content).toContain("Approved by Ann");
  await until("it is on record", () => hub.output().includes("the answer to a press did not arrive"));
  expect(fake.calls.filter(({ path, status }) => path.startsWith("/interactions/") && status === 404)).toHaveLength(1);
});

test("a thread somebody renames and archives goes on, though Discord allows the bot no change of a channel", SLOWLY, async () => {
  const thread = await begin("hello");
  await sees(thread, "Echo: hello");
  const channel = fake.world.channels.get(thread);
  if (!channel) throw new Error("there is no thread");
  fake.changeThread(channel, { name: "greetings" });
  fake.changeThread(channel, { isArchived: true });
  fake.say(ann, thread, "and now?");
  await sees(thread, "Echo: and now?");
  expect(channel).toMatchObject({ name: "greetings", type: CHANNEL.publicThread });
});

test("without the intent the account is stopped with its remedy, and the console answers", SLOWLY, async () => {
  await hub.end();
  bot.mayReadContent = false;
  try {
    await startHub();
    await expect.poll(hub.output).toMatch(/discord is not connected: .*Message Content intent is not switched on/);
    const doctor = await hub.cli("doctor");
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining("Switch it on in the Developer Portal")]);
    expect((await hub.cli("chat", "--once", "hello")).events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  } finally {
    bot.mayReadContent = true;
  }
});
