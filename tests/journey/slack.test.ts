/** The recipe of connectors/slack/README.md over the started program, a real agent process and a fake Slack on the wire, in both modes. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { pressId } from "../../connectors/shared/press.ts";
import type { FakeMessage } from "../../connectors/slack/fake/shapes.ts";
import { createFakeSlack, type FakeSlack } from "../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const TOKENS = { botToken: ["xoxb", "journey"].join("-"), appToken: ["xapp", "journey"].join("-"), signingSecret: "a-signing-secret" };
const ENVIRONMENT = { SLACK_BOT_TOKEN: TOKENS.botToken, SLACK_APP_TOKEN: TOKENS.appToken, SLACK_SIGNING_SECRET: TOKENS.signingSecret };
const [HOME, ANN, BOB] = ["C00000001", "UANN00001", "UBOB00001"];

describe.each(["socket", "http"])("in %s mode", (mode) => {
  let fake: FakeSlack;
  let hub: HubProcess;

  beforeAll(async () => {
    fake = await createFakeSlack({ ...systemClock, ...TOKENS, retryMs: 500 });
    fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN, BOB] });
    hub = await createHubProcess(ENVIRONMENT);
    const file = join(hub.dataDir, "hub.yaml");
    const accounts = { slack: { kind: "slack", channel_id: HOME, api_base: fake.apiBase, mode } };
    const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { slack: ANN } }];
    await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, operators }));
    await start({ MOS_HUB_CONFIG: file });
  });
  afterAll(async () => {
    await hub?.end();
    await fake?.close();
  });

  async function start(more: Record<string, string> = {}): Promise<void> {
    await hub.start(more);
    if (mode === "socket") return until("the socket stands", () => fake.delivery.connections() > 0);
    const { url } = JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")) as { url: string };
    fake.requestUrl = new URL("/connectors/slack/events", url).href;
  }

  async function say(text: string, { user = ANN, thread }: { user?: string; thread?: string } = {}): Promise<string> {
    const { message, events } = fake.people.say(HOME, user, text, { thread });
    for (const event of events) expect(await fake.delivery.deliver(event)).toMatchObject({ acknowledged: true });
    return message.ts;
  }

  const begin = (text: string): Promise<string> => say(`<@${fake.world.botUser}> ${text}`);
  const shown = (thread: string): FakeMessage[] =>
    fake.world.messages.filter((one) => one.threadTs === thread && one.user === fake.world.botUser);

  async function sees(thread: string, words: string): Promise<FakeMessage> {
    const find = () => shown(thread).find(({ text }) => text.includes(words));
    await until(
      `"${words}" is shown; shown is ${JSON.stringify(fake.world.messages.map(({ text }) => text))}; ${hub.output()}`,
      () => find() !== undefined,
    );
    return find() as FakeMessage;
  }

  test("the manifest is printed and doctor finds nothing wrong", async () => {
    const { events } = await hub.cli("slack", "manifest");
    const { features } = JSON.parse(String(events[0]?.["text"])) as { features: { slash_commands: { command: string }[] } };
    expect(features.slash_commands.map(({ command }) => command)).toEqual(["/mos"]);
    const { stdout } = await hub.cli("doctor");
    for (const words of ["signed in as mos", "all that are needed", "the bot is in #general"]) expect(stdout).toContain(words);
  });

  test("a mention is answered in its thread; there a second turn needs no mention", async () => {
    const thread = await begin("hello there");
    await sees(thread, "Echo: hello there");
    await say("and again", { thread });
    await sees(thread, "Echo: and again");
    expect((await hub.prompts()).filter((prompt) => prompt.includes("hello there"))).toHaveLength(1);
  });

  test("an approval is decided by its button, by nobody else, and a deploy's card is changed in place", async () => {
    const thread = await begin("approve red");
    await until("the card is there", () => shown(thread).some(({ blocks }) => blocks.length > 0));
    const card = shown(thread).find(({ blocks }) => blocks.length > 0) as FakeMessage;
    const [, subject = ""] = /mos1\|do\|([^|]+)\|approve/.exec(JSON.stringify(card.blocks)) ?? [];
    const approve = pressId({ verb: "do", subject, choice: "approve" });
    await fake.delivery.deliver(fake.people.press(card, BOB, approve));
    expect(card.text).not.toContain("Approved");
    expect(await fake.delivery.deliver(fake.people.press(card, ANN, approve))).toMatchObject({ acknowledged: true });
    await until("the card says so", () => card.text.includes("Approved by Ann"));
    expect(JSON.stringify(card.blocks)).not.toContain("|do|");
    const deploy = await begin("deploy shop");
    await sees(deploy, "🟢 live");
    expect(shown(deploy).filter(({ text }) => text.includes("🟢 live"))).toHaveLength(1);
  });

  test("a command has its answer", async () => {
    const { answer } = await fake.delivery.deliver(fake.people.command(HOME, ANN, "help"));
    expect(answer).toMatchObject({ response_type: "ephemeral" });
    await until("it is shown", () =>
      fake.world.messages.some(({ user, text }) => user === fake.world.botUser && text.includes("approvals")),
    );
  });

  test("a hub that dies in mid-turn answers after its return, with what was said meanwhile, in order", async () => {
    const thread = await begin("slow 3");
    await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 3")));
    await hub.kill();
    for (const n of [1, 2, 3]) fake.people.say(HOME, ANN, `meanwhile ${n}`, { thread });
    await start();
    await sees(thread, "Echo: meanwhile 3");
    const answers = shown(thread).flatMap(({ text }) => /Echo: (meanwhile \d)/.exec(text)?.[1] ?? []);
    expect(answers).toEqual(["meanwhile 1", "meanwhile 2", "meanwhile 3"]);
  });

  test("no secret is in what was printed", () => {
    for (const secret of Object.values(TOKENS)) expect(hub.output()).not.toContain(secret);
  });
});
