import { afterEach, expect, test } from "vitest";
import { askHealth } from "../../src/health.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { notSent } from "../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const chatHealth = async () => {
  const { clock, chat, life } = bench;
  chat.health = async () => ({ reachable: true, authenticated: true, facts: { transport: "connected" } });
  const parts = {
    clock,
    store: { ...life().journal.store, check: async () => {} },
    connectors: new Map([["chat", chat]]),
    drivers: new Map<string, never>(),
  };
  const { connectors } = await askHealth({ ...parts, aliasOf: () => "Mos", downBecause: () => undefined, redact: (text) => text });
  return connectors[0]?.facts;
};

test("an account's facts have what the journal knows: the last message, the last receipt, and how long the platform holds it", async () => {
  bench = await createHubBench();
  expect(await chatHealth()).toEqual({ transport: "connected" });
  await bench.say("!help");
  const at = bench.clock.now();
  expect(await chatHealth()).toEqual({ transport: "connected", lastInboundAt: at, lastReceiptAt: at });
  bench.chat.script = () => notSent({ do: "retry_after", ms: 60_000, scope: "account" });
  await bench.say("!help");
  expect((await chatHealth())?.pacedUntil).toBe(bench.clock.now() + 60_000);
  await bench.clock.tick(60_000);
  expect((await chatHealth())?.pacedUntil).not.toBe(at + 60_000);
});
