/** Slack's socket is made anew in the middle of a turn, is lost for a while, and limits its events, over the started program. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { createSlackStand } from "../support/stands/slack.ts";

const SLOWLY = { timeout: 120_000 };
let stand: Awaited<ReturnType<typeof createSlackStand>>;
let hub: HubProcess;

beforeAll(async () => {
  stand = await createSlackStand();
  hub = await createHubProcess({ ...stand.environment, REHEARSAL_PACE_MS: "100" });
  const file = join(hub.dataDir, "hub.yaml");
  const accounts = { slack: { ...stand.account, answer_ms: 1000, heartbeat_overdue_ms: 5500 } };
  const operators = [{ name: "Ann", roles: ["operator"], accounts: { slack: stand.ann } }];
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators }));
  await hub.start({ MOS_HUB_CONFIG: file });
  await until("it is connected", isReady);
}, SLOWLY.timeout);
afterAll(async () => {
  await hub?.end();
  await stand?.close();
});

async function isReady(): Promise<boolean> {
  const { url } = await hub.address();
  return (await fetch(new URL("/readyz", url))).ok;
}

const threads = (words: string): readonly string[] =>
  stand.fake.world.messages.filter(({ text }) => text.includes(words)).map(({ ts }) => ts);

/** Said while nothing can be delivered: Slack's history alone has it. */
const sayUnheard = (text: string, thread?: string): void => void stand.fake.people.say(stand.chat, stand.ann, text, { thread });

async function answeredOnce(words: string): Promise<void> {
  const answers = async () => (await stand.shown()).filter(({ text }) => text.includes(`Echo: ${words}`));
  await until(`${words} is answered; ${hub.output()}`, async () => (await answers()).length > 0, SLOWLY.timeout / 2);
  expect(await answers()).toHaveLength(1);
}

test("refreshed in mid-turn: the turn ends in its thread, and what was said meanwhile is heard once", SLOWLY, async () => {
  await stand.say("slow 3");
  await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 3")));
  const [thread] = threads("slow 3");
  stand.fake.delivery.refresh();
  sayUnheard("and this meanwhile", thread);
  await answeredOnce("and this meanwhile");
  const inThread = (await stand.shown()).filter((one) => one.thread === thread).map(({ text }) => text);
  expect(inThread.findIndex((text) => text.includes("Echo: and this"))).toBe(inThread.length - 1);
  expect((await hub.prompts()).filter((prompt) => prompt.includes("slow 3"))).toHaveLength(1);
});

test("silent for a while: health says so, the process stays, and what was said meanwhile is answered", SLOWLY, async () => {
  stand.fake.silence(true);
  await until("the account is down", async () => !(await isReady()), SLOWLY.timeout / 2);
  sayUnheard(`<@${stand.fake.world.botUser}> is anybody there`);
  stand.fake.silence(false);
  await answeredOnce("is anybody there");
  await until("it is healthy again", isReady);
  expect(hub.isAlive()).toBe(true);
});

test("app_rate_limited: what Slack kept back is fetched", SLOWLY, async () => {
  sayUnheard(`<@${stand.fake.world.botUser}> kept back`);
  await stand.fake.delivery.deliver({ type: "events_api", payload: { type: "app_rate_limited", minute_rate_limited: 1 } }, 1);
  await answeredOnce("kept back");
  expect(hub.isAlive()).toBe(true);
});
