/** What goes wrong on the platforms' side, now and then: faults, too many calls, lost requests and answers, silence. */
import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "../../src/testing/kit.ts";
import type { Random } from "../support/random.ts";
import type { HookPlatform } from "../support/wire/hook/platform.ts";
import type { LinePlatform } from "../support/wire/line/platform.ts";
import type { World } from "./world.ts";

const EVERY_MS = 1500;
const SILENCE_MS = 1500;

const FAULTS: readonly Fault[] = [
  { type: "server_error" },
  { type: "lost_answer" },
  { type: "lost_request" },
  { type: "too_many", retryAfterMs: 100 },
  { type: "too_many" },
];

/** The returned function ends it. */
export function makeFaults({ hook, line }: World, random: Random): () => void {
  const calls = new Map([hook, line].map((platform) => [platform as HookPlatform | LinePlatform, -1]));
  let isOver = false;
  void (async () => {
    for (; !isOver; await pause(EVERY_MS)) {
      const platform = random.pick([hook, line]);
      const { length } = platform.ledger.sendTimes;
      // The fault before it has not been met yet: they are not saved up.
      if (length === calls.get(platform)) continue;
      calls.set(platform, length);
      if (random.below(40) > 0) {
        platform.next(random.pick(FAULTS));
        continue;
      }
      platform.silence(true);
      await pause(SILENCE_MS);
      platform.silence(false);
    }
  })();
  return () => void (isOver = true);
}
