/** The fifty lines of docs/examples/orchestrator.ts behind the started hub, in the console and in Telegram; then the deaths of either side. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { freePort } from "../support/free-port.ts";
import { blocksOf } from "../support/guide.ts";
import { ROOT } from "../support/repository.ts";
import { createTwoChats, PIN, type TwoChats } from "../support/two-chats.ts";
import { until } from "../support/hub-process.ts";

const DEADLINE_MS = 120_000;
let chats: TwoChats;
let token: string;
let child: ChildProcess | undefined;

beforeAll(async () => {
  chats = await createTwoChats();
  await startHub();
  token = await chats.token(["orchestrate"]);
}, DEADLINE_MS);
afterAll(async () => {
  await stopExample();
  await chats?.end();
});

/** The port stays the same over a restart, as a hub's does. */
const port = await freePort();
async function startHub(): Promise<void> {
  const orchestrator = { driver: "http", name: "mos", take_within_ms: 3000 };
  await chats.start({ deploys: { check_urls: false }, orchestrator }, { MOS_HUB_PORT: `${port}` });
}

/** Where it runs already it goes on. */
async function startExample(): Promise<void> {
  if (isRunning(child)) return;
  const env = { ...process.env, MOS_HUB_URL: await chats.url(), MOS_HUB_TOKEN: token, MOS_HUB_NAME: "mos" };
  child = spawn(process.execPath, [join(ROOT, "docs/examples/orchestrator.ts")], { env, stdio: ["ignore", "inherit", "inherit"] });
}

const isRunning = (process: ChildProcess | undefined): process is ChildProcess => process?.exitCode === null && process.signalCode === null;

async function stopExample(): Promise<void> {
  const running = child;
  if (!isRunning(running)) return;
  const ended = new Promise((resolve) => running.once("exit", resolve));
  running.kill("SIGKILL");
  await ended;
}

const orchestrator = async (with_ = token) =>
  createClient({ where: async () => ({ url: await chats.url(), token: with_ }) }).orchestrator("mos");

test(
  "a message to an orchestrator that is not there waits, its person is told, and it is answered when it comes",
  { timeout: DEADLINE_MS },
  async () => {
    await chats.console.say("are you there?");
    await chats.console.sees("Your message waits");
    await startExample();
    expect((await chats.console.sees("You said: are you there?")).text).not.toContain("again");
  },
);

test("talks in two chats at once, each in its own thread", { timeout: DEADLINE_MS }, async () => {
  await startExample();
  const topic = await chats.telegram.begin("good morning");
  await chats.console.say("good evening");
  await chats.telegram.sees("You said: good morning", topic);
  await chats.console.sees("You said: good evening");
  expect(chats.telegram.shown(topic).some(({ text }) => text.includes("evening"))).toBe(false);
});

test("asks before it deploys, and a press in Telegram or a PIN at the shell decides", { timeout: DEADLINE_MS }, async () => {
  await startExample();
  const topic = await chats.telegram.begin("deploy it");
  await chats.telegram.press("Deploy the shop", "Approve", topic);
  await chats.telegram.sees("Deployed.", topic);
  await chats.console.say("deploy it");
  const card = await chats.console.sees("Deploy the shop");
  const code = card.card?.type === "approval" ? card.card.code : "";
  await chats.client.approvals.decide(code, { verdict: "deny", pin: PIN });
  expect((await chats.console.sees("I left it as it is.")).from).toBe("hub");
});

test("its token decides nothing, and says nothing elsewhere", { timeout: DEADLINE_MS }, async () => {
  await startExample();
  await chats.console.say("deploy once more", "gate");
  const card = await chats.console.sees("Deploy the shop", "gate");
  const code = card.card?.type === "approval" ? card.card.code : "";
  const asOrchestrator = createClient({ where: async () => ({ url: await chats.url(), token }) });
  await expect(asOrchestrator.approvals.decide(code, { verdict: "approve", pin: PIN })).rejects.toMatchObject({ code: "not_allowed" });
  await expect(asOrchestrator.messages.send({ text: "hello" })).rejects.toMatchObject({ code: "not_allowed" });
  await expect((await orchestrator("no-such-token")).inbox()).rejects.toMatchObject({ code: "not_signed_in" });
  const other = await chats.token(["read", "chat", "ask"], "other");
  await expect((await orchestrator(other)).inbox()).rejects.toMatchObject({ code: "not_allowed" });
  await chats.client.approvals.decide(code, { verdict: "deny", pin: PIN });
  await chats.console.sees("I left it as it is.", "gate");
});

test(
  "a hub that dies while people decide loses nothing: the same card, the decision, the answer, once",
  { timeout: DEADLINE_MS },
  async () => {
    await startExample();
    const topic = await chats.telegram.begin("deploy tonight");
    await chats.telegram.sees("Deploy the shop", topic);
    await chats.settled();
    await chats.hub.kill();
    await startHub();
    await chats.telegram.press("Deploy the shop", "Approve", topic);
    await chats.telegram.sees("Deployed.", topic);
    const words = chats.telegram.shown(topic).map(({ text }) => text);
    expect(words.filter((text) => text.includes("Deployed."))).toHaveLength(1);
    expect(words.filter((text) => text.includes("Deploy the shop"))).toHaveLength(1);
    // The orchestrator still had the turn, so nothing was delivered a second time.
    expect(words.join()).not.toContain("again");
  },
);

test("what is said while the hub and the orchestrator are both down is answered when both are back", { timeout: DEADLINE_MS }, async () => {
  await startExample();
  const topic = await chats.telegram.begin("before the night");
  await chats.telegram.sees("You said: before the night", topic);
  await stopExample();
  await chats.settled();
  await chats.hub.kill();
  chats.telegram.say("during the night", topic);
  await startHub();
  await startExample();
  expect((await chats.telegram.sees("You said: during the night", topic)).thread).toBe(topic);
});

test("posts everything there is to post, each report once, and a person's answer comes back", { timeout: DEADLINE_MS }, async () => {
  await stopExample();
  const mos = await orchestrator();
  await chats.console.say("show me all", "all");
  let session = "";
  await until("the turn is there", async () => {
    const { deliveries } = await mos.inbox({ life: "by hand", wait_ms: 1000 });
    const turn = deliveries.find((one) => one.type === "turn" && one.text === "show me all");
    if (turn) await mos.inbox({ life: "by hand", ack: [turn.id], limit: 0 });
    session = turn?.session ?? "";
    return turn !== undefined;
  });
  const fields = [{ name: "colour", label: "Colour", kind: "choice" as const, options: [{ value: "red", label: "Red" }] }];
  const report = {
    session,
    events: [
      { type: "plan" as const, steps: [{ id: "1", title: "look", state: "done" as const }] },
      { type: "subagent" as const, id: "forge", title: "Forge", state: "running" as const },
      { type: "text" as const, text: "Here is everything." },
      { type: "canvas" as const, share: { title: "The menu", url: "https://shop.example.internal/menu" } },
      { type: "deploy" as const, report: { app: "shop", state: "live" as const, urls: { live: "https://shop.example.internal" } } },
      { type: "usage" as const, model: "m-1", input: 10, output: 20, cache_read: 30, cache_write: 40 },
      { type: "question" as const, ask: { text: "Which colour?", fields } },
    ],
  };
  const { asks, canvases = [] } = await mos.report(report, "everything");
  expect(await mos.report(report, "everything")).toEqual({ asks, canvases });
  const next = (canvas_id = "") => ({ title: "The menu of today", canvas_id, url: "https://shop.example.internal/today" });
  const revised = await mos.report({ session, events: [{ type: "canvas", share: next(canvases[0]) }] }, "today");
  expect(revised.canvases).toEqual(canvases);
  await expect(mos.report({ session, events: [{ type: "canvas", share: next("cnv_none") }] })).rejects.toMatchObject({ code: "not_found" });
  // As the documentation has it.
  const env = { ...process.env, MOS_HUB_URL: await chats.url(), MOS_HUB_TOKEN: token, SESSION: session };
  const { stdout } = await promisify(execFile)("sh", ["-c", blocksOf("docs/canvas.md", "sh")[0] ?? ""], { env });
  const documented: unknown = JSON.parse(stdout);
  expect(documented).toEqual({ asks: [], canvases: [expect.stringMatching(/^cnv_/)] });
  await chats.console.sees("Which colour?", "all");
  await chats.console.say("red", "all");
  expect(await mos.asked(asks[0] ?? "", { waitMs: 20_000 })).toMatchObject({ state: "answered", values: { colour: "red" } });
  const { deliveries } = await mos.inbox({ life: "by hand", wait_ms: 10_000 });
  expect(deliveries).toEqual([expect.objectContaining({ type: "answer", ask_id: asks[0], values: { colour: "red" } })]);
  await mos.report({ session, events: [{ type: "turn_end" }] }, "the-end");
  const cardsIn = (messages: Awaited<ReturnType<typeof chats.console.messages>>) => messages.flatMap(({ card }) => (card ? [card] : []));
  await until("all of it is shown, as it was changed last", async () => {
    const cards = cardsIn(await chats.console.messages("all"));
    return cards.length >= 5 && cards.some((card) => card.type === "canvas" && card.title === "The menu of today");
  });
  const shown = await chats.console.messages("all");
  expect(shown.filter(({ text }) => text === "Here is everything.")).toHaveLength(1);
  expect(
    cardsIn(shown)
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(["canvas", "canvas", "deploy", "progress", "question"]);
  const shared = shown.flatMap(({ card }) => (card?.type === "canvas" ? [card] : []));
  expect(shared).toMatchObject([{ id: canvases[0], title: "The menu of today" }, { title: "The menu" }]);
  const { usage } = await chats.client.usage();
  expect(usage).toContainEqual(expect.objectContaining({ model: "m-1", input: 10, output: 20, cacheRead: 30, cacheWrite: 40 }));
  await expect(mos.report({ session: "agent:other:chat:1", events: [{ type: "text", text: "x" }] })).rejects.toMatchObject({
    code: "not_found",
  });
});
