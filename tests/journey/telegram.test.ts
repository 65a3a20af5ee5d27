/** The recipe of connectors/telegram/README.md over the started program, a real agent process and a fake Bot API on the wire. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createFakeTelegram, type FakeTelegram } from "../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../src/clock.ts";
import type { FakeChat, FakeMessage } from "../../connectors/telegram/fake/shapes.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { type Recipe, readRecipe } from "../support/recipe.ts";
import { ANN, BOB, buttonOf, press, shownIn, TOKEN } from "../support/telegram-bench.ts";

/** The started program, its agent and each command are processes of their own. */
const DEADLINE_MS = 120_000;
const PIN = "739215";

let fake: FakeTelegram;
let forum: FakeChat;
let direct: FakeChat;
let hub: HubProcess;
let recipe: Recipe;

beforeAll(async () => {
  recipe = await readRecipe("telegram");
  fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 1000 });
  forum = fake.addChat({ id: -1001, type: "supergroup", isForum: true, title: "Home" });
  direct = fake.addChat({ id: ANN.id, type: "private", title: "Ann" });
  hub = await createHubProcess({ [recipe.variable]: TOKEN, MOS_HUB_PIN: PIN });
  await configure(0);
}, DEADLINE_MS);
afterAll(async () => {
  await hub?.end();
  await fake?.close();
});

/** One of the recipe's pieces of settings as it stands there, at the fake's door; the console is beside it, as it is by itself. */
async function configure(piece: number): Promise<void> {
  const { telegram } = recipe.settings[piece]?.accounts ?? {};
  const accounts = { console: { kind: "console" }, telegram: { ...telegram, api_root: fake.url } };
  const limits = { queue_per_session: 400, messages_per_minute: 1_000_000 };
  // Ann hears of what is risky on her phone, wherever it is asked.
  const approvals = { policies: [{ name: "phone", when: { class: ["red"] }, chats: [{ account: "telegram", chat: String(direct.id) }] }] };
  const file = join(hub.dataDir, "hub.yaml");
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, limits, approvals }));
  await hub.start({ MOS_HUB_CONFIG: file });
}

const mention = (text: string): string => `@mos_test_bot ${text}`;
const saying = (chat: FakeChat, words: string, thread?: number): FakeMessage | undefined =>
  shownIn(chat).find((one) => one.text.includes(words) && (thread === undefined || one.thread === thread));

async function sees(chat: FakeChat, words: string, thread?: number): Promise<FakeMessage> {
  await until(
    `"${words}" is shown; shown is ${JSON.stringify(shownIn(chat).map(({ text }) => text))}; ${hub.output()}`,
    () => saying(chat, words, thread) !== undefined,
  );
  return saying(chat, words, thread) as FakeMessage;
}

/** Approvals that can still be pressed, in whichever chat. */
const pressable = (): FakeMessage[] =>
  [direct, forum].flatMap((chat) => shownIn(chat).filter(({ keyboard }) => keyboard.flat().some(({ text }) => text === "Approve")));

/** A mention in the forum; the topic it opened. */
async function begin(text: string): Promise<number> {
  const before = new Set(forum.topics.keys());
  fake.world.say(forum.id, ANN, mention(text));
  await until("a topic is open", () => forum.topics.size > before.size);
  return [...forum.topics.keys()].find((id) => !before.has(id)) ?? 0;
}

test(
  "whoever follows doctor's link is told a code, is let in with it, and learns the id for notices",
  { timeout: DEADLINE_MS },
  async () => {
    expect(recipe.steps).toHaveLength(6);
    const [doctor = [], accept = [], ...rest] = recipe.commands;
    expect([doctor[0], accept[0], rest.map(([command]) => command)]).toEqual(["doctor", "pair", ["deploy"]]);
    const { stdout } = await hub.cli(...doctor);
    expect(stdout).toContain("signed in as @mos_test_bot");
    const [, payload] = /https:\/\/t\.me\/mos_test_bot\?start=(\w+)/.exec(stdout) ?? [];
    fake.world.say(direct.id, ANN, `/start ${payload}`);
    const told = await sees(direct, "Your code is");
    const [, code = ""] = /Your code is (\S+)\./.exec(told.text) ?? [];
    const accepted = await hub.cli(...accept.map((word) => (word === "CODE" ? code : word)), "--pin", PIN);
    expect([accepted.code, accepted.stdout]).toEqual([0, expect.stringContaining(`"${ANN.id}"`)]);
    await sees(direct, "let you in");
    await hub.terminate();
    await configure(1);
    expect((await hub.cli("doctor")).stdout).toContain("Ann");
  },
);

test(
  "the first deploy notice: queued, then live, one card changed in place with a button to what is live",
  { timeout: DEADLINE_MS },
  async () => {
    const announce = (state: string) => {
      const words = recipe.commands.at(-1) ?? [];
      return hub.cli(...words.map((word) => (word === "live" ? state : word)));
    };
    expect((await announce("queued")).code).toBe(0);
    const card = await sees(direct, "shop");
    expect((await announce("live")).code).toBe(0);
    await until("it is live", () => card.text.includes("live"));
    expect(shownIn(direct).filter(({ text }) => text.includes("shop"))).toHaveLength(1);
    expect(buttonOf(card, "Open").url).toBe("https://shop.example.internal");
  },
);

test("a failed deploy pings with a message of its own, and what goes well after it is one, too", { timeout: DEADLINE_MS }, async () => {
  const report = (id: string, state: string) =>
    hub.cli("deploy", "announce", "--id", id, "--app", "blog", "--environment", "production", "--state", state);
  await report("blog-1", "failed");
  await sees(direct, "failed to deploy");
  const before = shownIn(direct).length;
  await report("blog-2", "live");
  await until("the recovery is told", () =>
    shownIn(direct)
      .slice(before)
      .some(({ text }) => /blog[\s\S]*live/.test(text)),
  );
  expect(shownIn(direct).filter(({ text }) => text.includes("failed to deploy"))).toHaveLength(1);
});

test(
  "a mention opens a topic with a fitting name; there no mention is needed, and two topics never mix",
  { timeout: DEADLINE_MS },
  async () => {
    const red = await begin("the colour is red");
    const blue = await begin("the colour is blue");
    expect(forum.topics.get(red)?.name).toBe("the colour is red");
    await sees(forum, "Echo: the colour is red", red);
    await sees(forum, "Echo: the colour is blue", blue);
    fake.world.say(forum.id, ANN, "and again", { thread: red });
    await sees(forum, "Echo: and again", red);
    expect([saying(forum, "blue", red), saying(forum, "red", blue)]).toEqual([undefined, undefined]);
    expect((await hub.prompts()).join()).not.toContain("mos_test_bot");
  },
);

test("an approval is decided by its button, by nobody else, and has nothing to press afterwards", { timeout: DEADLINE_MS }, async () => {
  const topic = await begin("approve red");
  await until("the card is there", () => shownIn(forum).some(({ thread, keyboard }) => thread === topic && keyboard.length > 0));
  const card = shownIn(forum).find(({ thread, keyboard }) => thread === topic && keyboard.length > 0);
  if (!card) throw new Error("there is no card");
  const data = buttonOf(card, "Approve").callback_data ?? "";
  expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
  // A stranger among people is told nothing.
  expect(await press(fake, card, data, BOB)).toEqual({ alert: false });
  expect(card.keyboard).not.toEqual([]);
  expect(await press(fake, card, data)).toMatchObject({ text: expect.stringContaining("is approved") });
  await until("the card is settled, and so is its copy", () => pressable().length === 0);
  expect(card.text).toContain("Approved by Ann");
  expect(await press(fake, card, data)).toMatchObject({ text: expect.stringMatching(/approved/) });
});

test("an approval asked on the console is decided on the phone, and the console shows it", { timeout: DEADLINE_MS }, async () => {
  const asking = hub.cli("chat", "--once", "approve red", "--thread", "gate");
  await until("its copy is on the phone", () => pressable().length > 0);
  const [copy] = pressable();
  if (!copy) throw new Error("there is no copy");
  await press(fake, copy, buttonOf(copy, "Approve").callback_data ?? "");
  const { events } = await asking;
  const states = events.flatMap(({ card }) =>
    (card as { type?: string } | undefined)?.type === "approval" ? [card as { state: string }] : [],
  );
  expect(states.map(({ state }) => state)).toEqual(["pending", "approved"]);
  expect(events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  await until("the copy is settled", () => pressable().length === 0);
  expect(copy.text).toContain("Approved by Ann");
});

test("a private chat is a conversation, and a command has its answer", { timeout: DEADLINE_MS }, async () => {
  fake.world.say(direct.id, ANN, "only between us");
  await sees(direct, "Echo: only between us");
  expect(saying(forum, "only between us")).toBeUndefined();
  fake.world.say(direct.id, ANN, "/help");
  await sees(direct, "approvals");
});

test("a message whose answer is lost is sent again with a mark, and an operator sees which it was", { timeout: DEADLINE_MS }, async () => {
  const topic = await begin("no doubt");
  await sees(forum, "Echo: no doubt", topic);
  fake.next({ type: "lost_answer" });
  fake.world.say(direct.id, ANN, "in doubt");
  await until("it is there twice", () => shownIn(direct).filter(({ text }) => text.includes("Echo: in doubt")).length === 2);
  expect(shownIn(direct).filter(({ text }) => /may be a duplicate[\s\S]*Echo: in doubt/.test(text))).toHaveLength(1);
  const listed = async () => (await hub.shell("outbox", "list", "--was-unknown")).stdout;
  await until("it is sent", async () => / sent /.test(await listed()));
  const found = await listed();
  expect(found.trim().split("\n")).toHaveLength(1);
  expect(found).toMatch(/2 attempts {2}\(may be a duplicate\).*\(Telegram did not answer/);
  await until("nothing else waits", async () => (await hub.shell("outbox", "list")).stdout.trim() === "Nothing.");
  const { stdout } = await hub.shell("trace", found.split(" ")[0] ?? "");
  expect(stdout).toMatch(/message unknown: it may have arrived[\s\S]*message sent/);
});

test("a topic that was deleted goes on in another of its name", { timeout: DEADLINE_MS }, async () => {
  const topic = await begin("soon deleted");
  await sees(forum, "Echo: soon deleted", topic);
  fake.world.say(forum.id, ANN, "slow 2", { thread: topic });
  await until("the agent works on it", async () => (await hub.prompts()).some((prompt) => prompt.includes("slow 2")));
  fake.world.removeTopic(forum, topic);
  await until("another is open", () => [...forum.topics.values()].filter(({ name }) => name === "soon deleted").length === 1);
  const [next = 0] = [...forum.topics.entries()].find(([, { name }]) => name === "soon deleted") ?? [];
  expect(next).not.toBe(topic);
  await until("the conversation goes on there", () => shownIn(forum).some(({ thread }) => thread === next));
  fake.world.say(forum.id, ANN, "here we are", { thread: next });
  await sees(forum, "Echo: here we are", next);
});

test("a hub that dies with updates waiting answers each once after its return, in order", { timeout: DEADLINE_MS }, async () => {
  const topic = await begin("before the fall");
  await sees(forum, "Echo: before the fall", topic);
  await hub.kill();
  for (const n of [1, 2, 3]) fake.world.say(forum.id, ANN, `meanwhile ${n}`, { thread: topic });
  await hub.start();
  await sees(forum, "Echo: meanwhile 3", topic);
  const answers = shownIn(forum).flatMap(({ text }) => /Echo: (meanwhile \d)/.exec(text)?.[1] ?? []);
  expect(answers).toEqual(["meanwhile 1", "meanwhile 2", "meanwhile 3"]);
});

test("300 updates that wait for a stopped hub reach the agent after its start, each once and in order", { timeout: 120_000 }, async () => {
  const topics = [await begin("one"), await begin("two"), await begin("three")];
  for (const [at, words] of ["one", "two", "three"].entries()) await sees(forum, `Echo: ${words}`, topics[at]);
  await hub.terminate();
  const before = (await hub.prompts()).length;
  const said = Array.from({ length: 300 }, (_, at) => ({ at, of: at % 3 }));
  for (const { at, of } of said) fake.world.say(forum.id, ANN, `missed ${of}.${at}.`, { thread: topics[of] });
  await hub.start();
  const heard = async () => (await hub.prompts()).slice(before).flatMap((prompt) => prompt.match(/missed \d\.\d+\./g) ?? []);
  await until("all have come", async () => (await heard()).length >= said.length, 100_000);
  for (const one of [0, 1, 2]) {
    const wanted = said.flatMap(({ at, of }) => (of === one ? [`missed ${of}.${at}.`] : []));
    expect((await heard()).filter((words) => words.startsWith(`missed ${one}.`))).toEqual(wanted);
  }
});

test("a group that becomes a supergroup keeps its conversation", { timeout: DEADLINE_MS }, async () => {
  const group = fake.addChat({ id: -5, type: "group", title: "Small" });
  fake.world.say(group.id, ANN, mention("we are few"));
  await sees(group, "Echo: we are few");
  fake.world.migrate(group, -1005);
  const grown = fake.world.chat(-1005);
  fake.world.say(grown.id, ANN, mention("we are many"));
  await sees(grown, "Echo: we are many");
  const { stdout } = await hub.shell("sessions");
  expect(stdout.match(/-1005/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test("no token is in what was printed", () => expect(hub.output()).not.toContain(TOKEN.slice(11)));
