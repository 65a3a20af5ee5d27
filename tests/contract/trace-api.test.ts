/** A trace and its replay through the hub's port, by the id a platform gave. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { runFile } from "../../src/cli/hub-client.ts";
import { until } from "../support/hub-process.ts";
import { type InProcessHub, startInProcess } from "../support/in-process-hub.ts";

let inside: InProcessHub;
beforeAll(async () => void (inside = await startInProcess("limits: { requests_per_second: 100000 }")));
afterAll(() => inside.end());

test("hops, rows and what was set aside", async () => {
  const { token } = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8")));
  const client = createClient({ where: async () => ({ url: inside.url, token }) });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ text: "hello", clientId: "trace-test-0000" });
  await fetch(`${inside.url}/connectors/console/messages`, { method: "POST", headers, body });
  await until("something was answered", async () => ((await client.replay("last").catch(() => undefined))?.outbox.length ?? 0) > 0);
  const replay = await client.replay("last");
  expect(JSON.stringify(replay.inbox)).toContain("hello");
  const { trace, hops } = await client.trace(String(replay.inbox[0]?.id));
  expect([trace, hops[0]?.step]).toEqual([replay.trace, "journalled"]);
  await expect(client.trace("nothing-has-this")).rejects.toMatchObject({ code: "not_found" });
  expect(await client.inbox.setAside()).toEqual({ messages: [] });
});
