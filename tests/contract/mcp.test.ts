/** The hub's MCP server, through the official client: for agents outside with a token of theirs, over HTTP and over stdio. */
import { setTimeout as pause } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import type { Scope } from "../../src/contract/tables.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";
import { until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function start(yaml = ""): Promise<InProcessHub> {
  const started = await startInProcess(yaml, { REHEARSAL_PACE_MS: "0" });
  cleanups.push(started.end);
  return started;
}

async function tokenOf(hub: InProcessHub, scopes: Scope[], name = "laptop"): Promise<string> {
  return (await hub.client.tokens.create({ name, scopes, days: 1 })).token;
}

async function connect(hub: InProcessHub, token: string): Promise<Client> {
  const client = new Client({ name: "an-agent", version: "1.0.0" });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit }));
  cleanups.push(() => client.close());
  return client;
}

const toolsOf = async (client: Client): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name).toSorted();
async function use(client: Client, name: string, args: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(JSON.stringify(result.content));
  return z.record(z.string(), z.unknown()).parse(result.structuredContent);
}
/** A person says something in the console. */
const say = ({ client }: InProcessHub, text: string, thread: string): Promise<unknown> =>
  createConsoleCalls(client, "/connectors/console").post({ text, thread, clientId: randomUUID() });
const seen = async ({ client }: InProcessHub, thread: string): Promise<string> =>
  JSON.stringify(await createConsoleCalls(client, "/connectors/console").page(thread, 50));

describe("a token", () => {
  test("has the tools of its scopes and no others; none decides, not even with all of them", async () => {
    const hub = await start();
    const tools = async (...scopes: Scope[]): Promise<string[]> => toolsOf(await connect(hub, await tokenOf(hub, scopes)));
    expect(await tools("read")).toEqual(["list_threads", "where_is"]);
    expect(await tools("chat")).toEqual(["send_message"]);
    expect(await tools("ask")).toEqual(["get_decision", "request_approval"]);
    expect(await tools("deploys")).toEqual(["announce_deploy"]);
    const all = await tools("read", "chat", "deploys", "ask", "consume", "admin");
    expect(all).toEqual(["announce_deploy", "get_decision", "list_threads", "request_approval", "send_message", "where_is"]);
  });

  test("that is wrong or revoked opens nothing", async () => {
    const hub = await start();
    await expect(connect(hub, "wrong")).rejects.toThrow(/401|not signed in/i);
    const token = await tokenOf(hub, ["read"]);
    const client = await connect(hub, token);
    const [made] = (await hub.client.tokens.list()).tokens;
    await hub.client.tokens.revoke(made?.id ?? "");
    await expect(client.listTools()).rejects.toThrow(/401|not signed in/i);
  });
});

describe("an agent outside", () => {
  test("sees where conversations live and what goes on, and how a message went", async () => {
    const hub = await start("orchestrators: { mos: { driver: rehearsal }, sentinel: { driver: rehearsal } }");
    const client = await connect(hub, await tokenOf(hub, ["read"]));
    expect(await use(client, "list_threads")).toEqual({ threads: [] });
    const listed = z.object({
      threads: z.array(z.looseObject({ conversation: z.string(), orchestrator: z.string(), to_decide: z.number() })),
    });
    let threads: z.output<typeof listed>["threads"] = [];
    const areThere = (count: number) =>
      until(`${count} are there`, async () => (threads = listed.parse(await use(client, "list_threads")).threads).length === count);
    await say(hub, "hello", "one");
    await areThere(1);
    await say(hub, "@sentinel approve red", "two");
    await areThere(2);
    expect(threads.map(({ orchestrator }) => orchestrator)).toEqual(["Sentinel", "Mos"]);
    expect(threads[1]).toMatchObject({ title: "hello", places: [{ account: "console", chat: "console", thread: "one" }] });
    const found = await use(client, "where_is", { conversation: threads[1]?.conversation });
    expect(found).toMatchObject({ conversation: { conversation: threads[1]?.conversation, title: "hello" } });
    const hops = await use(client, "where_is", { message: "last" });
    expect(hops).toMatchObject({
      trace: expect.stringMatching(/^trc_/),
      hops: expect.arrayContaining([expect.objectContaining({ step: "journalled" })]),
    });
    await expect(use(client, "where_is", { conversation: "chat-00000000" })).rejects.toThrow("There is no conversation");
  });

  test("asks for an approval, is told once people have decided, and gets the grant; of another's requests it sees nothing", async () => {
    const hub = await start();
    const client = await connect(hub, await tokenOf(hub, ["ask"]));
    const ask = { title: "Remove the old backups", tool: "execute", action: { command: ["rm", "-r", "old"] }, idempotency_key: "k1" };
    const asked = await use(client, "request_approval", ask);
    expect(asked).toMatchObject({ state: "pending" });
    expect(await use(client, "request_approval", ask)).toEqual(asked);
    const decision = use(client, "get_decision", { approval_id: asked["approval_id"], wait_ms: 20_000 });
    await hub.client.approvals.decide(String(asked["code"]), { verdict: "approve", pin: PIN });
    expect(await decision).toMatchObject({ state: "approved", grant: expect.stringMatching(/^ey/) });
    const other = await connect(hub, await tokenOf(hub, ["ask"], "another"));
    await expect(use(other, "get_decision", { approval_id: asked["approval_id"] })).rejects.toThrow("There is no approval");
  });

  test("says things in a chat or a conversation, once for each key, and announces deploys", async () => {
    const hub = await start();
    const client = await connect(hub, await tokenOf(hub, ["read", "chat", "deploys"]));
    await say(hub, "hello", "one");
    await until("it is there", async () => JSON.stringify(await use(client, "list_threads")).includes("chat-"));
    const [, name = ""] = /"conversation":"(chat-[0-9a-f]{8})"/.exec(JSON.stringify(await use(client, "list_threads"))) ?? [];
    const message = { text: "The build is done.", conversation: name, idempotency_key: "k" };
    for (let again = 0; again < 2; again += 1)
      expect(await use(client, "send_message", message)).toMatchObject({ sent: true, places: [{ thread: "one" }] });
    await use(client, "announce_deploy", { app: "shop", state: "live" });
    expect((await hub.client.deploys.list()).deploys).toMatchObject([{ app: "shop", state: "live" }]);
    await until("it is said", async () => (await seen(hub, "one")).includes(message.text));
    expect((await seen(hub, "one")).split(message.text)).toHaveLength(2);
  });
});

describe("the agent of a session", () => {
  test("sees its orchestrator's conversations, and of messages those of its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mos-hub-mcp-"));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const agent = (name: string): object => ({
      driver: "acp",
      command: [process.execPath, join(ROOT, "tests/support/agents/tells-mcp.mjs"), join(folder, name)],
    });
    const hub = await start(`mcp: { channel: true }\norchestrators: ${JSON.stringify({ mos: agent("mos"), other: agent("other") })}`);
    const told = async (name: string): Promise<string[]> => {
      const text = await readFile(join(folder, name), "utf8").catch(() => "");
      return text
        .split("\n")
        .flatMap((line) => (line === "" ? [] : [(JSON.parse(line) as Record<string, string>)["MOS_HUB_MCP_TOKEN"] ?? ""]));
    };
    await say(hub, "hello", "one");
    await until("it has its first session", async () => (await told("mos")).length === 1);
    await say(hub, "hello again", "two");
    await say(hub, "@other hello", "three");
    await until("each has its sessions", async () => (await told("mos")).length === 2 && (await told("other")).length === 1);
    const client = await connect(hub, (await told("mos"))[0] ?? "");
    expect(await toolsOf(client)).toEqual([
      "announce_deploy",
      "ask_question",
      "get_decision",
      "list_threads",
      "request_approval",
      "send_message",
      "share_canvas",
      "spend_faster",
      "where_is",
    ]);
    expect(client.getServerCapabilities()?.experimental).toBeUndefined();
    const { threads } = z.object({ threads: z.array(z.looseObject({ title: z.string() })) }).parse(await use(client, "list_threads"));
    expect(threads).toMatchObject([{ title: "hello again" }, { title: "hello", is_this_one: true }]);
    expect(await use(client, "where_is")).toMatchObject({
      conversation: { places: [{ account: "console", thread: "one" }], is_this_one: true },
    });
    await expect(use(client, "where_is", { message: "last" })).rejects.toThrow("There is no message");
    const everything = await connect(hub, await tokenOf(hub, ["read"]));
    const all = z.object({ threads: z.array(z.object({ conversation: z.string() })) }).parse(await use(everything, "list_threads"));
    await expect(use(client, "where_is", { conversation: all.threads[0]?.conversation })).rejects.toThrow("There is no conversation");
  });
});

test("spending faster is an approval like any other, asked at the highest autonomy, too; the same wish joins it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mos-hub-mcp-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "mos");
  const command = [process.execPath, join(ROOT, "tests/support/agents/tells-mcp.mjs"), file];
  const hub = await start(
    `orchestrator: ${JSON.stringify({ driver: "acp", command })}\napprovals: { autonomy_tier: 3, trust_classes_of: [orchestrator] }`,
  );
  await say(hub, "hello", "one");
  await until("it has its session", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  const { MOS_HUB_MCP_TOKEN: token } = JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  const client = await connect(hub, token ?? "");
  const wish = { window: "5h", up_to: 1, reason: "The launch is today." };
  const asked = await use(client, "spend_faster", wish);
  expect(asked).toMatchObject({ state: "pending" });
  expect(await use(client, "spend_faster", wish)).toMatchObject({ approval_id: asked["approval_id"], state: "pending" });
  expect(await hub.client.approvals.get(String(asked["code"]))).toMatchObject({
    title: "Spend the 5h budget faster than it lasts",
    class: "yellow_external",
  });
  await hub.client.approvals.decide(String(asked["code"]), { verdict: "deny", reason: "tomorrow", pin: PIN });
  const decided = await use(client, "get_decision", { approval_id: asked["approval_id"], wait_ms: 20_000 });
  expect(decided).toMatchObject({ state: "denied", reason: "tomorrow" });
});

describe("the channel", () => {
  const NOTIFICATION = z.object({
    method: z.literal("notifications/claude/channel"),
    params: z.object({ content: z.string(), meta: z.record(z.string(), z.string()) }),
  });
  type Heard = z.output<typeof NOTIFICATION>["params"];

  function listen(client: Client): Heard[] {
    const heard: Heard[] = [];
    client.fallbackNotificationHandler = async (notification) => void heard.push(NOTIFICATION.parse(notification).params);
    return heard;
  }

  test("is not there unless the configuration has it, and only for a token that may chat", async () => {
    const plain = await start();
    const silent = await connect(plain, await tokenOf(plain, ["chat"]));
    expect(silent.getServerCapabilities()?.experimental).toBeUndefined();
    const token = await tokenOf(plain, ["chat"]);
    const asked = await fetch(`${plain.url}/mcp`, { headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" } });
    expect(asked.status).toBe(405);
    const hub = await start("mcp: { channel: true }");
    expect((await connect(hub, await tokenOf(hub, ["read"]))).getServerCapabilities()?.experimental).toBeUndefined();
    expect((await connect(hub, await tokenOf(hub, ["chat"]))).getServerCapabilities()?.experimental).toEqual({ "claude/channel": {} });
  });

  test("tells an agent over stdio what people say, also after it was away; what the agent answers is said there", async () => {
    const hub = await start("mcp: { channel: true }");
    await say(hub, "before anybody listened", "one");
    const token = await tokenOf(hub, ["chat"]);
    const begin = async (): Promise<{ client: Client; heard: Heard[] }> => {
      const client = new Client({ name: "claude", version: "1.0.0" });
      const heard = listen(client);
      const args = [join(ROOT, "src/cli/mos-hub.mjs"), "mcp", "--data-dir", hub.dataDir];
      const env = { ...process.env, MOS_HUB_MCP_TOKEN: token, HOME: hub.dataDir } as Record<string, string>;
      await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
      cleanups.push(() => client.close());
      return { client, heard };
    };
    const first = await begin();
    // The channel is opened a moment after the connection; from then on nothing is missed.
    for (let count = 0; first.heard.length === 0; count += 1) {
      await say(hub, `are you there? ${count}`, "one");
      await pause(100);
    }
    await say(hub, "deploy the shop", "two");
    await until("it is heard", () => first.heard.some(({ content }) => content === "deploy the shop"));
    const said = first.heard.find(({ content }) => content === "deploy the shop");
    expect(first.heard.some(({ content }) => content.startsWith("before"))).toBe(false);
    expect(said?.meta).toMatchObject({ account: "console", chat: "console", thread: "two", person: expect.any(String) });
    for (const key of Object.keys(said?.meta ?? {})) expect(key).toMatch(/^\w+$/);
    const { account, chat, thread } = said?.meta ?? {};
    expect(await use(first.client, "send_message", { text: "On it.", account, chat, thread })).toMatchObject({ sent: true });
    await until("it is said", async () => (await seen(hub, "two")).includes("On it."));
    await first.client.close();
    await say(hub, "while you were away", "two");
    const second = await begin();
    await until("it is told", () => second.heard.some(({ content }) => content === "while you were away"));
  });
});
