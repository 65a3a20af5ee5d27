/** The console's main thread over the started program: it is where everything lies that names no thread, and the same place by either name. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const PIN = "739215";
const CONSOLE = { account: "console", chat: "console" };

let hub: HubProcess;
beforeAll(async () => {
  hub = await createHubProcess({ MOS_HUB_PIN: PIN });
  const file = join(hub.dataDir, "hub.yaml");
  const approvals = { policies: [{ name: "console-hears", when: {}, chats: [CONSOLE, { ...CONSOLE, thread: "ops" }] }] };
  const accounts = { console: { kind: "console" } };
  await writeFile(file, stringify({ orchestrator: { driver: "rehearsal", alias: "Mos" }, accounts, approvals }));
  await hub.start({ MOS_HUB_CONFIG: file });
});
afterAll(() => hub?.end());

async function cardsIn(thread: string, type: string): Promise<number> {
  const { url, token } = await hub.address();
  const answer = await fetch(`${url}/connectors/console/threads/${thread}`, { headers: { authorization: `Bearer ${token}` } });
  const { messages = [] } = (await answer.json()) as { messages?: readonly { readonly card?: { readonly type: string } | null }[] };
  return messages.filter(({ card }) => card?.type === type).length;
}

test("a request asked there is shown there once, though a policy names the console without a thread", async () => {
  const asking = hub.cli("chat", "--once", "approve red");
  await until(`it is asked in both threads; ${hub.output()}`, async () => {
    const [ops, main] = [await cardsIn("ops", "approval"), await cardsIn("main", "approval")];
    return ops > 0 && main > 0;
  });
  expect(await cardsIn("main", "approval")).toBe(1);
  const { events } = await hub.cli("approvals", "list");
  const code = /[A-Z2-9]{3}-[A-Z2-9]{3}/.exec(JSON.stringify(events))?.[0] ?? "";
  expect((await hub.cli("approvals", "approve", code, "--pin", PIN)).code).toBe(0);
  expect((await asking).code).toBe(0);
  expect(await cardsIn("main", "approval")).toBe(1);
});
