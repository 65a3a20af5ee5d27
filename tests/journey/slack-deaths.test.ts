/** Slack with a hub that dies at every point on a message's way: what was acknowledged is answered, and so is what was not. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeSlack, type FakeSlack } from "../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../src/clock.ts";
import type { PointName } from "../chaos/points.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const TOKENS = { botToken: ["xoxb", "deaths"].join("-"), appToken: ["xapp", "deaths"].join("-"), signingSecret: "a-signing-secret" };
const ENVIRONMENT = { SLACK_BOT_TOKEN: TOKENS.botToken, SLACK_APP_TOKEN: TOKENS.appToken, SLACK_SIGNING_SECRET: TOKENS.signingSecret };
const [HOME, ANN] = ["C00000001", "UANN00001"];
const SLOWLY = { timeout: 120_000 };

/** In the order in which a message passes them. Slack has its acknowledgement only behind the third. */
const POINTS: readonly PointName[] = [
  "before journal",
  "after journal",
  "before acknowledge",
  "after route",
  "after dispatch",
  "turn intent written",
  "between intent and send",
  "between send and receipt",
  "after a receipt",
  "before the end of a turn",
  "after the end of a turn",
];

describe.each(["socket", "http"])("in %s mode", SLOWLY, (mode) => {
  let fake: FakeSlack;
  let hub: HubProcess;
  let said = 0;

  beforeAll(async () => {
    fake = await createFakeSlack({ ...systemClock, ...TOKENS, retryMs: 500 });
    fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN] });
    hub = await createHubProcess(ENVIRONMENT, undefined, join(ROOT, "tests/chaos/mortal-hub.ts"));
    const file = join(hub.dataDir, "hub.yaml");
    const accounts = { slack: { kind: "slack", channel_id: HOME, api_base: fake.apiBase, mode } };
    const operators = [{ name: "Ann", roles: ["operator"], accounts: { slack: ANN } }];
    const limits = { messages_per_minute: 1_000_000 };
    await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators, limits }));
    await live({ MOS_HUB_CONFIG: file });
  });
  afterAll(async () => {
    await hub?.end();
    await fake?.close();
  });

  async function live(more: Record<string, string>): Promise<void> {
    await hub.start(more);
    const { url } = await hub.address();
    if (mode === "http") fake.requestUrl = new URL("/connectors/slack/events", url).href;
    else await until("the socket stands", () => fake.delivery.connections() > 0);
  }

  async function isIdle(): Promise<boolean> {
    const { url, token } = await hub.address();
    const health = await fetch(new URL("/v1/health", url), { headers: { authorization: `Bearer ${token}` } });
    const { waiting } = (await health.json()) as { waiting: { outbox: number; turns: number } };
    return waiting.outbox + waiting.turns === 0;
  }

  const answers = (words: string): readonly string[] =>
    fake.world.messages.flatMap(({ user, text }) =>
      user === fake.world.botUser && text.includes("Echo:") && text.includes(words) ? [text] : [],
    );

  test.each(mode === "socket" ? POINTS : POINTS.slice(0, 4))("killed %s", async (point) => {
    await until("nothing is left of the life before", isIdle);
    await hub.kill();
    await live({ CHAOS_POINT: point, CHAOS_AT: "1" });
    const words = `number ${(said += 1)}.`;
    const telling = fake.people.say(HOME, ANN, `<@${fake.world.botUser}> ${words}`).events.map((event) => fake.delivery.deliver(event));
    await until(`the hub is dead; ${hub.output()}`, () => !hub.isAlive());
    await live({ CHAOS_POINT: "" });
    const told = await Promise.all(telling);
    if (POINTS.indexOf(point) < 3) expect(told.filter(({ acknowledged, attempts }) => acknowledged && attempts === 1)).toEqual([]);
    await until(`${words} is answered; ${hub.output()}`, () => answers(words).length > 0, SLOWLY.timeout / 2);
    await until("all is done", isIdle);
    // What is given to the agent again, or shown again, says so.
    expect((await hub.prompts()).filter((prompt) => prompt === words).length).toBeLessThanOrEqual(1);
    expect(answers(words).filter((text) => text === `Echo: ${words}`).length).toBeLessThanOrEqual(1);
  });
});
