/**
 * The hub's MCP server for agents that take MCP over stdio only: one JSON-RPC message a line in, each posted to the hub, its answers a line each out.
 * It depends on nothing but Node and keeps nothing; the address and the token come from the environment the hub gave the agent for it.
 * A message that cannot be brought to the hub is answered with a JSON-RPC error, so that no agent waits for ever.
 */
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const { MOS_HUB_MCP_URL = "", MOS_HUB_MCP_TOKEN = "" } = process.env;
/** The hub answers a tool within 30 s. */
const ANSWER_WITHIN_MS = 60_000;
/** JSON-RPC: an error of the server's own. */
const UNREACHABLE = -32000;

/** A channel that is silent for longer than this is dead: the hub sends a sign of life every 15 s. */
const CHANNEL_SILENT_MS = 60_000;
const RECONNECT_MS = 1000;

/** Learnt from the first answers and sent with everything after. */
const learnt = { protocolVersion: undefined, sessionId: undefined, hasChannel: false };

const write = (text) => process.stdout.write(`${text}\n`);

function learn(response, message, answer) {
  const sessionId = response.headers["mcp-session-id"];
  if (typeof sessionId === "string") learnt.sessionId = sessionId;
  if (message.method === "initialize" && typeof answer?.result?.protocolVersion === "string") {
    learnt.protocolVersion = answer.result.protocolVersion;
    learnt.hasChannel = answer.result.capabilities?.experimental?.["claude/channel"] !== undefined;
  }
}

/** Writes one answer as one line; what is no JSON is not passed on. */
function pass(response, message, text) {
  const answer = JSON.parse(text);
  learn(response, message, answer);
  write(JSON.stringify(answer));
}

async function readAnswer(response, message) {
  if (String(response.headers["content-type"]).startsWith("text/event-stream")) return readEvents(response, message);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  if (text.trim() !== "") pass(response, message, text);
}

async function readEvents(response, message) {
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const events = (rest + chunk).split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = [...event.matchAll(/^data: ?(.*)$/gm)].map((line) => line[1]).join("\n");
      if (data !== "") pass(response, message, data);
    }
  }
}

function headersOf(accept) {
  return {
    accept,
    authorization: `Bearer ${MOS_HUB_MCP_TOKEN}`,
    ...(learnt.protocolVersion && { "mcp-protocol-version": learnt.protocolVersion }),
    ...(learnt.sessionId && { "mcp-session-id": learnt.sessionId }),
  };
}

function call(options, body) {
  const url = new URL(MOS_HUB_MCP_URL);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? https : http).request(url, options);
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.on("response", resolve);
    request.end(body);
  });
}

function post(message) {
  const headers = { "content-type": "application/json", ...headersOf("application/json, text/event-stream") };
  return call({ method: "POST", headers, timeout: ANSWER_WITHIN_MS }, JSON.stringify(message));
}

/** What the hub says unasked, for as long as the agent lives; opened again after a break. */
async function followChannel(signal) {
  while (!signal.aborted) {
    try {
      const response = await call({ method: "GET", headers: headersOf("text/event-stream"), timeout: CHANNEL_SILENT_MS, signal });
      if (response.statusCode !== 200) response.resume();
      else await readEvents(response, {});
    } catch {
      // The hub is away: it is asked again.
    }
    await pause(RECONNECT_MS, undefined, { signal }).catch(() => {});
  }
}

async function bring(message) {
  try {
    const response = await post(message);
    const isJson = /json|event-stream/.test(String(response.headers["content-type"]));
    if (response.statusCode >= 400 && !isJson) {
      response.resume();
      throw new Error(`it answered ${response.statusCode}`);
    }
    await readAnswer(response, message);
  } catch (error) {
    if (message.id === undefined) return;
    const reason = error instanceof Error ? error.message : "unknown";
    write(
      JSON.stringify({ jsonrpc: "2.0", id: message.id, error: { code: UNREACHABLE, message: `the hub could not be reached: ${reason}` } }),
    );
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    write(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "that line is not JSON" } }));
    return undefined;
  }
}

const underWay = new Set();
const over = new AbortController();
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const message = line.trim() === "" ? undefined : parse(line);
  if (message === undefined) continue;
  const brought = bring(message).finally(() => underWay.delete(brought));
  underWay.add(brought);
  // Everything after the first message needs what its answer teaches.
  if (message.method === "initialize") await brought;
  if (message.method === "notifications/initialized" && learnt.hasChannel) void followChannel(over.signal);
}
over.abort();
await Promise.all(underWay);
