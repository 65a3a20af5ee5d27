/**
 * How far a window of an orchestrator's budget is used, hour by hour, how far it will be at this pace when it resets, and what people are to be
 * warned of. Pure. The hub shows and warns; it never enforces. Invariant: of each threshold people are told once in a window.
 */
import type { OrchestratorEvent } from "../contract/orchestrator.ts";
import type { BudgetFields } from "../contract/budget.ts";
import { hourOf } from "./buckets.ts";

export type BudgetReport = Extract<OrchestratorEvent, { type: "budget" }>;

/** Shares of which people are told, the lowest first. */
const WARN_AT = [0.8, 0.95, 1] as const;
/** Whether a budget lasts is said from this share on; of less a first hour says nothing. */
const PACE_FROM = 0.5;
/** A pace is told from at least so much of a window. */
const PACE_AFTER_MS = 600_000;
/** A week of hours. */
const MOST_HOURS = 169;

export function budgetId(orchestrator: string, window: string): string {
  return JSON.stringify([orchestrator, window]);
}

export interface Step {
  readonly fields: BudgetFields;
  /** What people have not been told yet. `pace`: it will be used up before it resets. */
  readonly warning: "share" | "pace" | undefined;
}

export function nextBudget(
  known: BudgetFields | undefined,
  orchestrator: string,
  { report, now }: { readonly report: BudgetReport; readonly now: number },
): Step {
  const { window, usedShare, confidence } = report;
  const resetsAt = report.resetsAt ?? null;
  const before = known && !isNewWindow(known, usedShare, now) ? known : undefined;
  const seen = { at: now, usedShare };
  const hours = [...(before?.hours ?? []).filter(({ at }) => hourOf(at) !== hourOf(now)), seen].slice(-MOST_HOURS);
  const facts = { orchestrator, window, usedShare, resetsAt, confidence, since: before?.since ?? seen, hours };
  const told = before?.warned ?? 0;
  const crossed = WARN_AT.findLast((share) => usedShare >= share) ?? 0;
  const isShort = usedShare >= PACE_FROM && (projectedShare(facts, now) ?? 0) > 1;
  const warning = crossed > told ? "share" : isShort && told === 0 && before?.isPaceTold !== true ? "pace" : undefined;
  const isPaceTold = (before?.isPaceTold ?? false) || isShort;
  return { fields: { ...facts, warned: Math.max(told, crossed), isPaceTold }, warning };
}

/** Its end has come and less is used than before, or by far less than before. */
function isNewWindow(known: BudgetFields, usedShare: number, now: number): boolean {
  return (isOver(known, now) && usedShare < known.usedShare) || usedShare < known.usedShare / 2;
}

/** Nothing was reported since it was reset. */
export function isOver({ resetsAt }: Pick<BudgetFields, "resetsAt">, now: number): boolean {
  return resetsAt !== null && now >= resetsAt;
}

/** What will be used when it resets, if it goes on as it did in this window; undefined where that cannot be told. */
export function projectedShare({ since, usedShare, resetsAt, hours }: Pick<BudgetFields, Measured>, now: number): number | undefined {
  const last = hours.at(-1)?.at ?? now;
  const elapsedMs = last - since.at;
  if (resetsAt === null || now >= resetsAt || elapsedMs < PACE_AFTER_MS) return undefined;
  const perMs = Math.max(0, usedShare - since.usedShare) / elapsedMs;
  return usedShare + perMs * (resetsAt - last);
}

type Measured = "since" | "usedShare" | "resetsAt" | "hours";
