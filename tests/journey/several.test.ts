/** Two orchestrators and two platforms under one started hub: who answers where, and conversations that go elsewhere, through restarts. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { createHookPlatform, type HookPlatform } from "../support/wire/hook/platform.ts";
import { createLinePlatform, type LinePlatform, LINE_CHAT } from "../support/wire/line/platform.ts";
import type { Kept } from "../support/wire/ledger.ts";

const TOKEN = "a-token-of-both-platforms";
let hook: HookPlatform;
let line: LinePlatform;
let hub: HubProcess;

beforeEach(async () => {
  hook = await createHookPlatform({ token: TOKEN, patienceMs: 5000 });
  line = await createLinePlatform({ token: TOKEN, patienceMs: 5000 });
  line.insist();
  hub = await createHubProcess({ HOOK_TOKEN: TOKEN, LINE_TOKEN: TOKEN });
  const wire = (name: string): string => join(ROOT, "tests/support/wire", name, "connector.ts");
  const config = {
    orchestrators: {
      mos: { driver: "rehearsal" },
      sentinel: { driver: "rehearsal", chats: [{ account: "line", chat: LINE_CHAT, thread: "alarms" }] },
    },
    accounts: {
      hook: { kind: wire("hook"), url: hook.url, answer_ms: 5000 },
      line: { kind: wire("line"), port: line.port, answer_ms: 5000, heartbeat_ms: 2000 },
    },
    operators: [{ name: "Ann", roles: ["operator", "approver"], accounts: { hook: "ann", line: "ann" } }],
    limits: { messages_per_minute: 1_000_000 },
    log: { level: "error" },
  };
  await writeFile(join(hub.dataDir, "hub.yaml"), JSON.stringify(config));
  await start();
});
afterEach(async () => {
  await hub.end();
  await hook.close();
  await line.close();
});

async function start(): Promise<void> {
  await hub.start();
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")));
  hook.hookUrl = `${url}/connectors/hook/events`;
}

const inHook = (text: string, thread: string): Promise<void> => hook.insist(hook.say(text, { thread }), 200);
const inLine = (text: string, thread: string): void => void line.say(text, { thread });
const texts = (kept: readonly Kept[], thread: string): string[] => kept.filter((one) => one.thread === thread).map(({ text }) => text);
const hookTexts = (thread: string): string[] => texts(hook.ledger.kept, thread);
const lineTexts = (thread: string): string[] => texts(line.ledger.kept, thread);
/** The prompts an orchestrator was given. */
async function heard(name: string): Promise<string[]> {
  const folder = join(hub.dataDir, "agents", name === "mos" ? "" : `others/${name}`);
  const text = await readFile(join(folder, "rehearsal-ledger.jsonl"), "utf8").catch(() => "");
  const lines = text.split("\n").filter(Boolean);
  return lines
    .map((one) => JSON.parse(one) as { event: string; text: string })
    .flatMap((one) => (one.event === "prompt" ? [one.text] : []));
}
const shows = (where: () => string[], what: string, times = 1): Promise<void> =>
  until(`"${what}" is shown ${times} times; there was: ${where().join(" | ")}`, () => {
    return where().filter((text) => text.includes(what)).length >= times;
  });
async function conversationIn(thread: string): Promise<string> {
  await inHook("!where", thread);
  let name: string | undefined;
  await until("the conversation has a name", () => (name = /chat-[0-9a-f]{8}/.exec(hookTexts(thread).join(" "))?.[0]) !== undefined);
  return name ?? "";
}

test("each place has one of them: by its chat, by the mention it began with, and by bind", async () => {
  await inHook("hello", "alpha");
  await inHook("@sentinel look here", "beta");
  inLine("an alarm", "alarms");
  inLine("elsewhere", "other");
  await shows(() => hookTexts("alpha"), "Echo: hello");
  await shows(() => hookTexts("beta"), "Echo: @sentinel look here");
  await shows(() => lineTexts("alarms"), "Echo: an alarm");
  await shows(() => lineTexts("other"), "Echo: elsewhere");
  expect((await heard("mos")).toSorted()).toEqual(["elsewhere", "hello"]);
  expect((await heard("sentinel")).toSorted()).toEqual(["@sentinel look here", "an alarm"]);

  await inHook("@sentinel and you?", "alpha");
  await shows(() => hookTexts("alpha"), "Mos answers here. `!bind sentinel` gives this place to Sentinel.");
  await until("who answers here has it", async () => (await heard("mos")).includes("@sentinel and you?"));
  await inHook("!bind Sentinel", "alpha");
  await shows(() => hookTexts("alpha"), "Sentinel answers here from now on.");
  await hub.kill();
  await start();
  await inHook("now it is yours", "alpha");
  await shows(() => hookTexts("alpha"), "Echo: now it is yours");
  expect(await heard("sentinel")).toContain("now it is yours");
  const { events } = await hub.cli("health");
  expect(JSON.stringify(events)).toMatch(/"name":"mos".*"name":"sentinel"/);
});

test("a conversation is mirrored to another platform and moved there; it stays one session, killed hub or not", async () => {
  await inHook("hello", "alpha");
  await shows(() => hookTexts("alpha"), "Echo: hello");
  const name = await conversationIn("alpha");
  inLine(`!mirror ${name}`, "m");
  await shows(() => lineTexts("m"), "is shown here, too");
  inLine("from the line", "m");
  await shows(() => hookTexts("alpha"), "**Ann** at line · square · thread m");
  await shows(() => hookTexts("alpha"), "Echo: from the line");
  await shows(() => lineTexts("m"), "Echo: from the line");

  await inHook("approve red", "alpha");
  const codeIn = (): string => /approve ([A-Z0-9]{3}-[A-Z0-9]{3})/.exec(lineTexts("m").join(" "))?.[1] ?? "";
  await until("it is asked there, too", () => codeIn() !== "");
  await hub.kill();
  await start();
  const code = codeIn();
  inLine(`approve ${code}`, "m");
  await until("it is decided", async () => {
    const { events } = await hub.cli("approvals", "show", code);
    return events[0]?.["state"] === "consumed" || events[0]?.["state"] === "approved";
  });
  await shows(() => lineTexts("m"), "pproved");

  inLine(`!move ${name}`, "m");
  await shows(() => hookTexts("alpha"), "This conversation goes on at line · square · thread m.");
  await hub.kill();
  await start();
  inLine("still you?", "m");
  await shows(() => lineTexts("m"), "Echo: still you?");
  expect(hookTexts("alpha").some((text) => text.includes("Echo: still you?"))).toBe(false);
  await inHook("another one", "alpha");
  await shows(() => hookTexts("alpha"), "Echo: another one");
  inLine("!sessions", "m");
  await shows(() => lineTexts("m"), `\`${name}\` hello · Mos · line · square · thread m`);
  const list = lineTexts("m").findLast((text) => text.includes(`\`${name}\` hello`)) ?? "";
  expect(list.match(/chat-[0-9a-f]{8}/g)).toHaveLength(2);
});
