/** Every word of the rehearsal, played by its real process against a real HTTP stand-in of the hub's MCP server. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { client, type McpServer, methods, ndJsonStream } from "@agentclientprotocol/sdk/unstable";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Bench, createBenches, key } from "../support/driver-bench.ts";
import { type McpStandIn, startMcpStandIn } from "../support/mcp-stand-in.ts";

const AGENT = fileURLToPath(new URL("../../src/orchestrators/rehearsal/agent/main.ts", import.meta.url));
const benches = createBenches();
let hub: McpStandIn;
let bench: Bench;
let session = "";
let count = 0;

beforeAll(async () => {
  hub = await startMcpStandIn("stream");
  bench = await benches.make({ driver: "rehearsal", pace_ms: 1 }, { mcp: () => ({ url: hub.url, token: hub.token }) });
});
afterEach(() => {
  expect(hub.faults).toEqual([]);
  hub.calls.splice(0);
});
afterAll(async () => {
  await benches.clear();
  await hub.close();
});

/** In a session of its own. */
function say(text: string): Promise<string> {
  session = `s${++count}`;
  return bench.talk(session, text);
}

const ledger = (): Record<string, unknown>[] =>
  readFileSync(join(bench.dir, "agents", "rehearsal-ledger.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const states = (): unknown[] => hub.calls.map(({ args }) => args["state"]);

test("says in its first answer what it is, and no more after that", async () => {
  expect(await say("hello")).toMatch(/^\*Rehearsal: .*\n\nEcho: hello$/);
  expect(await bench.talk(session, "hello again")).toBe("Echo: hello again");
});

test("help names every word, and that this is a rehearsal", async () => {
  await say("hi");
  const text = await bench.talk(session, "help");
  expect(text).toContain("rehearsal");
  for (const word of [
    "stream",
    "tools",
    "plan",
    "team",
    "ask",
    "permission",
    "approve CLASS",
    "deploy APP [fail]",
    "canvas",
    "slow SECONDS",
    "crash",
    "landing page",
    "go live",
    "add payments",
    "use my domain",
  ]) {
    expect(text).toContain(word);
  }
});

test("keeps a ledger: each prompt once, before its answer, and how it ended", async () => {
  const before = ledger().length;
  await say("note this");
  await bench.talk(session, "and this");
  const { agentSessionId } = await bench.open(session);
  expect(ledger().slice(before)).toMatchObject([
    { event: "prompt", agentSessionId, promptIndex: 1, text: "note this", pid: expect.any(Number), at: expect.any(String) },
    { event: "finished", agentSessionId, promptIndex: 1 },
    { event: "prompt", agentSessionId, promptIndex: 2, text: "and this" },
    { event: "finished", agentSessionId, promptIndex: 2 },
  ]);
});

test("stream gives the answer in about forty pieces", async () => {
  const slower = await benches.make({ driver: "rehearsal", pace_ms: 10 });
  await slower.talk("a", "stream");
  expect(slower.of("a").filter(({ type }) => type === "text_delta").length).toBeGreaterThan(30);
  expect(slower.text("a")).toContain("```ts\nconst answer = await orchestrator.deliver(turn);\n```");
});

test("tools, plan and team are reported as steps", async () => {
  await say("tools");
  expect(bench.of(session).flatMap((event) => (event.type === "tool" ? [`${event.id} ${event.state}`] : []))).toEqual([
    "read pending",
    "read running",
    "read done",
    "edit pending",
    "edit running",
    "edit done",
  ]);
  await say("plan");
  const plans = bench.of(session).flatMap((event) => (event.type === "plan" ? [event.steps.map(({ state }) => state).join()] : []));
  expect(plans).toEqual(["running,pending,pending", "done,running,pending", "done,done,running", "done,done,done"]);
  await say("team");
  const team = bench.of(session).flatMap((event) => (event.type === "subagent" ? [`${event.title ?? ""} ${event.state ?? ""}`] : []));
  expect(team).toEqual(["Archon running", " done", "Prism running", " done", "Forge running", " done"]);
});

test("ask shows a form and repeats the answer", async () => {
  session = `s${++count}`;
  await bench.open(session);
  await bench.deliver(session, "ask");
  const { ask, handle } = await bench.until(session, "question");
  expect(ask.fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["coffee text", "size choice", "cups number", "takeaway boolean"]);
  await bench.driver.answer({ type: "question", handle, values: { coffee: "Mocha", size: "large", cups: 2, takeaway: false } });
  await bench.until(session, "turn_end");
  expect(bench.text(session)).toContain("You answered coffee: Mocha, size: large, cups: 2, takeaway: false.");
});

test("ask goes through the hub where the client has no forms", async () => {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-rehearsal-"));
  const agent = spawn(process.execPath, [AGENT], {
    env: { REHEARSAL_LEDGER: join(dir, "l.jsonl"), REHEARSAL_PACE_MS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said: string[] = [];
  await client({ name: "no-forms" })
    .onNotification(methods.client.session.update, ({ params: { update } }) => {
      if (update.sessionUpdate === "agent_message_chunk" && update.content.type === "text") said.push(update.content.text);
    })
    .connectWith(ndJsonStream(Writable.toWeb(agent.stdin), Readable.toWeb(agent.stdout)), async (connection) => {
      await connection.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: {} });
      const headers = [{ name: "Authorization", value: `Bearer ${hub.token}` }];
      const server: McpServer = { type: "http", name: "mos-hub", url: hub.url, headers };
      const { sessionId } = await connection.request(methods.agent.session.new, { cwd: dir, mcpServers: [server] });
      hub.answers.push({ coffee: "Latte" });
      await connection.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: "text", text: "ask" }] });
    });
  agent.kill();
  expect(said.join("")).toContain("You answered coffee: Latte.");
  expect(hub.calls[0]).toMatchObject({ tool: "ask_question", args: { text: "What should the coffee of the week be?" } });
});

test.each([
  [true, "I was allowed to, once."],
  [false, "I was not allowed to."],
])("permission decided %s", async (approved, words) => {
  session = `s${++count}`;
  await bench.open(session);
  await bench.deliver(session, "permission");
  const { ask, handle } = await bench.until(session, "approval_request");
  expect(ask).toMatchObject({ title: "Empty the build folder", tool: "execute", action: { input: { command: "rm -rf build" } } });
  await bench.driver.answer({ type: "approval", handle, approved });
  await bench.until(session, "turn_end");
  expect(bench.text(session)).toContain(words);
});

describe("approve CLASS", () => {
  test("waits until somebody has decided, however often it must ask", async () => {
    hub.decisions.push(undefined, undefined, { state: "approved", decided_by: "Ann" });
    const text = await say("approve red");
    expect(text).toContain("(K7Q-M2X)");
    expect(text).toContain("It was approved by Ann.");
    expect(hub.calls.map(({ tool }) => tool)).toEqual(["request_approval", "get_decision", "get_decision", "get_decision"]);
    expect(hub.calls[0]?.args).toMatchObject({ class: "red", tool: "rehearsal", title: "A rehearsed action of class red" });
  });

  test("says why it was denied", async () => {
    hub.decisions.push({ state: "denied", reason: "not today" });
    expect(await say("approve yellow_external")).toContain("It was denied: not today.");
  });

  test("knows which classes there are", async () => {
    expect(await say("approve everything")).toContain('There is no class "everything"');
    expect(hub.calls).toEqual([]);
  });

  test("can be stopped while it waits", async () => {
    session = `s${++count}`;
    await bench.open(session);
    await bench.deliver(session, "approve red");
    await bench.until(session, "text_delta", ({ text }) => text.includes("wait for the decision"));
    await bench.driver.cancel(key(session));
    expect(await bench.until(session, "turn_end")).toMatchObject({ outcome: "stopped" });
    expect(ledger().at(-1)).toMatchObject({ event: "cancelled" });
  });
});

test("deploy goes from queued to live as one deploy", async () => {
  expect(await say("deploy Shop-2")).toContain("https://shop-2.koompi.cloud");
  expect(states()).toEqual(["queued", "building", "deploying", "live"]);
  expect(new Set(hub.calls.slice(1).map(({ args }) => args["deploy_id"])).size).toBe(1);
  expect(hub.calls[3]?.args).toMatchObject({ app: "shop-2", environment: "production", urls: { live: "https://shop-2.koompi.cloud" } });
});

test("deploy APP fail ends with the tail of the log", async () => {
  expect(await say("deploy shop fail")).toContain("failed");
  expect(states()).toEqual(["queued", "building", "failed"]);
  expect(hub.calls[2]?.args["failure_tail"]).toContain("exit code 2");
});

test("canvas shares a page", async () => {
  await say("canvas");
  expect(hub.calls).toMatchObject([{ tool: "share_canvas", args: { kind: "page", url: expect.stringMatching(/^https:/) } }]);
});

test("slow ticks and can be stopped", async () => {
  expect(await say("slow 1")).toContain("1 s\nDone.");
});

test("the coffee shop, from the page to its own domain", async () => {
  const page = await say("Build me a landing page for my coffee shop");
  expect(page).toContain("https://coffee-shop.koompi.cloud");
  expect(states()).toEqual(["queued", "building", "live"]);
  expect(hub.calls[2]?.args).toMatchObject({ app: "coffee-shop", urls: { live: "https://coffee-shop.koompi.cloud" } });
  expect(bench.of(session).flatMap((event) => (event.type === "subagent" && event.title ? [event.title] : []))).toEqual([
    "Archon",
    "Prism",
    "Forge",
  ]);
  expect(bench.of(session).some(({ type }) => type === "plan")).toBe(true);

  hub.calls.splice(0);
  hub.decisions.push({ state: "denied", reason: "the menu is old" });
  expect(await bench.talk(session, "go live")).toContain("Not published: denied: the menu is old.");
  expect(hub.calls.some(({ tool }) => tool === "announce_deploy")).toBe(false);

  hub.calls.splice(0);
  hub.decisions.push({ state: "approved", decided_by: "Ann" });
  expect(await bench.talk(session, "Go live!")).toContain("It is live: https://coffee-shop.koompi.cloud");
  expect(hub.calls[0]?.args).toMatchObject({ class: "yellow_external" });
  expect(states().filter(Boolean)).toEqual(["queued", "building", "deploying", "live"]);

  hub.calls.splice(0);
  expect(await bench.talk(session, "add payments")).toContain("Payments are set up.");
  expect(hub.calls.map(({ args }) => args["setup"])).toMatchObject([
    { kind: "payments", name: "Baray", state: "started" },
    { state: "credential", url: expect.stringMatching(/^https:/) },
    { state: "done" },
  ]);

  for (const [words, name] of [
    ["use my domain", "mycoffeeshop.com"],
    ["use beans.example.com", "beans.example.com"],
  ] as const) {
    hub.calls.splice(0);
    hub.decisions.push({ state: "approved", decided_by: "Ann" });
    expect(await bench.talk(session, words)).toContain(`https://${name} (rehearsed: nothing is there)`);
    const told = hub.calls.filter(({ tool }) => tool === "announce_deploy");
    expect(told.map(({ args }) => args["domain"])).toMatchObject([
      { name, state: "records" },
      { name, state: "certificate" },
      { name, state: "live" },
    ]);
  }
  hub.decisions.push({ state: "approved", decided_by: "Ann" });
  expect(await bench.talk(session, "go live")).toContain("It is live: https://beans.example.com");
});

test("a domain needs an approval, and its card is one of its own conversation", async () => {
  hub.decisions.push({ state: "denied", reason: "not ours" });
  expect(await say("use my domain")).toContain("Not connected: denied: not ours.");
  expect(hub.calls.some(({ tool }) => tool === "announce_deploy")).toBe(false);

  const ids: unknown[] = [];
  for (const other of [session, `${session}-other`]) {
    hub.calls.splice(0);
    hub.decisions.push({ state: "approved", decided_by: "Ann" });
    expect(await bench.talk(other, "use my domain")).toContain("on the deploy card of this conversation");
    ids.push(hub.calls.find(({ tool }) => tool === "announce_deploy")?.args["deploy_id"]);
  }
  expect(ids).toEqual([expect.stringMatching(/^shop-/), expect.stringMatching(/^shop-/)]);
  expect(ids[0]).not.toBe(ids[1]);
});

test("without a server of the hub it says so", async () => {
  const alone = await benches.make({ driver: "rehearsal", pace_ms: 0 });
  expect(await alone.talk("a", "canvas")).toContain("I was handed no MCP server of the hub");
});

test("a hub that refuses its token is told of in the answer, not as a crash", async () => {
  const refused = await benches.make({ driver: "rehearsal", pace_ms: 0 }, { mcp: () => ({ url: hub.url, token: "old" }) });
  expect(await refused.talk("a", "canvas")).toContain("That did not work: the hub answered with status 401");
});
