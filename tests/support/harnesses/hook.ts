/** The fake HTTP platform with one person on it; its webhooks come in over real TCP. */
import { serve } from "@hono/node-server";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Keyv } from "keyv";
import type { Connector, ConnectorDefinition } from "../../../src/contract/connector.ts";
import type { ConnectorHarness, Rig } from "../../../src/testing/kit.ts";
import { wireContext } from "../wire/context.ts";
import hook from "../wire/hook/connector.ts";
import { createHookPlatform, type HookPlatform } from "../wire/hook/platform.ts";
import { randomBytes } from "node:crypto";

const PATIENCE_MS = 200;

/** For the connector itself, and for those that are broken on purpose. */
export function hookHarness(definition: ConnectorDefinition = hook): ConnectorHarness {
  return {
    kind: "hook",
    async setUp() {
      const token = randomBytes(12).toString("hex");
      const platform = await createHookPlatform({ token, patienceMs: PATIENCE_MS });
      return createRig({ definition, platform, token, state: new Keyv() });
    },
  };
}
export default hookHarness();

interface Parts {
  readonly definition: ConnectorDefinition;
  readonly platform: HookPlatform;
  readonly token: string;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { definition, platform, token, state } = parts;
  const connector = definition.factory({ url: platform.url }, wireContext("hook", state, token));
  const door = await openDoor(connector);
  platform.hookUrl = door.url;
  const lives: Rig[] = [];

  const rig: Rig = {
    connector,
    secret: token,
    say: (text, { threadId: thread, again } = {}) =>
      platform.deliver((again ? platform.ledger.said.at(-1) : undefined) ?? platform.say(text, { thread })),
    press: (subject, choice) => platform.deliver(platform.say("", { press: { subject, choice } })),
    sayWhileAway: async (text) => void platform.say(text),
    shown: async () =>
      platform.ledger.kept.map(({ id, thread, text, hasButtons, reactions }) => ({
        messageId: id,
        threadId: thread,
        text,
        hasButtons,
        reactions,
      })),
    notified: async (messageId) => platform.ledger.kept.find(({ id }) => id === messageId)?.notified ?? [],
    async restart() {
      door.close();
      const next = await createRig(parts);
      lives.push(next);
      return next;
    },
    async end() {
      for (const life of lives) await life.end();
      door.close();
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
      showsAnswers: true,
    },
  };
  await connector.start?.();
  return rig;
}

function openDoor(connector: Connector): Promise<{ readonly url: string; close(): void }> {
  const fetch = (request: Request): Promise<Response> =>
    connector.http?.(request, "/events", { type: "nobody" }) ?? Promise.resolve(Response.json({}, { status: 404 }));
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }: AddressInfo) =>
      resolve({
        url: `http://127.0.0.1:${port}/events`,
        close: () => {
          (server as Server).closeAllConnections();
          server.close();
        },
      }),
    );
  });
}
