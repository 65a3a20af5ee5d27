/** The recipe of connectors/discord/README.md, followed step by step by somebody who has nothing yet, with the words and settings that stand there. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeDiscord, type FakeDiscord } from "../../connectors/discord/fake/discord.ts";
import type { FakeBot, FakeMessage } from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { type Recipe, readRecipe } from "../support/recipe.ts";
import { ROOT } from "../support/repository.ts";

const TOKEN = "recipe.token-of-the-bot";
const SLOWLY = { timeout: 120_000 };

let fake: FakeDiscord;
let bot: FakeBot;
let hub: HubProcess;
let recipe: Recipe;

beforeAll(async () => {
  recipe = await readRecipe("discord");
  fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 1000 });
});
afterAll(async () => {
  await hub?.end();
  await fake?.close();
});

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

/** What the doctor finds wrong, each with what to do about it. */
async function ailments(...doctor: string[]): Promise<string[]> {
  const { events } = await hub.cli(...doctor);
  const checks = events.flatMap(({ checks: found }) => found as Check[]);
  return checks.flatMap(({ name, ok, detail, remedy }) => (ok ? [] : [`${name}: ${detail}: ${remedy}`]));
}

test("makes a bot, keeps its token, asks the doctor, invites the bot, and has a first thread", SLOWLY, async () => {
  expect(recipe.steps).toHaveLength(5);
  const [make = "", , , ask = "", start = ""] = recipe.steps;

  // 1. A new application has neither the intent nor a server.
  bot = fake.addBot("Mos", TOKEN);
  bot.mayReadContent = false;
  const ann = fake.addPerson("Ann");
  const guild = fake.addGuild("Home", [ann]);
  const channel = fake.addChannel(guild, "general");

  // 2. and 3. The settings as they stand there, but for the ids, which are one's own, and where the fake stands.
  hub = await createHubProcess({ [recipe.variable]: TOKEN });
  const file = join(hub.dataDir, "hub.yaml");
  const [settings] = recipe.settings;
  const own = [
    [settings?.accounts["discord"]?.["channel_id"], channel.id],
    [settings?.operators?.[0]?.accounts["discord"], ann.id],
  ];
  const written = own.reduce((text, [theirs, ours]) => text.replace(String(theirs), String(ours)), stringify(settings));
  await writeFile(file, written.replace("kind: discord\n", `kind: discord\n    api_base: ${fake.api}\n`));
  const [init, doctor = [], ...others] = recipe.commands;
  expect([init, others]).toEqual([["init"], []]);

  // 4. Each thing that is forgotten is named, with what to do.
  const asking = ["--config", file, ...doctor];
  const wrong = (await ailments(...asking)).join("\n");
  expect(make).toContain("Message Content Intent");
  expect(wrong).toContain("the Message Content intent is not switched on");
  bot.mayReadContent = true;
  expect(ask).toContain("invite link");
  expect(wrong).toMatch(new RegExp(`the bot is in no server: .*client_id=${bot.user.id}`));
  guild.members.set(bot.user.id, []);
  expect(await ailments(...asking)).toEqual([]);

  // 5. What is started so is what the hub is here.
  const [, command = ""] = /`npm (start)`/.exec(start) ?? [];
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
  expect(scripts[command]).toBe("node src/cli/mos-hub.mjs start");
  await hub.start({ MOS_HUB_CONFIG: file });
  const [, words = ""] = /`@Mos ([^`]+)`/.exec(start) ?? [];
  const { id: thread } = fake.say(ann, channel.id, `<@${bot.user.id}> ${words}`);
  const shown = (): FakeMessage[] => fake.world.history(thread).filter(({ author }) => author.id === bot.user.id);
  await until(`the answer stands in the thread; ${hub.output()}`, () => shown().some(({ content }) => content.includes(`Echo: ${words}`)));
  expect(fake.world.channels.get(thread)).toMatchObject({ parentId: channel.id, name: words });
  fake.say(ann, thread, "no mention");
  await until("it is answered without a mention", () => shown().some(({ content }) => content.includes("Echo: no mention")));
});
