/** What all tools have in common: the form of their answers, and how long they may take. */
import { z } from "zod";
import type { Row } from "../../contract/tables.ts";

/** Clients often give a tool 30 to 60 s. People need longer: the answer then is a handle, and `get_decision` asks again. */
const LONGEST_WAIT_MS = 25_000;

export const waitMs = z
  .number()
  .int()
  .min(0)
  .max(LONGEST_WAIT_MS)
  .default(0)
  .describe("How long to wait for people, in ms. Default 0: answer at once.");

export function decisionWords(row: Row<"approvals">): Record<string, unknown> {
  const state = row.state === "consumed" ? "approved" : row.state;
  const common = { state, code: row.code, decided_by: row.decider ?? undefined, reason: row.decisionReason ?? undefined };
  return row.kind === "approval" ? { approval_id: row.id, ...common } : { question_id: row.id, ...common, values: row.values ?? undefined };
}

export function answer(content: Record<string, unknown>) {
  return { content: [{ type: "text" as const, text: JSON.stringify(content) }], structuredContent: content };
}
