/** All four platforms and the console connected at once: one request and one deploy reach all five, and are right on each. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FivePlatforms, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { tellMirrored } from "../support/mirrored-stories.ts";
import { ROOT } from "../support/repository.ts";

const SLOWLY = { timeout: 180_000 };
/** Links stand in the text there. */
const NO_BUTTONS: readonly Platform[] = ["matrix"];

let stage: FivePlatforms;
beforeAll(async () => {
  stage = await startFivePlatforms({ program: join(ROOT, "tests/chaos/mortal-hub.ts") });
}, SLOWLY.timeout);
afterAll(() => stage?.end());

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

tellMirrored(() => stage);
