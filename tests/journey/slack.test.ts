/** The recipe of connectors/slack/README.md, as it stands there, over the started program, a real agent process and a fake Slack on the wire, in both modes. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { pressId } from "../../connectors/shared/press.ts";
import type { FakeMessage } from "../../connectors/slack/fake/shapes.ts";
import { createFakeSlack, type FakeSlack } from "../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../src/clock.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const TOKENS = { botToken: ["xoxb", "journey"].join("-"), appToken: ["xapp", "journey"].join("-"), signingSecret: "a-signing-secret" };
const ENVIRONMENT = { SLACK_BOT_TOKEN: TOKENS.botToken, SLACK_APP_TOKEN: TOKENS.appToken, SLACK_SIGNING_SECRET: TOKENS.signingSecret };
/** As the recipe names them. */
const [HOME, ANN, BOB] = ["C0123456789", "U0123456789", "UBOB00001"];
const SECOND_MS = 1000;
/** So long that the platform's own word about a press is no longer looked at. */
const ABSENCE_MS = 11 * SECOND_MS;

interface Manifest {
  readonly features: { readonly slash_commands: readonly { readonly command: string; readonly url?: string }[] };
  readonly settings: Readonly<Record<"event_subscriptions" | "interactivity", { readonly request_url?: string }>> & {
    readonly socket_mode_enabled: boolean;
  };
}

interface Recipe {
  readonly accounts: { readonly slack: Record<string, unknown> };
}

/** The recipe's block as it stands there. */
async function recipe(): Promise<Recipe> {
  const readme = await readFile(new URL("../../connectors/slack/README.md", import.meta.url), "utf8");
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  return parse(yaml.replace(/^ {3}/gm, "")) as Recipe;
}

/** At one message a second in a channel. */
const SLOWLY = { timeout: 120_000 };

describe.each(["socket", "http"])("in %s mode", SLOWLY, (mode) => {
  let fake: FakeSlack;
  let hub: HubProcess;

  beforeAll(async () => {
    fake = await createFakeSlack({ ...systemClock, ...TOKENS, retryMs: 500, postMs: SECOND_MS, tierMs: 60 * SECOND_MS });
    fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN, BOB] });
    hub = await createHubProcess(ENVIRONMENT);
    const file = join(hub.dataDir, "hub.yaml");
    const config = await recipe();
    Object.assign(config.accounts.slack, { api_base: fake.apiBase }, mode === "http" ? { mode } : {});
    await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, ...config }));
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

  test("the recipe's manifest is printed for the mode, and doctor finds nothing wrong", async () => {
    const { events } = await hub.cli("slack", mode === "http" ? "http-manifest" : "manifest");
    const { features, settings } = JSON.parse(String(events[0]?.["text"])) as Manifest;
    const url = mode === "http" ? "https://hub.example.internal/connectors/slack/events" : undefined;
    expect(features.slash_commands.map((one) => [one.command, one.url])).toEqual([["/mos", url]]);
    expect([settings.event_subscriptions.request_url, settings.interactivity.request_url]).toEqual([url, url]);
    expect(settings.socket_mode_enabled).toBe(mode === "socket");
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

  /** The card in that thread, and the id of its request. */
  async function cardIn(thread: string): Promise<{ card: FakeMessage; subject: string }> {
    const find = () => shown(thread).find(({ blocks }) => JSON.stringify(blocks).includes("|approve"));
    await until(`the card is there; ${hub.output()}`, () => find() !== undefined);
    const card = find() as FakeMessage;
    const [, subject = ""] = /mos1\|do\|([^|]+)\|approve/.exec(JSON.stringify(card.blocks)) ?? [];
    return { card, subject };
  }
  const press = (card: FakeMessage, id: Parameters<typeof pressId>[0], user = ANN) =>
    fake.delivery.deliver(fake.people.press(card, user, pressId(id)));

  test("an approval is decided by its button, by nobody else, and loses its buttons", async () => {
    const thread = await begin("approve red");
    const { card, subject } = await cardIn(thread);
    await press(card, { verb: "do", subject, choice: "approve" }, BOB);
    expect(card.text).not.toContain("Approved");
    expect(await press(card, { verb: "do", subject, choice: "approve" })).toMatchObject({ acknowledged: true });
    await until("the card says so", () => card.text.includes("Approved by Ann"));
    expect(JSON.stringify(card.blocks)).not.toContain("|do|");
  });

  test("a deploy's card is changed in place, in its thread and in the channel", async () => {
    const thread = await begin("deploy shop");
    await sees(thread, "🟢 live");
    expect(shown(thread).filter(({ text }) => text.includes("*shop*"))).toHaveLength(1);
    const announce = (state: string) =>
      hub.cli(
        "deploy",
        "announce",
        "--app",
        "blog",
        "--environment",
        "production",
        "--state",
        state,
        "--url",
        "https://blog.example.internal",
      );
    const cards = () => fake.world.messages.filter(({ text, threadTs }) => threadTs === undefined && text.includes("*blog*"));
    await announce("queued");
    await until("it is announced", () => cards().length === 1);
    await announce("live");
    await until("it is live", () => cards()[0]?.text.includes("🟢 live") === true);
    expect(cards()).toMatchObject([{ channel: HOME, isEdited: true }]);
    expect(JSON.stringify(cards()[0]?.blocks)).toContain("https://blog.example.internal");
  });

  test("a critical action wants its code typed into a form, and a denial takes its reason from one", async () => {
    const critical = await begin("approve critical_red");
    const { card, subject } = await cardIn(critical);
    await press(card, { verb: "do", subject, choice: "approve" });
    expect(fake.world.views).toHaveLength(1);
    expect(await fake.delivery.deliver(fake.people.submit(ANN, { code: "WRO-NGX" }))).toMatchObject({
      answer: { response_action: "update" },
    });
    expect(card.text).not.toContain("Approved");
    const [, code = ""] = /`approve (\S+?)`/.exec(card.text) ?? [];
    await fake.delivery.deliver(fake.people.submit(ANN, { code }));
    await until("the card says so", () => card.text.includes("Approved by Ann"));
    const denied = await begin("approve red");
    const other = await cardIn(denied);
    await press(other.card, { verb: "form", subject: other.subject, choice: "deny" });
    await fake.delivery.deliver(fake.people.submit(ANN, { reason: "not on a Friday" }));
    await until("the card says so", () => other.card.text.includes("Denied by Ann"));
    await sees(denied, "not on a Friday");
  });

  test("a command has its answer", async () => {
    const { answer } = await fake.delivery.deliver(fake.people.command(HOME, ANN, "help"));
    expect(answer).toMatchObject({ response_type: "ephemeral" });
    await until("it is shown", () =>
      fake.world.messages.some(({ user, text }) => user === fake.world.botUser && text.includes("approvals")),
    );
  });

  test("so far Slack never had to ask for fewer calls", () => {
    const posts = fake.calls.filter(({ method }) => method === "chat.postMessage");
    const close = posts.flatMap(({ at, fields }, index) => {
      const gapMs = at - (posts[index - 1]?.at ?? 0);
      return gapMs < SECOND_MS ? [`${gapMs} ms: ${String(fields["text"]).slice(0, 60)}`] : [];
    });
    expect([fake.refused(), close]).toEqual([0, []]);
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

  test("what is pressed while the hub is away is asked again, once, and the card pressed in vain can be pressed no more", async () => {
    const thread = await begin("approve red");
    const { card, subject } = await cardIn(thread);
    const yes = { verb: "do", subject, choice: "approve" } as const;
    const live = () => shown(thread).filter(({ blocks }) => JSON.stringify(blocks).includes("|approve"));
    await hub.kill();
    const gone = Date.now();
    expect(await press(card, yes)).toMatchObject({ acknowledged: false });
    await until("it was away for long enough", () => Date.now() - gone > ABSENCE_MS);
    await start();
    await until(`it is asked again; ${hub.output()}`, () => live().length > 0 && !live().includes(card));
    expect([card.text, card.blocks ?? []]).toEqual([expect.stringContaining("asked again below"), []]);
    const [again] = live();
    if (!again) throw new Error("there is no card");
    expect(await press(again, yes)).toMatchObject({ acknowledged: true });
    await until("the card says so", () => again.text.includes("Approved by Ann"));
    expect([live(), shown(thread).filter(({ text }) => text.includes("asked again below")).length]).toEqual([[], 1]);
  });

  test("no secret is in what was printed", () => {
    for (const secret of Object.values(TOKENS)) expect(hub.output()).not.toContain(secret);
  });
});
