import { Keyv } from "keyv";
import { afterEach, describe, expect, test } from "vitest";
import { type Canary, type CanaryConfig, createCanary } from "../../src/canary.ts";
import type { Connector, Powers } from "../../src/contract/connector.ts";
import { askHealth } from "../../src/health.ts";
import { type BenchOptions, createHubBench, type HubBench } from "../support/hub-bench.ts";
import { wireContext } from "../support/wire/context.ts";
import hook from "../support/wire/hook/connector.ts";
import { createHookPlatform } from "../support/wire/hook/platform.ts";
import { createRecordingConnector, DELIVERED, notSent } from "../support/recording-connector.ts";

const EVERY_MS = 300_000;
const APPEAR_MS = 60_000;

let bench: HubBench;
let canary: Canary;
let stop: () => Promise<void>;
afterEach(async () => {
  await stop();
  await bench.file.dispose();
});

function hatch(config: Partial<CanaryConfig> = {}, hooked?: Connector): void {
  const { journal, hub } = bench.life();
  const connectors = new Map<string, Connector>([["chat", bench.chat], ...(hooked ? [["hook", hooked] as const] : [])]);
  const log = { warn: () => {} };
  canary = createCanary({
    config: { account: "chat", chat: "home", everyMs: EVERY_MS, ...config },
    journal,
    clock: bench.clock,
    connectors,
    held: hub.held,
    log,
  });
  stop = canary.start();
}

async function begin(options: BenchOptions = {}): Promise<void> {
  bench = await createHubBench({ reconciles: true, ...options });
  hatch();
  await bench.clock.settled();
}

const round = async (): Promise<void> => {
  await bench.clock.tick(APPEAR_MS);
  await bench.clock.tick(EVERY_MS - APPEAR_MS);
};

async function health() {
  const { clock, chat, life } = bench;
  const store = { ...life().journal.store, place: "hub.db", check: async () => {} };
  const parts = { clock, store, connectors: new Map([["chat", chat]]), drivers: new Map<string, never>(), hub: life().hub };
  return askHealth({ ...parts, aliasOf: () => "Mos", canaryTrouble: canary.trouble, redact: (text) => text });
}

test("a message that the platform has makes nothing unhealthy, and nobody hears of it elsewhere", async () => {
  await begin();
  expect(bench.chat.shown).toHaveLength(1);
  expect(bench.chat.calls[0]).toMatchObject({ chatId: "home", text: expect.stringContaining("A check that this account works") });
  await round();
  await round();
  expect(bench.chat.shown).toHaveLength(3);
  expect(await health()).toMatchObject({ ready: true, connectors: [{ ok: true }] });
});

test("where messages can be changed one is, as long as it can be; then another is sent", async () => {
  const limits = { text: { max: 4000, unit: "utf16" }, countsAsEvent: [], editWindowMs: 4.5 * EVERY_MS } as const;
  await begin({ can: { edit: true }, limits });
  for (let at = 0; at < 6; at += 1) await round();
  expect(bench.chat.calls.map(({ edits }) => edits?.messageId)).toEqual([undefined, "m1", "m1", "m1", undefined, "m5", "m5"]);
  expect(canary.trouble("chat")).toBeUndefined();
});

test("the same message is changed after a restart, too", async () => {
  await begin({ can: { edit: true } });
  await round();
  await stop();
  await bench.restart();
  hatch();
  await bench.clock.settled();
  expect(bench.chat.calls.at(-1)?.edits?.messageId).toBe("m1");
});

describe("an account is unhealthy, in words, until a round succeeds", () => {
  test("when the platform takes messages and loses them", async () => {
    await begin();
    await bench.clock.tick(APPEAR_MS);
    expect(canary.trouble("chat")).toBeUndefined();
    bench.chat.script = () => ({ ...DELIVERED, arrived: false });
    await round();
    const report = await health();
    expect(report).toMatchObject({ ready: false, reasons: ["account chat is down"] });
    expect(report.connectors[0]?.detail).toBe("the platform took a message sent to prove it, and does not have it 1 min later");
    bench.chat.script = () => DELIVERED;
    await round();
    await round();
    expect(await health()).toMatchObject({ ready: true, connectors: [{ ok: true, detail: undefined }] });
  });

  test("when nothing leaves", async () => {
    await begin();
    bench.chat.script = () => notSent({ do: "retry" });
    await round();
    await round();
    expect(canary.trouble("chat")).toBe("a message sent to prove it did not leave within 1 min");
    bench.chat.script = () => DELIVERED;
    await round();
    await round();
    expect(canary.trouble("chat")).toBeUndefined();
  });

  test("when the platform does not say whether it has the message", async () => {
    const reconcile: Powers["reconcile"] = () => Promise.reject(new Error("gone"));
    await begin({ reconciles: false, can: { reconcile } });
    await bench.clock.tick(APPEAR_MS);
    expect(canary.trouble("chat")).toBe("the platform does not say whether it has a message sent to prove it");
  });
});

test("on a real connector: changed in place, lost by the platform, silence, and well again", async () => {
  const platform = await createHookPlatform({ token: "t-1" });
  const hooked = hook.factory({ url: platform.url }, wireContext("hook", new Keyv(), "t-1"));
  const { kept } = platform.ledger;
  try {
    bench = await createHubBench({ others: { hook: hooked } });
    hatch({ account: "hook", chat: undefined }, hooked);
    await expect.poll(() => kept.length).toBe(1);
    const first = kept[0]?.text;
    await expectRound(undefined);
    await expect.poll(() => kept[0]?.text).not.toBe(first);
    expect(kept).toHaveLength(1);
    kept.length = 0;
    await expectRound("the platform took a message");
    platform.silence(true);
    await expectRound("did not leave");
    platform.silence(false);
    await expectRound(undefined);
  } finally {
    await hooked.close();
    await platform.close();
  }
});

/** Time passes until a round has ended so. */
async function expectRound(words: string | undefined): Promise<void> {
  const isSo = (): boolean =>
    words === undefined ? canary.trouble("hook") === undefined : canary.trouble("hook")?.includes(words) === true;
  await bench.clock.tick(EVERY_MS);
  await expect.poll(async () => (await settleHook(), isSo()), { timeout: 20_000 }).toBe(true);
}

/** Real answers need real time; each look lets a little of the bench's go by. */
async function settleHook(): Promise<void> {
  await bench.clock.tick(APPEAR_MS / 4);
}

test("what the platform asked to wait for is waited for, and no trouble", async () => {
  await begin();
  bench.chat.script = () => notSent({ do: "retry_after", ms: 3_600_000, scope: "account" });
  for (let at = 0; at < 4; at += 1) await round();
  expect(canary.trouble("chat")).toBeUndefined();
  expect(await health()).toMatchObject({ ready: true });
});

test("an account that cannot have one is refused in words", async () => {
  await begin();
  const refuse = (connector: Connector | undefined, config: Partial<CanaryConfig>, words: string) =>
    expect(() =>
      createCanary({
        config: { account: "chat", everyMs: EVERY_MS, ...config },
        journal: bench.life().journal,
        clock: bench.clock,
        connectors: new Map(connector ? [["chat", connector]] : []),
        held: () => [],
        log: { warn: () => {} },
      }),
    ).toThrow(words);
  refuse(undefined, {}, "which is no account there is");
  refuse(createRecordingConnector(), { chat: "home" }, "cannot be asked whether it has a message");
  refuse(createRecordingConnector({ reconciles: true }), {}, "has no home chat");
});
