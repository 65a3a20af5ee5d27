/** Tokens and budgets as the API names them. */
import { z } from "zod";

export const usageQuery = z.object({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 366)
    .default(24),
});

const share = z.number().min(0).describe("A part of the whole: 1 is all of it, more is overdrawn.");
const epochMs = z.number().int().describe("Milliseconds since 1970.");

export const budgetShape = z
  .object({
    orchestrator: z.string(),
    alias: z.string(),
    window: z.string().describe("As its provider calls it, such as 5h or week."),
    usedShare: share,
    projectedShare: share.optional().describe("When it resets, if it goes on as it did in this window. Absent where that cannot be told."),
    resetsAt: epochMs.optional(),
    confidence: z.enum(["exact", "estimated", "unknown"]).describe("How sure the reset time is."),
    isReset: z.boolean().describe("It has been reset, and nothing was reported since."),
    hours: z
      .array(z.object({ at: epochMs, usedShare: share }))
      .describe("What was used by the end of each hour of this window, oldest first."),
    updatedAt: epochMs,
  })
  .meta({ id: "Budget" });

export const usageShape = z.object({
  hours: z.number().int(),
  usage: z.array(
    z.object({
      agent: z.string(),
      model: z.string(),
      input: z.number(),
      output: z.number(),
      cacheRead: z.number(),
      cacheWrite: z.number(),
    }),
  ),
  budgets: z.array(budgetShape),
});
