import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import type { KnownCaller } from "../../src/api/callers.ts";
import type { ApiParts } from "../../src/api/parts.ts";
import { mount } from "../../src/api/route.ts";
import { recordRoutes } from "../../src/api/routes/records.ts";
import { usageShape } from "../../src/api/usage-shapes.ts";
import type { BudgetFields } from "../../src/contract/budget.ts";
import { budgetLine, showBudget } from "../../src/usage/budget-words.ts";
import { type BudgetReport, nextBudget } from "../../src/usage/budget.ts";
import { createHubBench, type HubBench, SETTINGS } from "../support/hub-bench.ts";

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 1);
const report = (usedShare: number, more: Partial<BudgetReport> = {}): BudgetReport => ({
  type: "budget",
  window: "5h",
  usedShare,
  resetsAt: T0 + 5 * HOUR,
  confidence: "provider",
  ...more,
});

/** Reports at hours after the beginning; the warnings they led to, and how it stands then. */
function told(...reports: [hours: number, share: number, more?: Partial<BudgetReport>][]): {
  warnings: (string | undefined)[];
  last: BudgetFields;
} {
  let last: BudgetFields | undefined;
  const warnings = reports.map(([hours, share, more]) => {
    const step = nextBudget(last, "mos", { report: report(share, more), now: T0 + hours * HOUR });
    last = step.fields;
    return step.warning;
  });
  if (!last) throw new Error("nothing was reported");
  return { warnings, last };
}
const line = (budget: BudgetFields, hours: number): string => budgetLine(showBudget(budget, "Mos", T0 + hours * HOUR));

describe("what people are told", () => {
  test("each threshold once in a window, and again in the next", () => {
    const steps = told([4.5, 0.79], [4.6, 0.81], [4.65, 0.85], [4.7, 0.96], [4.8, 0.97], [4.9, 1.2], [4.95, 1.3], [5.1, 0.1], [9, 0.83]);
    expect(steps.warnings).toEqual([undefined, "share", undefined, "share", undefined, "share", undefined, undefined, "share"]);
  });

  test("a leap over two of them is told once", () =>
    expect(told([0, 0.1], [4.9, 0.99], [4.95, 0.99]).warnings).toEqual([undefined, "share", undefined]));

  test("that it will not last, once, before any threshold", () => {
    const { warnings, last } = told([0, 0.1], [1, 0.3], [2, 0.55], [2.5, 0.65], [3, 0.82]);
    expect(warnings).toEqual([undefined, undefined, "pace", undefined, "share"]);
    expect(last.hours.map(({ at }) => (at - T0) / HOUR)).toEqual([0, 1, 2.5, 3]);
  });

  test("a share that falls a little is the same window; the end of a window that was estimated too early is none", () => {
    expect(told([4, 0.82], [4.1, 0.79], [4.2, 0.81], [5.5, 0.84]).warnings).toEqual(["share", undefined, undefined, undefined]);
  });
});

describe("how it stands", () => {
  test("projected beside actual, with how sure the reset is", () => {
    const { last } = told([0, 0.1], [1, 0.3]);
    expect(line(last, 1)).toBe("Mos · 5h: 30 % used, 110 % projected; resets at 2026-01-01 05:00 UTC (exact)");
    expect(line(last, 6)).toBe("Mos · 5h: 30 % were used before its last reset; was reset at 2026-01-01 05:00 UTC (exact)");
  });

  test.each([
    ["user", "resets at 2026-01-01 05:00 UTC (exact)"],
    ["estimated", "resets at 2026-01-01 05:00 UTC (estimated)"],
    ["unknown", "resets at 2026-01-01 05:00 UTC (unknown)"],
  ] as const)("%s: %s", (confidence, words) => expect(line(told([0, 0.1, { confidence }]).last, 0)).toContain(words));

  test("without a reset time nothing is projected", () => {
    const { last } = told([0, 0.1, { resetsAt: undefined }], [1, 0.6, { resetsAt: undefined }]);
    expect(line(last, 1)).toBe("Mos · 5h: 60 % used; resets at a time nobody knows");
  });

  test("a minute says nothing of the pace", () => expect(line(told([0, 0.1], [0.02, 0.2]).last, 0.02)).not.toContain("projected"));
});

describe("in the hub", () => {
  let bench: HubBench;
  afterEach(() => bench.file.dispose());

  test("a warning is said in the thread once, also through a restart; `usage` shows it beside the tokens", async () => {
    bench = await createHubBench();
    await bench.say("work");
    const resetsAt = bench.clock.now() + HOUR;
    const budget = (usedShare: number) => bench.agent.report("work", report(usedShare, { resetsAt, confidence: "estimated" }));
    await budget(0.5);
    await budget(0.82);
    await budget(0.83);
    await bench.clock.settled();
    await bench.restart();
    await budget(0.84);
    await budget(0.96);
    await bench.clock.settled();
    const at = `${new Date(resetsAt).toISOString().slice(0, 16).replace("T", " ")} UTC (estimated)`;
    const warnings = bench.chat.shown.filter((text) => text.includes("budget"));
    expect(warnings).toEqual([
      `Mos has used 82 % of its 5h budget. It resets at ${at}.`,
      `Mos has used 96 % of its 5h budget. It resets at ${at}.`,
    ]);
    const tokens = { type: "usage", agent: "a", model: "m", input: 1, output: 2, cacheRead: 3, cacheWrite: 4 } as const;
    await bench.agent.report("work", tokens);
    await bench.say("!usage");
    expect(bench.chat.shown.at(-1)).toContain(`Budgets:\n- Mos · 5h: 96 % used; resets at ${at}`);
    expect(bench.chat.shown.at(-1)).toContain("- a · m: 1 in, 2 out, 3 read from cache, 4 written to cache");
  });

  test("the API gives budgets as numbers, hour by hour", async () => {
    bench = await createHubBench();
    await bench.say("work");
    const start = bench.clock.now();
    await bench.agent.report("work", report(0.1, { resetsAt: start + 5 * HOUR }));
    await bench.clock.tick(HOUR);
    await bench.agent.report("work", report(0.3, { resetsAt: start + 5 * HOUR }));
    const app = new Hono();
    const parts = {
      journal: bench.life().journal,
      clock: bench.clock,
      connectors: new Map(),
      settings: SETTINGS,
      health: async () => ({}),
    };
    mount(app, recordRoutes(parts as unknown as ApiParts), { guard: async () => ({}) as KnownCaller, mask: (answer) => answer });
    const { budgets } = usageShape.parse(await (await app.request("/v1/usage?hours=1")).json());
    expect(budgets).toMatchObject([
      { orchestrator: "mos", alias: "Mos", window: "5h", usedShare: 0.3, confidence: "exact", isReset: false },
    ]);
    expect(budgets[0]?.projectedShare).toBeCloseTo(1.1);
    expect(budgets[0]?.hours.map(({ usedShare }) => usedShare)).toEqual([0.1, 0.3]);
  });
});
