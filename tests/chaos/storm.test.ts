/** A platform that says "too many" to everything for an hour, or that is away for an hour: waited out, then everything arrives, once and in order. */
import { afterEach, describe, expect, test } from "vitest";
import type { SendResult, Verdict } from "../../src/contract/message.ts";
import { createDeliveryBench, type DeliveryBench } from "../support/delivery-bench.ts";
import { createRecordingConnector, DELIVERED, notSent, type RecordingConnector } from "../support/recording-connector.ts";

const HOUR_MS = 3_600_000;
const THREADS = ["t1", "t2", "t3"];
const COUNT = 60;

let bench: DeliveryBench;
afterEach(() => bench.dispose());

/** Refuses every call of the first hour. */
async function refusing(answer: () => SendResult): Promise<{ chat: RecordingConnector; calledAt: number[] }> {
  const chat = createRecordingConnector();
  const calledAt: number[] = [];
  bench = await createDeliveryBench({ chat });
  const begin = bench.clock.now();
  chat.script = () => {
    calledAt.push(bench.clock.now() - begin);
    return bench.clock.now() - begin < HOUR_MS ? answer() : DELIVERED;
  };
  await bench.queue(...Array.from({ length: COUNT }, (_, index) => ({ text: `message ${index}`, thread: THREADS[index % 3] as string })));
  return { chat, calledAt };
}

async function expectAllArrive(chat: RecordingConnector): Promise<void> {
  await bench.clock.tick(HOUR_MS - 1000);
  expect(chat.shown).toEqual([]);
  await bench.clock.tick(15 * 60_000);
  expect(chat.shown).toHaveLength(COUNT);
  for (const [thread] of THREADS.entries()) {
    const inThread = Array.from({ length: COUNT / 3 }, (_, index) => `message ${index * 3 + thread}`);
    expect(chat.shown.filter((text) => inThread.includes(text))).toEqual(inThread);
  }
  expect(await bench.life().journal.store.count("outbox", { state: { in: ["dead", "failed"] } })).toBe(0);
}

const of = (verdict: Verdict) => () => notSent(verdict);

describe("a storm of 429", () => {
  test("with a time to wait: no call before it is over, and one or a few after", async () => {
    const { chat, calledAt } = await refusing(of({ do: "retry_after", ms: 300_000 }));
    await expectAllArrive(chat);
    const refused = calledAt.filter((at) => at < HOUR_MS);
    expect(refused.length).toBeLessThanOrEqual(12 * THREADS.length);
    // All that were under way when the first was refused were so at once; from then on each wait is kept.
    const waves = refused.filter((at, index) => index === 0 || at > (refused[index - 1] ?? 0));
    for (const [index, at] of waves.entries()) expect(at - (waves[index - 1] ?? -300_000)).toBeGreaterThanOrEqual(300_000);
  });

  test("without one: ever more rarely, at most once a minute in each thread", async () => {
    const { chat, calledAt } = await refusing(of({ do: "retry" }));
    await expectAllArrive(chat);
    expect(calledAt.filter((at) => at >= HOUR_MS / 2 && at < HOUR_MS).length).toBeLessThanOrEqual(31 * THREADS.length);
  });

  test("is waited out over a restart, too", async () => {
    const { chat, calledAt } = await refusing(of({ do: "retry_after", ms: HOUR_MS }));
    await bench.clock.tick(60_000);
    const before = calledAt.length;
    await bench.restart();
    await bench.clock.tick(HOUR_MS / 2);
    expect(calledAt).toHaveLength(before);
    await bench.clock.tick(HOUR_MS);
    expect(chat.shown).toHaveLength(COUNT);
  });
});

test("a platform that cannot be reached for an hour costs nobody an answer", async () => {
  const { chat } = await refusing(() => ({ delivered: false, outcome: "not_sent", error: "no connection", verdict: { do: "retry" } }));
  await expectAllArrive(chat);
});
