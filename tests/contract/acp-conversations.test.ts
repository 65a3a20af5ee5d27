/** How many conversations an agent keeps open, what becomes of those nobody uses, and what people chose in them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acpAgent, type Bench, createBenches, eventually, isAlive, key } from "../support/driver-bench.ts";

const benches = createBenches();
let dir = "";
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "mos-hub-roomy-"))));
afterEach(async () => {
  await benches.clear();
  rmSync(dir, { recursive: true, force: true });
});

const roomy = (more: object): Promise<Bench> => benches.make(acpAgent("roomy", more, join(dir, "children")));
const children = (): number[] => readFileSync(join(dir, "children"), "utf8").trim().split("\n").map(Number);
const pidOf = async (bench: Bench): Promise<number> => Number((await bench.driver.health()).facts?.["pid"]);

/** As the hub does: what cannot be taken now is tried again. */
async function patiently(bench: Bench, session: string, text: string): Promise<Record<string, unknown>> {
  const ends = () => bench.of(session).filter(({ type }) => type === "turn_end").length;
  const before = ends();
  await eventually(async () => {
    try {
      await bench.open(session);
      return (await bench.deliver(session, text)).outcome === "accepted";
    } catch {
      return false;
    }
  }, `a place for ${session}`);
  await eventually(() => ends() > before, `the end in ${session}`);
  return JSON.parse(bench.text(session).split("}").at(-2) + "}");
}

test(
  "a hundred sessions at once are one agent with no more children than it may have, and each is found again",
  { timeout: 120_000 },
  async () => {
    const bench = await roomy({ open_sessions: 8 });
    const names = Array.from({ length: 100 }, (_, at) => `s${at}`);
    const first = await Promise.all(names.map((name) => patiently(bench, name, "hello")));
    expect(new Set(first.map(({ sessionId }) => sessionId)).size).toBe(100);
    const again = [];
    for (const name of names) again.push(await patiently(bench, name, "hello"));
    expect(again.map(({ sessionId }) => sessionId)).toEqual(first.map(({ sessionId }) => sessionId));
    expect(new Set([...first, ...again].map(({ pid }) => pid)).size).toBe(1);
    expect(Math.max(...children())).toBe(8);
    expect(bench.events.filter(({ event }) => event.type === "lifecycle")).toEqual([]);
  },
);

test("when all it may have open are at work, another conversation waits", async () => {
  const bench = await roomy({ open_sessions: 1 });
  await bench.open("a");
  await bench.deliver("a", "slow 3");
  await expect(bench.open("b")).rejects.toMatchObject({ code: "agent_crowded" });
  await bench.until("a", "turn_end");
  expect(await bench.open("b")).toMatchObject({ how: "new" });
});

describe("an agent nobody uses", () => {
  test("is ended, is not unhealthy for it, and is there again with the same conversation when it is needed", async () => {
    const bench = await roomy({ idle_after_ms: 1_000 });
    const before = JSON.parse(await bench.talk("a", "hello"));
    await eventually(() => !isAlive(before.pid), "the end of the agent");
    expect(await bench.driver.health()).toMatchObject({ answered: true, facts: { resting: true } });
    const after = JSON.parse(await bench.talk("a", "hello"));
    expect(after.sessionId).toBe(before.sessionId);
    expect(after.pid).not.toBe(before.pid);
    expect(bench.of("a").filter(({ type }) => type === "lifecycle")).toEqual([]);
    expect(bench.logged.join()).not.toContain("the agent stopped");
  });

  test("is not ended while it works for anybody", async () => {
    const bench = await roomy({ idle_after_ms: 3_000 });
    await bench.open("idle");
    await bench.open("busy");
    const pid = await pidOf(bench);
    await bench.deliver("busy", "slow 6");
    await bench.until("busy", "turn_end");
    expect(JSON.parse(bench.text("busy")).pid).toBe(pid);
    expect(bench.of("busy").at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
  });

  test("stays where it could not find its conversations again", async () => {
    const bench = await benches.make(acpAgent("plain", { idle_after_ms: 1_000, open_sessions: 1 }));
    await bench.talk("a", "hello");
    await bench.talk("b", "hello");
    const pid = await pidOf(bench);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(isAlive(pid)).toBe(true);
  });
});

describe("what people choose", () => {
  const told = (text: string): object => JSON.parse(text);

  test("is on offer as the agent says it, grouped or not, and what cannot be read is left out", async () => {
    const bench = await roomy({});
    expect(bench.driver.options?.(key("a"))).toBeUndefined();
    await bench.open("a");
    expect(bench.driver.options?.(key("a"))?.map(({ name, value, values }) => [name, value, values.map((one) => one.value)])).toEqual([
      ["mode", "ask", ["ask", "code"]],
      ["model", "small", ["small", "large", "broken"]],
      ["careful", "off", ["on", "off"]],
    ]);
  });

  test("is passed on before the next message, and again after a crash", async () => {
    const bench = await roomy({});
    await bench.talk("a", "hello");
    const wishes = { model: "large", careful: "on", mode: "code" };
    await bench.open("a", undefined, wishes);
    expect(bench.driver.options?.(key("a"))?.map(({ value }) => value)).toEqual(["code", "large", "on"]);
    await bench.deliver("a", "crash");
    await bench.until("a", "lifecycle", ({ phase }) => phase === "session_resumed");
    const before = bench.text("a").length;
    await bench.deliver("a", "hello", { turnId: "last" });
    await bench.until("a", "turn_end", ({ turnId }) => turnId === "last");
    expect(told(bench.text("a").slice(before))).toMatchObject({ model: "large", careful: true, mode: "code" });
  });

  test("gives way to what the agent changes itself", async () => {
    const bench = await roomy({});
    await bench.open("a", undefined, { mode: "code" });
    await bench.deliver("a", "decide", { turnId: "t1" });
    await bench.until("a", "turn_end");
    await bench.open("a", undefined, { mode: "code" });
    expect(bench.driver.options?.(key("a"))?.[0]).toMatchObject({ name: "mode", value: "ask" });
  });

  test("and the agent refuses is said once, and stops no message", async () => {
    const bench = await roomy({});
    await bench.open("a", undefined, { model: "broken", unheard: "of" });
    await bench.open("a", undefined, { model: "broken", unheard: "of" });
    await bench.deliver("a", "hello");
    await bench.until("a", "turn_end");
    const notices = bench.of("a").filter(({ type }) => type === "notice");
    expect(notices).toEqual([{ type: "notice", level: "warning", text: expect.stringContaining("that one is not paid for") }]);
    expect(told(bench.text("a"))).toMatchObject({ model: "small" });
  });
});
