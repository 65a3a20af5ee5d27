/** The stdio bridge to the hub's MCP server, as a process of its own between two pipes. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/driver-bench.ts";
import { type McpStandIn, startMcpStandIn } from "../support/mcp-stand-in.ts";

const BRIDGE = fileURLToPath(new URL("../../src/api/mcp-bridge.mjs", import.meta.url));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

function startBridge(url: string, token: string) {
  const bridge = spawn(process.execPath, [BRIDGE], {
    env: { MOS_HUB_MCP_URL: url, MOS_HUB_MCP_TOKEN: token },
    stdio: ["pipe", "pipe", "inherit"],
  });
  cleanups.push(() => bridge.kill("SIGKILL"));
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: bridge.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  return {
    bridge,
    lines,
    send: (message: object) => bridge.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`),
    answer: (id: unknown) => eventually(() => lines.find((line) => line["id"] === id), `the answer ${String(id)}`),
  };
}

async function startHub(style: "json" | "stream"): Promise<McpStandIn> {
  const hub = await startMcpStandIn(style);
  cleanups.push(hub.close);
  return hub;
}

const hello = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

describe.each(["json", "stream"] as const)("with answers as %s", (style) => {
  test("carries calls both ways, with what it learnt from the first answer", async () => {
    const hub = await startHub(style);
    const { send, answer, bridge } = startBridge(hub.url, hub.token);
    // All at once: nothing may overtake the first answer.
    send(hello);
    send({ method: "notifications/initialized" });
    send({ id: "a", method: "tools/call", params: { name: "share_canvas", arguments: { title: "ü" } } });
    send({ id: 2, method: "tools/call", params: { name: "no_such_tool", arguments: {} } });
    expect(await answer(0)).toMatchObject({ result: { protocolVersion: "2025-06-18" } });
    expect(await answer("a")).toMatchObject({ result: { structuredContent: { canvas_id: "cnv_1" } } });
    expect(await answer(2)).toMatchObject({ result: { isError: true } });
    expect(hub.calls).toContainEqual({ tool: "share_canvas", args: { title: "ü" } });
    expect(hub.faults).toEqual([]);
    bridge.stdin.end();
    expect(await new Promise((resolve) => bridge.once("exit", resolve))).toBe(0);
  });
});

test("every request gets an answer: a refused token, no hub, no JSON", async () => {
  const hub = await startHub("json");
  const refused = startBridge(hub.url, "wrong");
  refused.send(hello);
  expect(await refused.answer(0)).toMatchObject({ error: { code: -32000, message: expect.stringContaining("401") } });

  await hub.close();
  const alone = startBridge(hub.url, hub.token);
  alone.send({ id: 5, method: "tools/list" });
  expect(await alone.answer(5)).toMatchObject({ error: { message: expect.stringContaining("could not be reached") } });
  alone.bridge.stdin.write("not json\n");
  expect(await alone.answer(null)).toMatchObject({ error: { code: -32700 } });
  expect(JSON.stringify(alone.lines)).not.toContain(hub.token);
});
