/** Spent tokens in words. Pure but for reading the buckets. */
import type { View } from "../contract/handler.ts";
import type { UsageFields } from "../contract/tables.ts";
import { budgetLine, showBudget } from "./budget-words.ts";

const DAY_MS = 86_400_000;

/** Tokens of the last 24 hours, one line per agent and model; then the budgets, projected beside actual. */
export async function usageWords(view: Pick<View, "store" | "now" | "settings">): Promise<string> {
  return [await tokenWords(view), await budgetWords(view)].filter((words) => words !== "").join("\n\n");
}

async function budgetWords({ store, now, settings }: Pick<View, "store" | "now" | "settings">): Promise<string> {
  const budgets = await store.find("budgets", { limit: Infinity });
  const lines = budgets.map((budget) => `- ${budgetLine(showBudget(budget, settings.aliasOf(budget.orchestrator), now))}`);
  return lines.length === 0 ? "" : ["Budgets:", ...lines].join("\n");
}

async function tokenWords(view: Pick<View, "store" | "now">): Promise<string> {
  const buckets = await view.store.find("usage", { where: { hour: { from: view.now - DAY_MS } } });
  const lines = sumUsage(buckets).map(
    ({ agent, model, input, output, cacheRead, cacheWrite }) =>
      `- ${spenderOf(agent, model)}: ${input} in, ${output} out, ${cacheRead} read from cache, ${cacheWrite} written to cache`,
  );
  return lines.length === 0 ? "No tokens were reported in the last 24 hours." : ["Tokens in the last 24 hours:", ...lines].join("\n");
}

/** Not every agent says which model it used. */
export function spenderOf(agent: string, model: string): string {
  return model === "unknown" ? agent : `${agent} · ${model}`;
}

/** Buckets of one agent and model added up. */
export function sumUsage(buckets: readonly UsageFields[]): Omit<UsageFields, "hour">[] {
  const sums = new Map<string, Omit<UsageFields, "hour">>();
  for (const { agent, model, input, output, cacheRead, cacheWrite } of buckets) {
    const key = JSON.stringify([agent, model]);
    const sum = sums.get(key) ?? { agent, model, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    sums.set(key, {
      agent,
      model,
      input: sum.input + input,
      output: sum.output + output,
      cacheRead: sum.cacheRead + cacheRead,
      cacheWrite: sum.cacheWrite + cacheWrite,
    });
  }
  return [...sums.values()];
}
