/** `mos-hub usage`: tokens spent, per agent and model. */
import { z } from "zod";
import type { AddCommand } from "./command.ts";

const row = z.object({
  agent: z.string(),
  model: z.string(),
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
});
const answer = z.object({ hours: z.number(), usage: z.array(row) });

export const addUsage: AddCommand = (program, act) => {
  program
    .command("usage")
    .description("tokens spent, per agent and model")
    .option("--hours <n>", "how far back", "24")
    .action(
      act(async (context, { hours }: { hours: string }) => {
        const found = await (await context.client()).request(`/v1/usage?hours=${encodeURIComponent(hours)}`, { answer });
        context.print({ type: "usage", ...found }, () => words(found));
        return 0;
      }),
    );
};

function words({ hours, usage }: z.infer<typeof answer>): string {
  if (usage.length === 0) return `No tokens were reported in the last ${hours} h.`;
  return usage
    .map(
      ({ agent, model, input, output, cacheRead, cacheWrite }) =>
        `${agent} · ${model}: ${input} in, ${output} out, ${cacheRead} cache read, ${cacheWrite} cache write`,
    )
    .join("\n");
}
