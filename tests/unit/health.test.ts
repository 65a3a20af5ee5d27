import { afterEach, describe, expect, test } from "vitest";
import type { ConnectorHealth } from "../../src/contract/connector.ts";
import type { DriverHealth, OrchestratorDriver } from "../../src/contract/orchestrator.ts";
import { askHealth, type HealthReport } from "../../src/health.ts";
import { healthLines } from "../../src/health-words.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { notSent } from "../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const WELL: ConnectorHealth = { reachable: true, authenticated: true, facts: { transport: "connected" } };

interface Asking {
  readonly health?: ConnectorHealth;
  readonly driver?: Partial<OrchestratorDriver>;
  readonly check?: () => Promise<void>;
}

async function ask({ health = WELL, driver, check = async () => {} }: Asking = {}): Promise<HealthReport> {
  const { clock, chat, agent, life } = bench;
  chat.health = async () => health;
  return askHealth({
    clock,
    store: { ...life().journal.store, place: "hub.db", check },
    connectors: new Map([["chat", chat]]),
    drivers: new Map([["mos", { ...agent, ...driver }]]),
    aliasOf: () => "Mos",
    hub: life().hub,
    redact: (text) => text.replaceAll("hunter2", "[redacted]"),
  });
}

const chatOf = (report: HealthReport) => report.connectors[0];
const lineOf = (report: HealthReport, name: string) => healthLines(report).find((line) => line.name === name)?.detail;
const answering = (health: DriverHealth) => ({ health: async () => health });

describe("an account", () => {
  test("has what its connector says and what the journal knows: the last message and the last receipt", async () => {
    bench = await createHubBench();
    expect(chatOf(await ask())?.facts).toEqual({ transport: "connected" });
    await bench.say("!help");
    const at = bench.clock.now();
    expect(chatOf(await ask())?.facts).toEqual({ transport: "connected", lastInboundAt: at, lastReceiptAt: at });
    const { facts: _, ...silent } = WELL;
    expect(chatOf(await ask({ health: silent }))?.facts).toEqual({ lastInboundAt: at, lastReceiptAt: at });
  });

  test("is healthy however quiet its chats are", async () => {
    bench = await createHubBench();
    await bench.say("!help");
    await bench.clock.tick(2 * 3_600_000);
    const report = await ask();
    expect([report.ready, report.reasons]).toEqual([true, []]);
    expect(lineOf(report, "chat")).toBe("connected; heard 2 h ago; sent 2 h ago");
  });

  test("says what the platform holds, where it said so and for how long, and is healthy; over a restart, too", async () => {
    bench = await createHubBench();
    bench.chat.script = () => notSent({ do: "retry_after", ms: 60_000, scope: "account" });
    await bench.say("!help");
    const until = bench.clock.now() + 60_000;
    expect(chatOf(await ask())).toMatchObject({
      ok: true,
      facts: { pacedUntil: until },
      held: [{ scope: "account", chat: "home", until }],
    });
    await bench.restart();
    await bench.clock.tick(15_000);
    const report = await ask();
    expect([report.ready, chatOf(report)?.held]).toEqual([true, [{ scope: "account", chat: "home", until }]]);
    expect(lineOf(report, "chat")).toMatch(/; asked by the platform to wait 45 s more, after a call in home$/);
    bench.chat.script = () => ({ delivered: true });
    await bench.clock.tick(60_000);
    expect(chatOf(await ask())).toMatchObject({ ok: true, held: [] });
  });

  test("says what the platform holds of single chats, the longest first", async () => {
    bench = await createHubBench();
    const waits: Record<string, number> = { home: 30_000, "chat-2": 90_000 };
    bench.chat.script = ({ chatId = "home" }) => notSent({ do: "retry_after", ms: waits[chatId] ?? 0, scope: "chat" });
    await bench.say("!help");
    expect(lineOf(await ask(), "chat")).toMatch(/; asked to wait 30 s more in home$/);
    await bench.say("!help", "t2", { chatId: "chat-2" });
    const report = await ask();
    expect(chatOf(report)?.held.map(({ scope, chat }) => `${scope} ${chat}`)).toEqual(["chat chat-2", "chat home"]);
    expect(lineOf(report, "chat")).toMatch(/; asked to wait in 2 chats, the longest 1 min more$/);
  });
});

describe("an orchestrator", () => {
  test("may take as long as it asks for, and says what that is and when it last answered", async () => {
    bench = await createHubBench();
    const lastAnswerAt = bench.clock.now();
    await bench.clock.tick(120_000);
    const report = await ask({ driver: { healthWithinMs: 8000, ...answering({ answered: true, lastAnswerAt }) } });
    expect(report.orchestrators[0]).toMatchObject({ answered: true, withinMs: 8000, tookMs: 0, lastAnswerAt });
    expect(lineOf(report, "Mos")).toBe("answers within 8 s; last answer 2 min ago");
  });

  test("that does not answer in its time is why the hub is not ready", async () => {
    bench = await createHubBench();
    const asked = ask({ driver: { healthWithinMs: 8000, health: () => new Promise(() => {}) } });
    await bench.clock.tick(7900);
    await bench.clock.tick(1000);
    const report = await asked;
    expect([report.ready, report.reasons]).toEqual([false, ["Mos does not answer"]]);
    expect(lineOf(report, "Mos")).toBe("did not answer in time");
  });
});

test("readiness gives its reasons, all at once and without what others said", async () => {
  bench = await createHubBench();
  const health = { reachable: false, authenticated: false, detail: "the token hunter2 was revoked" };
  const check = () => Promise.reject(new Error("disk"));
  const report = await ask({ health, check, driver: answering({ answered: false, detail: "it crashed" }) });
  expect(report.reasons).toEqual(["the journal cannot be read and written", "account chat is down", "Mos does not answer"]);
  expect(chatOf(report)?.detail).toBe("the token [redacted] was revoked");
  await bench.life().hub.stop();
  const last = await ask();
  expect([last.ready, last.phase, last.reasons]).toEqual([false, "stopping", ["the hub is stopping"]]);
  expect(lineOf(last, "hub")).toBe("stopping");
});

test("a hub is starting for ten seconds at most, and not ready until its accounts are connected", async () => {
  let connect = (): void => {};
  bench = await createHubBench({ others: {} });
  const { hub } = bench.life();
  expect(hub.phase()).toBe("running");
  const slow = new Promise<void>((resolve) => (connect = resolve));
  bench.chat.start = () => slow;
  const restarted = bench.restart();
  const before = hub;
  await expect.poll(() => bench.life().hub !== before).toBe(true);
  expect(bench.life().hub.phase()).toBe("starting");
  expect((await ask()).reasons).toEqual(["the hub is starting", "account chat is down"]);
  await bench.clock.tick(10_000);
  await restarted;
  expect(bench.life().hub.phase()).toBe("running");
  const slowly = await ask();
  expect([slowly.reasons, slowly.connectors[0]?.detail]).toEqual([["account chat is down"], "is being connected"]);
  connect();
  await expect.poll(async () => (await ask()).ready).toBe(true);
});
