/** The fake platform on a raw line with one person on it. */
import { randomBytes } from "node:crypto";
import { Keyv } from "keyv";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import type { ConnectorHarness, Rig } from "../../../src/testing/kit.ts";
import { until } from "../hub-process.ts";
import { wireContext } from "../wire/context.ts";
import line from "../wire/line/connector.ts";
import { createLinePlatform, type LinePlatform } from "../wire/line/platform.ts";

const PATIENCE_MS = 200;

/** For the connector itself, and for those that are broken on purpose. */
export function lineHarness(definition: ConnectorDefinition = line): ConnectorHarness {
  return {
    kind: "line",
    async setUp() {
      const token = randomBytes(12).toString("hex");
      const platform = await createLinePlatform({ token, patienceMs: PATIENCE_MS });
      return createRig({ definition, platform, token, state: new Keyv() });
    },
  };
}
export default lineHarness();

interface Parts {
  readonly definition: ConnectorDefinition;
  readonly platform: LinePlatform;
  readonly token: string;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { definition, platform, token, state } = parts;
  const connector = definition.factory({ port: platform.port }, wireContext("line", state, token));
  const lives: Rig[] = [];
  const rig: Rig = {
    connector,
    secret: token,
    say: (text, { threadId: thread, again } = {}) =>
      platform.deliver((again ? platform.ledger.said.at(-1) : undefined) ?? platform.say(text, { thread })),
    async sayWhileAway(text) {
      platform.insist();
      platform.say(text);
    },
    shown: async () => platform.ledger.kept.map(({ id, thread, text }) => ({ messageId: id, threadId: thread, text })),
    async restart() {
      // Its process is gone: what it had under way comes to nothing.
      await connector.close();
      const next = await createRig(parts);
      lives.push(next);
      return next;
    },
    async end() {
      for (const life of lives) await life.end();
      await connector.close();
      await platform.close();
    },
    platform: {
      ...platform,
      sendTimes: () => platform.ledger.sendTimes,
      async sayReversed([first, second]) {
        const [one, two] = [platform.say(first), platform.say(second)];
        return [await platform.deliver(two), await platform.deliver(one)];
      },
      patienceMs: PATIENCE_MS,
      answerMs: 2000,
      silenceToldMs: 1500,
      showsAnswers: false,
    },
  };
  await connector.start?.();
  await until("the line is connected", async () => (await connector.health()).reachable);
  return rig;
}
