import { expect, test } from "vitest";
import { createAlarm } from "../../src/alarm.ts";
import { createHandClock } from "../support/hand-clock.ts";

function setUp(due: () => Promise<number | undefined>) {
  const clock = createHandClock(0);
  const logged: string[] = [];
  return { clock, logged, alarm: createAlarm(clock, due, { error: (_facts, text) => void logged.push(text) }) };
}

test("one pass at a time; woken during one, exactly one more follows", async () => {
  let passes = 0;
  let finish = (): void => {};
  const { alarm, clock } = setUp(async () => {
    passes += 1;
    await new Promise<void>((resolve) => (finish = resolve));
    return undefined;
  });
  alarm.wake();
  for (let each = 0; each < 5; each += 1) alarm.wake();
  expect(passes).toBe(1);
  finish();
  await clock.settled();
  expect(passes).toBe(2);
  finish();
  await clock.settled();
  expect(passes).toBe(2);
});

test("wakes at the deadline, and only at the latest one it was told", async () => {
  const passes: number[] = [];
  let next: number | undefined = 1000;
  const { alarm, clock } = setUp(async () => {
    passes.push(clock.now());
    return next;
  });
  alarm.wake();
  await clock.settled();
  next = 500;
  alarm.wake();
  await clock.settled();
  next = undefined;
  await clock.tick(5000);
  expect(passes).toEqual([0, 0, 500]);
});

test("a pass that fails is said and tried again after a while", async () => {
  let passes = 0;
  const { alarm, clock, logged } = setUp(async () => {
    if (++passes === 1) throw new Error("no");
    return undefined;
  });
  alarm.wake();
  await clock.tick(999);
  expect([passes, logged.length]).toEqual([1, 1]);
  await clock.tick(1);
  expect(passes).toBe(2);
});

test("stopped, it waits for the running pass and begins no other", async () => {
  let passes = 0;
  let finish = (): void => {};
  const { alarm, clock } = setUp(async () => {
    passes += 1;
    await new Promise<void>((resolve) => (finish = resolve));
    return clock.now() + 10;
  });
  alarm.wake();
  alarm.wake();
  let stopped = false;
  const stopping = alarm.stop().then(() => (stopped = true));
  await clock.settled();
  expect(stopped).toBe(false);
  finish();
  await stopping;
  alarm.wake();
  await clock.tick(100);
  expect(passes).toBe(1);
});
