/** Two Slack workspaces at once, in which channel, person, bot and every message have the same ids, over the started program. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { FakeMessage } from "../../connectors/slack/fake/shapes.ts";
import { createFakeSlack, type FakeSlack } from "../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const [HOME, ANN] = ["C00000001", "UANN00001"];
const NAMES = ["home", "far"] as const;
type Name = (typeof NAMES)[number];
const tokenOf = (kind: string, name: Name): string => [kind, name].join("-");

let fakes: Record<Name, FakeSlack>;
let hub: HubProcess;

async function workspace(name: Name): Promise<FakeSlack> {
  const tokens = { botToken: tokenOf("xoxb", name), appToken: tokenOf("xapp", name), signingSecret: "a-signing-secret" };
  // One time for both: what is said first in each has the same ts.
  const fake = await createFakeSlack({ ...systemClock, ...tokens, retryMs: 500, teamId: `T${name.toUpperCase()}`, firstTs: 1_795_000_000 });
  fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN] });
  return fake;
}

beforeAll(async () => {
  fakes = { home: await workspace("home"), far: await workspace("far") };
  const secrets = NAMES.flatMap((name) => [
    [`BOT_${name.toUpperCase()}`, tokenOf("xoxb", name)],
    [`APP_${name.toUpperCase()}`, tokenOf("xapp", name)],
  ]);
  hub = await createHubProcess(Object.fromEntries(secrets) as Record<string, string>);
  const file = join(hub.dataDir, "hub.yaml");
  const blocks = NAMES.map((name) => {
    const names = { token_env: `BOT_${name.toUpperCase()}`, app_token_env: `APP_${name.toUpperCase()}` };
    return [name, { kind: "slack", channel_id: HOME, api_base: fakes[name].apiBase, ...names }];
  });
  const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { home: ANN, far: ANN } }];
  await writeFile(
    file,
    stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts: Object.fromEntries(blocks), operators }),
  );
  await hub.start({ MOS_HUB_CONFIG: file });
  await until("both are connected", () => NAMES.every((name) => fakes[name].delivery.connections() > 0));
});
afterAll(async () => {
  await hub?.end();
  for (const name of NAMES) await fakes?.[name].close();
});

async function say(name: Name, text: string, thread?: string): Promise<string> {
  const { message, events } = fakes[name].people.say(HOME, ANN, text, { thread });
  for (const event of events) expect(await fakes[name].delivery.deliver(event)).toMatchObject({ acknowledged: true });
  return message.ts;
}

const shown = (name: Name): FakeMessage[] => {
  const { messages, botUser } = fakes[name].world;
  return messages.filter(({ user }) => user === botUser);
};
const sees = (name: Name, words: string): Promise<void> =>
  until(`"${words}" is shown in ${name}; ${hub.output()}`, () => shown(name).some(({ text }) => text.includes(words)));

test("threads with the same ids and words never mix", async () => {
  const threads: Record<string, string> = {};
  for (const name of NAMES) threads[name] = await say(name, `<@${fakes[name].world.botUser}> the plan`);
  expect(threads["home"]).toBe(threads["far"]);
  for (const name of NAMES) await sees(name, "Echo: the plan");
  await say("home", "is tea", threads["home"]);
  await say("far", "is coffee", threads["far"]);
  await sees("home", "Echo: is tea");
  await sees("far", "Echo: is coffee");
  expect(shown("home").filter(({ text }) => text.includes("coffee"))).toEqual([]);
  expect(shown("far").filter(({ text }) => text.includes("tea"))).toEqual([]);
  for (const name of NAMES) expect(shown(name).filter(({ text }) => text.includes("Echo: the plan"))).toHaveLength(1);
});

test("what one workspace tells of another is left alone", async () => {
  const { events } = fakes.far.people.say(HOME, ANN, `<@${fakes.far.world.botUser}> stray`);
  for (const event of events) await fakes.home.delivery.deliver(event);
  await say("home", `<@${fakes.home.world.botUser}> marker`);
  await sees("home", "Echo: marker");
  expect((await hub.prompts()).filter((prompt) => prompt.includes("stray"))).toEqual([]);
});
