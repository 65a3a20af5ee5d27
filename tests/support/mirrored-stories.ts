/** What holds of a request on all four platforms and the console, on whichever it is decided and whatever homeserver is among them. */
import { describe, expect, test } from "vitest";
import { type FivePlatforms, type OnEach, type Platform, PLATFORMS } from "./five-platforms.ts";
import { until } from "./hub-process.ts";
import type { Shown } from "./stands/stand.ts";

const SLOWLY = { timeout: 300_000 };
/** A platform that takes twenty messages a minute in one chat. */
const PACED_MS = 150_000;
const labels = ({ buttons }: Shown): string[] => buttons.map(({ label }) => label);
const isDecided = ({ text, buttons }: Shown): boolean => /✅ Approved by \S/.test(text) && buttons.length === 0;

/** The hub on the stage is the one with places to die, `tests/chaos/mortal-hub.ts`. */
export function tellMirrored(stageOf: () => FivePlatforms): void {
  describe.each(PLATFORMS)("a request that is decided on %s", (platform) => {
    test("is asked on all five and decided on all five", SLOWLY, async () => {
      const stage = stageOf();
      const cards = await stage.ask(platform);
      for (const one of PLATFORMS) expect([one, labels(cards[one]).slice(0, 2)]).toEqual([one, ["Approve", "Deny"]]);
      await stage.press(platform, cards[platform], "Approve");
      await isRightEverywhere(stage, cards, platform);
    });

    test("is decided on all five after the hub died between the decision and the first change", SLOWLY, async () => {
      const stage = stageOf();
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
      await isRightEverywhere(stage, cards, platform);
    });
  });
}

/** By ids, as all five read: one decided card in each home chat, and one in the thread it was asked in. */
export async function isRightEverywhere(stage: FivePlatforms, cards: OnEach<Shown>, asked: Platform): Promise<void> {
  await stage.whenEach(cards, "the card is decided", isDecided);
  for (const platform of PLATFORMS) {
    const [, conversation = "none"] = /conversation: "?(\w+)/.exec(cards[platform].text) ?? [];
    const copies = async () => (await stage.stands[platform].shown()).filter(({ text }) => text.includes(conversation));
    const expected = platform === asked ? 2 : 1;
    const isRight = async (): Promise<boolean> => {
      const now = await copies();
      return now.length === expected && now.every(isDecided);
    };
    await until(`${platform} shows ${expected}, decided`, isRight, PACED_MS);
  }
}
