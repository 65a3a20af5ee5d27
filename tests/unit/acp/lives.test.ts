import { expect, test } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { HubError } from "../../../src/contract/errors.ts";
import type { Life } from "../../../src/orchestrators/acp/life.ts";
import { createLives, pauseAfter } from "../../../src/orchestrators/acp/lives.ts";

/** A clock moved by hand; `tick` also lets everything that has become due run. */
function handClock(): Clock & { tick(ms: number): Promise<void> } {
  let now = 1_000;
  let timers: { at: number; fn: () => void }[] = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    setTimer(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    async tick(ms) {
      await settle();
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { fn } of due) fn();
      await settle();
    },
  };
}

function setUp(isWanted = true) {
  const clock = handClock();
  const starts: number[] = [];
  const deaths: ((reason: HubError) => void)[] = [];
  let failing = 0;
  const lives = createLives({
    clock,
    start: async () => {
      starts.push(clock.now());
      if (failing-- > 0) throw new HubError("agent_missing", { command: "x" });
      const ended = new Promise<HubError>((resolve) => deaths.push(resolve));
      return {
        epoch: `${starts.length}`,
        ended,
        end: async () => deaths.at(-1)?.(new HubError("agent_crashed", { alias: "Mos", reason: "ended" })),
      } as unknown as Life;
    },
    onStart: () => {},
    onEnd: () => isWanted,
    onRest: () => {},
  });
  const die = () => deaths.at(-1)?.(new HubError("agent_crashed", { alias: "Mos", reason: "died" }));
  return { clock, lives, starts, die, failNext: (times: number) => (failing = times) };
}

test("the pause doubles up to half a minute", () => {
  expect([0, 1, 2, 3, 6, 7, 50].map(pauseAfter)).toEqual([0, 500, 1000, 2000, 16_000, 30_000, 30_000]);
});

test("many who ask at once get one life", async () => {
  const { lives, starts } = setUp();
  const found = await Promise.all([lives.current(), lives.current(), lives.current()]);
  expect(new Set(found).size).toBe(1);
  expect(starts).toHaveLength(1);
});

test("a life that ends is followed by another after half a second, then a second, then two", async () => {
  const { clock, lives, starts, die } = setUp();
  await lives.current();
  for (const pause of [500, 1000, 2000]) {
    die();
    await clock.tick(pause - 1);
    const before = starts.length;
    await clock.tick(1);
    expect(starts.length).toBe(before + 1);
  }
});

test("a minute of health is not held against the next start", async () => {
  const { clock, lives, starts, die } = setUp();
  await lives.current();
  die();
  await clock.tick(500);
  await clock.tick(60_000);
  die();
  await clock.tick(500);
  expect(starts).toHaveLength(3);
});

test("without a need it waits to be asked", async () => {
  const { clock, lives, starts, die } = setUp(false);
  await lives.current();
  die();
  await clock.tick(60_000);
  expect(starts).toHaveLength(1);
  expect(lives.lastError()?.code).toBe("agent_crashed");
  await lives.current();
  expect(starts).toHaveLength(2);
});

test("a start that fails is told at once, and the next one waits", async () => {
  const { clock, lives, starts, failNext } = setUp();
  failNext(1);
  await expect(lives.current()).rejects.toMatchObject({ code: "agent_missing" });
  const next = lives.current();
  await clock.tick(499);
  expect(starts).toHaveLength(1);
  await clock.tick(1);
  expect((await next).epoch).toBe("2");
});

test("nothing is started once it is closed, not even what was waiting", async () => {
  const { clock, lives, starts, die } = setUp();
  await lives.current();
  die();
  await clock.tick(0);
  const waiting = lives.current();
  await lives.close();
  await expect(waiting).rejects.toMatchObject({ code: "hub_stopping" });
  await clock.tick(60_000);
  expect(starts).toHaveLength(1);
});
