/** Budgets as they are shown: projected beside actual, with how sure a reset time is. Pure. */
import type { BudgetFields } from "../contract/budget.ts";
import { isOver, projectedShare, type Step } from "./budget.ts";

export interface ShownBudget extends Pick<BudgetFields, "orchestrator" | "window" | "usedShare"> {
  readonly alias: string;
  /** When it resets, if it goes on as it did. */
  readonly projectedShare?: number | undefined;
  /** Epoch ms. */
  readonly resetsAt?: number | undefined;
  /** How sure the reset time is; what a person set or a provider says is exact. */
  readonly confidence: "exact" | "estimated" | "unknown";
  /** It has been reset, and nothing was reported since. */
  readonly isReset: boolean;
}

export function showBudget(budget: BudgetFields, alias: string, now: number): ShownBudget {
  const { orchestrator, window, usedShare, resetsAt } = budget;
  const shown = { orchestrator, alias, window, usedShare, isReset: isOver(budget, now), confidence: confidenceOf(budget) };
  return { ...shown, projectedShare: projectedShare(budget, now), resetsAt: resetsAt ?? undefined };
}

function confidenceOf({ confidence, resetsAt }: BudgetFields): ShownBudget["confidence"] {
  if (resetsAt === null) return "unknown";
  return confidence === "user" || confidence === "provider" ? "exact" : confidence;
}

/** One line: `Mos · 5h: 82 % used, 131 % projected; resets at 2026-01-01 05:00 UTC (exact)`. */
export function budgetLine(budget: ShownBudget): string {
  const { alias, window, usedShare, projectedShare: projected, isReset } = budget;
  const used = `${percent(usedShare)} ${isReset ? "were used before its last reset" : "used"}`;
  return `${alias} · ${window}: ${used}${projected === undefined ? "" : `, ${percent(projected)} projected`}; ${resetWords(budget)}`;
}

export function warningWords(warning: NonNullable<Step["warning"]>, budget: ShownBudget): string {
  const { alias, window, usedShare, projectedShare: projected } = budget;
  const pace = projected === undefined ? "" : ` At this pace it is ${percent(projected)} by the time it resets.`;
  const short = warning === "pace" ? " It will not last." : "";
  return `${alias} has used ${percent(usedShare)} of its ${window} budget.${pace}${short} It ${resetWords(budget)}.`;
}

function resetWords({ resetsAt, confidence, isReset }: ShownBudget): string {
  if (resetsAt === undefined) return "resets at a time nobody knows";
  const at = new Date(resetsAt).toISOString().slice(0, 16).replace("T", " ");
  return `${isReset ? "was reset" : "resets"} at ${at} UTC (${confidence})`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
