/** The agent dies in mid-answer while the hub lives: the thread hears of it, the message is delivered once more with its mark, and no third time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";

let hub: HubProcess;
beforeAll(async () => {
  hub = await createHubProcess();
  await hub.start();
});
afterAll(() => hub.end());

test("a message that stops the agent twice is not delivered a third time", async () => {
  const said = await hub.cli("chat", "--once", "crash");
  expect(said.code).toBe(1);
  expect(said.events.at(-1)).toMatchObject({ type: "turn_end", outcome: "failed" });
  const words = said.events.map(({ card }) => (card as { text?: string } | undefined)?.text ?? "").join("\n");
  expect(words).toContain("stopped unexpectedly");
  const given = await hub.prompts();
  expect(given).toHaveLength(2);
  expect(given[0]).toBe("crash");
  expect(given[1]).toMatch(/^\[delivered again /);
  expect((await hub.cli("chat", "--once", "and now?")).code).toBe(0);
});
