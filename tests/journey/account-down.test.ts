/** One account that cannot connect, in the started program: the others run, and its admin sees why wherever they look. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const urlOf = (file: string): string => pathToFileURL(join(ROOT, file)).href;
const MODULE = `
  import { defineConnector } from "${urlOf("src/contract/connector.ts")}";
  import { HubError } from "${urlOf("src/contract/errors.ts")}";
  import { z } from "${urlOf("node_modules/zod/index.js")}";
  export default defineConnector({
    kind: "pigeon",
    summary: "Never arrives.",
    config: z.strictObject({ kind: z.string().optional() }),
    environment: [],
    factory: () => ({
      kind: "pigeon",
      send: async () => ({ delivered: false, outcome: "not_sent", error: "not connected" }),
      subscribe: () => () => {},
      start: async () => { throw new HubError("account_refused", { reason: "the ring is not known" }); },
      health: async () => ({ reachable: true, authenticated: true }),
      close: async () => {},
    }),
  });`;
const WHY = "The platform does not accept this account: the ring is not known.";

let hub: HubProcess;
beforeEach(async () => {
  hub = await createHubProcess();
  await writeFile(join(hub.dataDir, "pigeon.ts"), MODULE);
  await writeFile(join(hub.dataDir, "hub.yaml"), "accounts:\n  console: { kind: console }\n  birds: { kind: ./pigeon.ts }\n");
});
afterEach(() => hub.end());

test("is said at the start and by `health`, and the console answers", async () => {
  await hub.start({ MOS_HUB_CONFIG: join(hub.dataDir, "hub.yaml") });
  await expect.poll(hub.output).toContain(`birds is not connected: ${WHY}`);
  const health = await hub.cli("health");
  expect(health.code).not.toBe(0);
  expect(health.stdout).toContain(WHY);
  const talk = await hub.cli("chat", "--once", "hello");
  expect(talk.events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
});
