/** All four platforms and the console connected at once: one request and one deploy reach all five, and are right on each. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FivePlatforms, type OnEach, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import type { Shown } from "../support/stands/stand.ts";

const SLOWLY = { timeout: 180_000 };
/** Links stand in the text there. */
const NO_BUTTONS: readonly Platform[] = ["matrix"];

let stage: FivePlatforms;
beforeAll(async () => {
  stage = await startFivePlatforms({ program: join(ROOT, "tests/chaos/mortal-hub.ts") });
}, SLOWLY.timeout);
afterAll(() => stage?.end());

const labels = ({ buttons }: Shown): string[] => buttons.map(({ label }) => label);
const isDecided = ({ text, buttons }: Shown): boolean => /✅ Approved by \S/.test(text) && buttons.length === 0;

/** By ids, as all five read: one decided card in each home chat, and one in the thread it was asked in. */
async function isRightEverywhere(cards: OnEach<Shown>, asked: Platform): Promise<void> {
  await stage.whenEach(cards, "the card is decided", isDecided);
  for (const platform of PLATFORMS) {
    const [, conversation = "none"] = /conversation: "?(\w+)/.exec(cards[platform].text) ?? [];
    const copies = async () => (await stage.stands[platform].shown()).filter(({ text }) => text.includes(conversation));
    const expected = platform === asked ? 2 : 1;
    await until(`${platform} shows ${expected}, decided`, async () => {
      const now = await copies();
      return now.length === expected && now.every(isDecided);
    });
  }
}

test("a deploy is one card on each, changed in place until it is live", SLOWLY, async () => {
  const announce = (state: string, ...more: string[]) =>
    stage.hub.cli("deploy", "announce", "--app", "shop", "--environment", "production", "--state", state, ...more);
  await announce("queued");
  const cards = await stage.oneOnEach("shop");
  for (const platform of PLATFORMS) expect([platform, cards[platform].text]).toEqual([platform, expect.stringContaining("queued")]);
  await announce("live", "--url", "https://shop.example.internal");
  const live = await stage.whenEach(cards, "the card says live", ({ text }) => text.includes("🟢 live"));
  expect(await stage.oneOnEach("shop")).toEqual(live);
  for (const platform of PLATFORMS) {
    const { text, buttons } = live[platform];
    expect([platform, text]).toEqual([platform, expect.stringContaining("https://shop.example.internal")]);
    if (!NO_BUTTONS.includes(platform)) expect(buttons).toEqual([{ label: "Open", url: "https://shop.example.internal" }]);
  }
});

describe.each(PLATFORMS)("a request that is decided on %s", (platform) => {
  test("is asked on all five and decided on all five", SLOWLY, async () => {
    const cards = await stage.ask(platform);
    for (const one of PLATFORMS) expect([one, labels(cards[one]).slice(0, 2)]).toEqual([one, ["Approve", "Deny"]]);
    await stage.press(platform, cards[platform], "Approve");
    await isRightEverywhere(cards, platform);
  });

  test("is decided on all five after the hub died between the decision and the first change", SLOWLY, async () => {
    await stage.hub.terminate();
    await stage.start({ CHAOS_POINT: "after a decision", CHAOS_AT: "1" });
    const cards = await stage.ask(platform);
    await stage.press(platform, cards[platform], "Approve");
    await until("the hub is dead", () => !stage.hub.isAlive());
    const { console: _, ...others } = stage.stands;
    for (const [one, stand] of Object.entries(others)) {
      const [card] = (await stand.shown()).filter(({ id }) => id === cards[one as Platform].id);
      expect([one, card && labels(card).slice(0, 1)]).toEqual([one, ["Approve"]]);
    }
    await stage.start({ CHAOS_POINT: "" });
    await isRightEverywhere(cards, platform);
  });
});
