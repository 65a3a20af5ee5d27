import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConnectorLimits } from "../../../src/contract/connector.ts";
import { createGovernor } from "../../../src/delivery/governor.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const chat = (name: string, account = "chat", thread?: string) => ({ account, chat: name, thread });
const limits = (pace: ConnectorLimits["pace"]): ConnectorLimits => ({
  text: { max: 1000, unit: "utf16" },
  pace,
  countsAsEvent: ["send", "edit"],
});

describe("a budget", () => {
  test("of a chat is shared by its threads and by nobody else", () => {
    const governor = createGovernor(createHandClock(), () => limits({ perChat: { count: 1, windowMs: 1000 } }));
    governor.spend(chat("a", "chat", "t1"), "send");
    expect(governor.waitMs(chat("a", "chat", "t2"), "send")).toBe(1000);
    expect(governor.waitMs(chat("b"), "send")).toBe(0);
    expect(governor.waitMs(chat("a", "other"), "send")).toBe(0);
  });

  test("of a chat is one, whether its workspace is named or not, as in the account's home", () => {
    const governor = createGovernor(createHandClock(), () => limits({ perChat: { count: 1, windowMs: 1000 } }));
    governor.spend({ account: "chat", workspace: "w1", chat: "a" }, "send");
    expect(governor.waitMs(chat("a"), "send")).toBe(1000);
  });

  test("of an account is shared by its chats; a chat that used less of it waits no less", () => {
    const governor = createGovernor(createHandClock(), () => limits({ perAccount: { count: 2, windowMs: 1000 } }));
    governor.spend(chat("a"), "send");
    expect(governor.waitMs(chat("b"), "send")).toBe(0);
    governor.spend(chat("b"), "edit");
    expect(governor.waitMs(chat("a"), "send")).toBe(1000);
    expect(governor.waitMs(chat("c"), "edit")).toBe(1000);
    expect(governor.waitMs(chat("c", "other"), "send")).toBe(0);
  });

  test("is spent by what the platform counts, and by nothing else", () => {
    const governor = createGovernor(createHandClock(), () => limits({ perAccount: { count: 1, windowMs: 1000 } }));
    governor.spend(chat("a"), "reaction");
    expect(governor.waitMs(chat("a"), "send")).toBe(0);
    governor.spend(chat("a"), "edit");
    expect(governor.waitMs(chat("a"), "reaction")).toBe(0);
    expect(governor.waitMs(chat("a"), "send")).toBe(1000);
  });

  test("without known limits is endless", () => {
    const governor = createGovernor(createHandClock(), () => undefined);
    for (let call = 0; call < 1000; call += 1) governor.spend(chat("a"), "send");
    expect(governor.waitMs(chat("a"), "send")).toBe(0);
  });
});

test("in no window, wherever it begins, are there more calls than stated, and nobody waits for longer than needed", () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 });
  const pace = fc.record({ count: fc.integer({ min: 1, max: 5 }), windowMs: fc.integer({ min: 1, max: 1500 }) });
  fc.assert(
    fc.property(pauses, pace, (waits, perAccount) => {
      let now = 0;
      const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perAccount }));
      const calls: number[] = [];
      for (const wait of waits) {
        now += wait;
        const inWindow = calls.filter((at) => at > now - perAccount.windowMs).length;
        const wanted = governor.waitMs(chat("a"), "send");
        expect(wanted > 0).toBe(inWindow >= perAccount.count);
        now += wanted;
        expect(governor.waitMs(chat("a"), "send")).toBe(0);
        governor.spend(chat("a"), "send");
        calls.push(now);
      }
      for (const from of calls)
        expect(calls.filter((at) => at >= from && at < from + perAccount.windowMs).length).toBeLessThanOrEqual(perAccount.count);
    }),
  );
});

test("a bucket that is used up is good for one call each time one has flowed back, and never holds more than stated", () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 });
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 }), (waits, count, eachMs) => {
      let now = 0;
      const perAccount = { count, windowMs: count * eachMs, isBucket: true };
      const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perAccount }));
      let [level, at] = [0, 0];
      for (const wait of waits) {
        now += wait;
        now += governor.waitMs(chat("a"), "send");
        level = Math.max(0, level - (now - at) / eachMs);
        expect(level + 1).toBeLessThanOrEqual(count + 1e-9);
        [level, at] = [level + 1, now];
        governor.spend(chat("a"), "send");
        expect(governor.waitMs(chat("a"), "send")).toBeCloseTo(Math.max(0, level + 1 - count) * eachMs, 6);
      }
    }),
  );
});

describe("a ban", () => {
  test("is waited out by everything of the account, and by that account only", async () => {
    const clock = createHandClock();
    const governor = createGovernor(clock, () => undefined);
    governor.hold(chat("a"), "account", 5000);
    expect(governor.waitMs(chat("a"), "reaction")).toBe(5000);
    expect(governor.waitMs(chat("a", "other"), "send")).toBe(0);
    await clock.tick(4999);
    expect(governor.waitMs(chat("b"), "send")).toBe(1);
    await clock.tick(1);
    expect(governor.waitMs(chat("b"), "send")).toBe(0);
  });

  test("is never made shorter by a later, milder one", () => {
    const governor = createGovernor(createHandClock(), () => undefined);
    governor.hold(chat("a"), "account", 5000);
    governor.hold(chat("a"), "account", 10);
    expect(governor.waitMs(chat("a"), "send")).toBe(5000);
  });
});

describe("what a chat is barred from", () => {
  test("bars no other chat, and what is left of a budget is not exceeded before it is full again", async () => {
    const clock = createHandClock();
    const governor = createGovernor(clock, () => limits({ perAccount: { count: 100, windowMs: 1000 } }));
    governor.hold(chat("a", "chat", "t1"), "chat", 5000);
    expect(governor.waitMs(chat("a", "chat", "t2"), "typing")).toBe(5000);
    expect(governor.waitMs(chat("b"), "send")).toBe(0);
    governor.observe(chat("b"), { scope: "chat", calls: 1, fullInMs: 3000 });
    expect(governor.waitMs(chat("b"), "send")).toBe(0);
    governor.spend(chat("b"), "send");
    expect(governor.waitMs(chat("b"), "edit")).toBe(3000);
    await clock.tick(3000);
    expect(governor.waitMs(chat("b"), "edit")).toBe(0);
  });

  test("what is left for one kind of call is not what is left for another", () => {
    const governor = createGovernor(createHandClock(), () => limits(undefined));
    governor.observe(chat("a"), { scope: "chat", calls: 0, fullInMs: 3000, kinds: ["send"] });
    governor.observe(chat("a"), { scope: "chat", calls: 1, fullInMs: 5000, kinds: ["edit"] });
    expect([governor.waitMs(chat("a"), "send"), governor.waitMs(chat("a"), "edit")]).toEqual([3000, 0]);
    governor.spend(chat("a"), "edit");
    expect(governor.waitMs(chat("a"), "edit")).toBe(5000);
  });
});

test("a refusal for its pace narrows a budget for a while, which then is as wide as before", async () => {
  const clock = createHandClock();
  const governor = createGovernor(clock, () => limits({ perChat: { count: 1, windowMs: 1000 } }));
  const wait = (): number => (governor.spend(chat("a"), "send"), Math.round(governor.waitMs(chat("a"), "send")));
  governor.slow(chat("a"), "chat");
  expect(wait()).toBe(1500);
  for (let refusal = 0; refusal < 10; refusal += 1) governor.slow(chat("a"), "chat");
  expect(wait()).toBe(4000);
  await clock.tick(300_000);
  expect(wait()).toBe(2500);
  await clock.tick(300_000);
  expect(wait()).toBe(1000);
});

test("of several paces each holds", () => {
  let now = 0;
  const paces = [
    { count: 1, windowMs: 1000 },
    { count: 20, windowMs: 60_000 },
  ];
  const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perChat: paces }));
  const calls: number[] = [];
  while (now < 300_000) {
    now += governor.waitMs(chat("a"), "send");
    governor.spend(chat("a"), "send");
    calls.push(now);
  }
  for (const { count, windowMs } of paces)
    for (const from of calls) expect(calls.filter((at) => at >= from && at < from + windowMs).length).toBeLessThanOrEqual(count);
  expect(calls.length).toBeGreaterThanOrEqual(100);
});

test("a call counts from its answer, by which the platform has counted it", async () => {
  const clock = createHandClock();
  const governor = createGovernor(clock, () => limits({ perChat: { count: 2, windowMs: 1000 } }));
  const [first, second] = [governor.spend(chat("a"), "send"), governor.spend(chat("a"), "send")];
  expect(governor.waitMs(chat("a"), "send")).toBe(1000);
  await clock.tick(300);
  second();
  expect(governor.waitMs(chat("a"), "send")).toBe(700);
  await clock.tick(100);
  first();
  expect(governor.waitMs(chat("a"), "send")).toBe(900);
});

test("a pace of some kinds of calls holds up no other, and no other uses it up", () => {
  const perAccount = [
    { count: 5, windowMs: 1000 },
    { count: 1, windowMs: 3000, kinds: ["edit" as const] },
  ];
  const governor = createGovernor(createHandClock(), () => limits({ perAccount }));
  governor.spend(chat("a"), "send");
  expect(governor.waitMs(chat("a"), "edit")).toBe(0);
  governor.spend(chat("a"), "edit");
  expect(governor.waitMs(chat("b"), "edit")).toBe(3000);
  expect(governor.spareMs(chat("b"), "edit")).toBe(3000);
  expect(governor.waitMs(chat("b"), "send")).toBe(0);
  for (let call = 0; call < 3; call += 1) governor.spend(chat("b"), "send");
  expect(governor.waitMs(chat("b"), "send")).toBe(1000);
});

test("saturated for an hour, with calls that give way among the others, it uses at least 98 % of a budget and never more", () => {
  const pace = { count: 30, windowMs: 1000 };
  let now = 0;
  const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perAccount: pace }));
  const recent: number[] = [];
  let calls = 0;
  for (; now < 3_600_000; now += Math.max(1, governor.waitMs(chat("a"), "send"))) {
    const spare = governor.spareMs(chat("b"), "edit") === 0;
    if (!spare && governor.waitMs(chat("a"), "send") > 0) continue;
    governor.spend(chat("a"), "send", spare ? "spare" : undefined);
    calls += 1;
    recent.push(now);
    while ((recent[0] ?? now) <= now - pace.windowMs) recent.shift();
    if (recent.length > pace.count) throw new Error(`${recent.length} calls in a second at ${now}`);
  }
  expect(calls / (30 * 3600)).toBeGreaterThanOrEqual(0.98);
});

describe("a call that may as well not be made", () => {
  test("takes at most half of a budget, evenly spaced, and waits for what others took", () => {
    let now = 0;
    const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () =>
      limits({ perChat: { count: 10, windowMs: 50_000 } }),
    );
    const at: number[] = [];
    while (now < 200_000) {
      now += governor.spareMs(chat("a"), "edit");
      governor.spend(chat("a"), "edit", "spare");
      at.push(now);
    }
    expect(at.slice(0, 3)).toEqual([0, 10_000, 20_000]);
    for (let call = 0; call < 8; call += 1) governor.spend(chat("a"), "send");
    expect(governor.spareMs(chat("a"), "edit")).toBe(40_000);
  });
});

test("a wall clock that is set back keeps nobody waiting for as long", () => {
  let now = 10_000_000;
  const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perChat: { count: 1, windowMs: 1000 } }));
  governor.spend(chat("a"), "send");
  governor.hold(chat("b"), "chat", 5000);
  now -= 3_600_000;
  expect(governor.waitMs(chat("a"), "send")).toBe(1000);
  expect(governor.waitMs(chat("b"), "send")).toBe(5000);
  now += 1000;
  expect(governor.waitMs(chat("a"), "send")).toBe(0);
});

test("what nobody uses any more is forgotten", () => {
  let now = 0;
  const governor = createGovernor({ now: () => now, setTimer: () => () => {} }, () => limits({ perChat: { count: 1, windowMs: 1000 } }));
  for (let id = 0; id < 100_000; id += 1, now += 100) governor.spend(chat(`c${id}`), "send");
  expect(governor.size()).toBeLessThan(100);
});
