/** `mos-hub usage`: tokens spent, per agent and model, and how far budgets are used. */
import type { z } from "zod";
import type { usageShape } from "../api/usage-shapes.ts";
import { budgetLine } from "../usage/budget-words.ts";
import { spenderOf } from "../usage/words.ts";
import type { AddCommand } from "./command.ts";

export const addUsage: AddCommand = (program, act) => {
  program
    .command("usage")
    .description("tokens spent, per agent and model, and how far budgets are used")
    .option("--hours <n>", "how far back", "24")
    .action(
      act(async (context, { hours }: { hours: string }) => {
        const found = await (await context.client()).usage(Number(hours));
        context.print({ type: "usage", ...found }, () => words(found));
        return 0;
      }),
    );
};

function words({ hours, usage, budgets }: z.output<typeof usageShape>): string {
  const spent = usage.map(
    ({ agent, model, input, output, cacheRead, cacheWrite }) =>
      `${spenderOf(agent, model)}: ${input} in, ${output} out, ${cacheRead} read from cache, ${cacheWrite} written to cache`,
  );
  const tokens = spent.length === 0 ? [`No tokens were reported in the last ${hours} h.`] : spent;
  return [...tokens, ...budgets.map(budgetLine)].join("\n");
}
