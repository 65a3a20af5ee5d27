/** What an agent prints is anybody's guess: a hundred thousand lines that are wrong in every way, through everything that reads them. */
import { PassThrough } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { AgentProcess } from "../../src/orchestrators/acp/agent-process.ts";
import { createAsks } from "../../src/orchestrators/acp/asks.ts";
import { createConnection } from "../../src/orchestrators/acp/connection.ts";
import { createEventQueues } from "../../src/orchestrators/acp/event-queues.ts";
import { processLink } from "../../src/orchestrators/acp/link.ts";
import { createListener } from "../../src/orchestrators/acp/listener.ts";
import { createSessionTable } from "../../src/orchestrators/acp/session-table.ts";
import { key } from "../support/driver-bench.ts";
import { createRandom, type Random } from "../support/random.ts";

const LINES = Number(process.env["FUZZ_LINES"] ?? 100_000);
const GROWTH_BYTES = 64 * 1024 * 1024;
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

const VALID = [
  {
    method: "session/update",
    params: { sessionId: "a", update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "hello" } } },
  },
  {
    method: "session/update",
    params: {
      sessionId: "a",
      update: {
        sessionUpdate: "tool_call",
        toolCallId: "t",
        title: "x",
        status: "pending",
        content: [{ type: "content", content: { type: "image", data: "AAAA", mimeType: "image/png" } }],
      },
    },
  },
  {
    method: "session/update",
    params: { sessionId: "a", update: { sessionUpdate: "plan", entries: [{ content: "one", status: "pending", priority: "high" }] } },
  },
  {
    method: "session/update",
    params: {
      sessionId: "a",
      update: { sessionUpdate: "subagent_update", sessionId: "child", state: { state: "running", usage: { inputTokens: 1 } } },
    },
  },
  {
    method: "session/update",
    params: {
      sessionId: "a",
      update: {
        sessionUpdate: "config_option_update",
        configOptions: [{ id: "m", type: "select", currentValue: "x", options: [{ value: "x", name: "X" }] }],
      },
    },
  },
  { method: "session/update", params: { sessionId: "a", update: { sessionUpdate: "notice", severity: "warning", title: "careful" } } },
  {
    id: 1,
    method: "session/request_permission",
    params: {
      sessionId: "a",
      toolCall: { toolCallId: "t", rawInput: { path: "/" } },
      options: [{ optionId: "o", name: "Once", kind: "allow_once" }],
    },
  },
  {
    id: "2",
    method: "elicitation/create",
    params: { sessionId: "a", mode: "form", message: "m", requestedSchema: { type: "object", properties: { n: { type: "integer" } } } },
  },
  {
    id: 3,
    method: "elicitation/create",
    params: { sessionId: "a", mode: "url", message: "m", url: "https://x.example.internal", elicitationId: "e" },
  },
  { method: "elicitation/complete", params: { elicitationId: "e" } },
  { method: "$/cancel_request", params: { requestId: 1 } },
  { id: 4, method: "fs/read_text_file", params: { sessionId: "a", path: "/etc/passwd" } },
  { id: 7, result: { stopReason: "end_turn" } },
  { id: 8, error: { code: -32603, message: "no" } },
].map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }));

const NASTY = [
  "null", "[]", "{}", '""', "-1", "1e999", "true", "9007199254740993", '"\\ud800"', '"__proto__"', '{"__proto__":{"x":1}}', '"a\\u0000b"',
  `"${"x".repeat(3000)}"`, `${"[".repeat(5000)}${"]".repeat(5000)}`, `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`,
]; // prettier-ignore

/** One line that is wrong in some way, or in a few cases right. */
function line(random: Random): Buffer {
  const valid = random.pick(VALID);
  switch (random.below(8)) {
    case 0:
      return Buffer.from(valid.slice(0, random.below(valid.length)));
    case 1:
      return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
    case 2:
      return Buffer.from(random.pick(NASTY));
    case 3: {
      const bytes = Buffer.from(valid);
      for (let flips = 1 + random.below(4); flips > 0; flips -= 1) bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    }
    case 4:
      return Buffer.from(`${valid}${random.pick(VALID)}`);
    case 5:
      return Buffer.from(valid.replaceAll(/"(?:a|t|1|child|e|m)"/g, () => `"${random.letters(8, "abcdefgh")}"`));
    default:
      return Buffer.from(replacedValue(valid, random));
  }
}

/** Some value anywhere in it becomes another one. */
function replacedValue(text: string, random: Random): string {
  const values = [...text.matchAll(/(?<=:)(?:"[^"]*"|-?\d+|\{|\[)/g)];
  const at = random.pick(values);
  const end = at.index + at[0].length;
  return /[{[]/.test(at[0])
    ? `${text.slice(0, at.index)}${random.pick(NASTY)}}`
    : `${text.slice(0, at.index)}${random.pick(NASTY)}${text.slice(end)}`;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test(`${LINES} malformed lines end nothing, stop nothing and are not kept (seed ${seed})`, { timeout: 120_000 }, async () => {
  const random = createRandom(seed);
  const stdout = new PassThrough();
  const link = processLink({
    pid: 1,
    stdout,
    write: async () => {},
    ended: new Promise(() => {}),
    lastWords: () => "",
    end: async () => {},
  } satisfies AgentProcess);
  const sessions = createSessionTable();
  const session = sessions.ensure(key("a"), undefined);
  sessions.bind(session, "a", "life");
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const queues = createEventQueues(log);
  let events = 0;
  queues.onEvent(async () => void (events += 1));
  const asks = createAsks(() => {});
  const emit = (_session: unknown, event: Parameters<typeof queues.push>[0]["event"]): void => queues.push({ session: key("a"), event });
  const listener = createListener({ sessions, asks, queues, emit, offer: () => {}, host: [], answerChars: 1_000_000, onTooLong: () => {} })(
    "life",
  );
  let rubbish = 0;
  const connection = createConnection({ link, listener, clock: systemClock, onRubbish: () => void (rubbish += 1) });

  const before = heldBytes();
  for (let sent = 0; sent < LINES; sent += 1) {
    if (!stdout.write(Buffer.concat([line(random), Buffer.from("\n")]))) await new Promise((resolve) => stdout.once("drain", resolve));
  }
  // It still hears, and answers what is asked.
  const after = `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"a","update":{"sessionUpdate":"notice","severity":"error","title":"still here"}}}\n`;
  const heard = new Promise<void>((resolve) =>
    queues.onEvent(async ({ event }) => void (event.type === "notice" && event.text === "still here" && resolve())),
  );
  stdout.write(after);
  await heard;

  expect(rubbish).toBeGreaterThan(LINES / 4);
  expect(events).toBeGreaterThan(LINES / 200);
  expect(asks.waiting(key("a"))).toBeLessThanOrEqual(50);
  expect(heldBytes() - before).toBeLessThan(GROWTH_BYTES);
  connection.close();
});
