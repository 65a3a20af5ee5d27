/** Discord and a server that only speaks its language, as two accounts of one hub: by configuration alone, each with its own bot and ids. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeDiscord, type FakeDiscord } from "../../connectors/discord/fake/discord.ts";
import type { FakeBot, FakeChannel, FakeMessage, FakeUser } from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import { buttonOf, partsOf } from "../support/discord-bench.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

interface Server {
  readonly fake: FakeDiscord;
  readonly bot: FakeBot;
  readonly ann: FakeUser;
  readonly channel: FakeChannel;
}

async function open(token: string, lacks: readonly ("followups" | "modals" | "resume")[] = []): Promise<Server> {
  const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 1000, patienceMs: 10_000, lacks });
  const [bot, ann] = [fake.addBot("Mos", token), fake.addPerson("Ann")];
  return { fake, bot, ann, channel: fake.addChannel(fake.addGuild("Home", [bot.user, ann]), "general") };
}

let full: Server;
let lesser: Server;
let hub: HubProcess;

beforeAll(async () => {
  full = await open("full.token");
  lesser = await open("lesser.token", ["followups", "modals", "resume"]);
  hub = await createHubProcess({ DISCORD_BOT_TOKEN: "full.token", LESSER_TOKEN: "lesser.token" });
  const file = join(hub.dataDir, "hub.yaml");
  const block = ({ fake, channel }: Server) => ({ kind: "discord", channel_id: channel.id, api_base: fake.api });
  const accounts = { discord: block(full), lesser: { ...block(lesser), token_env: "LESSER_TOKEN" } };
  const ann = { name: "Ann", roles: ["operator", "approver"], accounts: { discord: full.ann.id, lesser: lesser.ann.id } };
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators: [ann] }));
  await hub.start({ MOS_HUB_CONFIG: file });
});
afterAll(async () => {
  await hub?.end();
  for (const server of [full, lesser]) await server?.fake.close();
});

const shown = ({ fake, bot }: Server, channelId: string): FakeMessage[] =>
  fake.world.history(channelId).filter(({ author }) => author.id === bot.user.id);

async function begin({ fake, bot, ann, channel }: Server, text: string): Promise<string> {
  const { id } = fake.say(ann, channel.id, `<@${bot.user.id}> ${text}`);
  await until("a thread is open", () => fake.world.channels.has(id));
  return id;
}

async function sees(server: Server, channelId: string, words: string): Promise<void> {
  const isShown = (): boolean => shown(server, channelId).some(({ content }) => content.includes(words));
  await until(`"${words}" is shown; ${hub.output()}`, isShown);
}

test("both are talked with, and neither hears of the other", async () => {
  const [red, blue] = [await begin(full, "the colour is red"), await begin(lesser, "the colour is blue")];
  await sees(full, red, "Echo: the colour is red");
  await sees(lesser, blue, "Echo: the colour is blue");
  expect(JSON.stringify(full.fake.world.messages.map(({ content }) => content))).not.toContain("blue");
  expect(JSON.stringify(lesser.fake.world.messages.map(({ content }) => content))).not.toContain("red");
  expect(full.fake.calls.some(({ path }) => path.includes(lesser.channel.id))).toBe(false);
});

test("without forms a reason is given by text, and a button still decides", async () => {
  const thread = await begin(lesser, "approve red");
  const isCard = (one: FakeMessage): boolean => partsOf(one).length > 0;
  await until("the card is there", () => shown(lesser, thread).some(isCard));
  const card = shown(lesser, thread).find(isCard);
  if (!card) throw new Error("there is no card");
  expect((await lesser.fake.press(lesser.ann, card, buttonOf(card, "Deny, and say why…"))).answer).toContain("No form can be shown here");
  expect((await lesser.fake.press(lesser.ann, card, buttonOf(card, "Approve"))).acknowledged).toBe(true);
  await until("the card is decided", () => card.content.includes("Approved by Ann"));
});

test("without sessions to resume a lost connection begins anew, and what was said meanwhile is answered", async () => {
  const thread = await begin(lesser, "hello");
  await sees(lesser, thread, "Echo: hello");
  lesser.fake.hangUp();
  lesser.fake.write(lesser.ann, thread, "said meanwhile");
  await sees(lesser, thread, "Echo: said meanwhile");
  expect(lesser.fake.counts.resumed).toBe(0);
});
