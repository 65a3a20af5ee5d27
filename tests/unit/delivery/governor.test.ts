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
