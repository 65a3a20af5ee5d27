/**
 * Who hears of a deploy, on all four platforms and the console: what was followed and muted in chat, who is notified of a failure, and an address
 * that does not answer, and then does.
 */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FivePlatforms, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/hub-process.ts";
import type { Shown } from "../support/stands/stand.ts";

const SLOWLY = { timeout: 300_000 };
/** A platform that takes twenty messages a minute in one chat; and an address that is looked at three times. */
const PACED_MS = 150_000;
const HERE = "127.0.0.1";
/** Of the console, where every message stands in some thread. */
const THREAD = "deploys";

let stage: FivePlatforms;
let site: Server;
let address: string;

beforeAll(async () => {
  site = createServer((_request, response) => void response.end("coffee"));
  address = `http://${HERE}:${await freePort()}/`;
  stage = await startFivePlatforms({
    config: (chats) => ({ deploys: { check_urls: true, allow_private: [HERE], routes: [{ app: "menu", chats }] } }),
  });
}, SLOWLY.timeout);
afterAll(async () => {
  await stage?.end();
  site.closeAllConnections();
  site.close();
});

const announce = (app: string, state: string, ...more: string[]) =>
  stage.hub.cli("deploy", "announce", "--app", app, "--state", state, ...more);

const say = (platform: Platform, text: string): Promise<void> =>
  platform === "console" ? stage.stands.console.say(text, THREAD) : stage.say(platform, text);

const shown = (platform: Platform): Promise<readonly Shown[]> => stage.stands[platform].shown();
const saying = async (platform: Platform, words: RegExp): Promise<Shown[]> =>
  (await shown(platform)).filter(({ text }) => words.test(text));

/** Waits until exactly so many messages of each platform, whatever the thread, say this; resolves with the last of each. */
async function everywhere(what: string, words: RegExp, count = 1): Promise<Map<Platform, Shown>> {
  const found = new Map<Platform, Shown>();
  for (const platform of PLATFORMS)
    await until(
      `${platform} says ${what}`,
      async () => {
        const all = await saying(platform, words);
        const last = all.at(-1);
        if (last) found.set(platform, last);
        return all.length === count;
      },
      PACED_MS,
    );
  return found;
}

const FAILED = /failed to deploy/;

test("what is followed by app, environment and state is heard, and its failure notifies who follows, and nobody else", SLOWLY, async () => {
  for (const platform of PLATFORMS) await say(platform, "!follow shop production failed");
  await everywhere("that it follows", /hears of `?shop`? in `?production`? when it is failed/);
  await announce("blog", "failed", "--id", "other-app");
  await announce("shop", "failed", "--environment", "staging", "--id", "other-environment");
  await announce("shop", "building", "--id", "followed");
  await announce("shop", "failed", "--id", "followed");

  const told = await everywhere("that it failed", FAILED);
  for (const platform of PLATFORMS) {
    const { ann } = stage.stands[platform];
    // Who sits at the machine follows there; Ann, who follows elsewhere, may read the console too.
    const wanted = ann === undefined ? [expect.stringMatching(/^per_/), "local", "per_local"] : [ann];
    const { id, text, notified } = told.get(platform) ?? { id: "" };
    expect([platform, text]).toEqual([platform, expect.stringContaining("Followed by")]);
    expect([platform, notified]).toEqual([platform, wanted]);
    const all = await shown(platform);
    expect([platform, all.filter((one) => one.id !== id).flatMap((one) => one.notified ?? [])]).toEqual([platform, []]);
    expect([platform, all.filter((one) => /staging|blog/.test(one.text))]).toEqual([platform, []]);
  }
});

test("the name stands there once, as the platform shows a mention", async () => {
  const said = async (platform: Platform): Promise<string | undefined> => (await saying(platform, FAILED))[0]?.text;
  expect(await said("discord")).toMatch(new RegExp(`\\nFollowed by <@${stage.stands.discord.ann}>\\.$`));
  expect(await said("slack")).toMatch(new RegExp(`\\nFollowed by <@${stage.stands.slack.ann}>\\.$`));
  expect(await said("telegram")).toMatch(/\nFollowed by Ann\.$/);
  expect(await said("matrix")).toMatch(/\nFollowed by @Ann\.$/);
  expect(await said("console")).toMatch(/\nFollowed by @Ann, @\S+\.$/);
});

test("what is muted is heard no more, but by the thread that asks", SLOWLY, async () => {
  for (const platform of PLATFORMS) await say(platform, "!mute shop");
  await everywhere("that it is muted", /no longer hears of `?shop`?/);
  await announce("shop", "failed", "--id", "muted");
  for (const platform of PLATFORMS) {
    await say(platform, "deploy shop fail");
    // One after the other: the agent gives its deploys no id.
    await until(`${platform} says in the thread that it failed`, async () => (await saying(platform, FAILED)).length === 2, PACED_MS);
  }
  const told = await everywhere("what the thread asked for, and nothing else", FAILED, 2);
  for (const platform of PLATFORMS) {
    const { thread, notified } = told.get(platform) ?? {};
    expect([platform, thread === undefined, notified]).toEqual([platform, false, []]);
  }
});

test("reported live where nothing answers is said apart on every platform; reported again, it is looked at again", SLOWLY, async () => {
  await announce("menu", "live", "--id", "menu-1", "--url", address);
  const cards = await stage.oneOnEach("menu");
  await everywhere("that nobody answers", /menu.* was reported live, but .* does not answer: nothing listens there/);
  const silent = await stage.whenEach(cards, "the card says so", ({ text }) => text.includes("reported live") && text.includes("🟠"));
  for (const platform of PLATFORMS) expect([platform, silent[platform].text]).toEqual([platform, expect.not.stringContaining("🟢")]);
  for (const platform of PLATFORMS) expect([platform, await saying(platform, /🟢.*menu|menu.*🟢/s)]).toEqual([platform, []]);

  const { port } = new URL(address);
  await new Promise<void>((resolve) => site.listen(Number(port), HERE, resolve));
  await stage.hub.cli("deploy", "update", "menu-1", "--state", "live");
  await stage.whenEach(cards, "the card says live", ({ text }) => text.includes("🟢 live"));
  await everywhere("that it answers now", /menu.* is live: .* answers now/);
});
