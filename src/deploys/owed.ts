/** What a service is still to be handed, in the store with the decision. */
import { z } from "zod";
import type { Write } from "../contract/store.ts";
import { owe } from "../web/owed-calls.ts";

export const HAND_OVER_PREFIX = "deploy/hand-over/";

export const handOver = z.object({
  approvalId: z.string(),
  deployId: z.string(),
  /** Why it was not taken the last time. */
  why: z.string().optional(),
});
export type HandOver = z.output<typeof handOver>;

export function oweHandOver(owed: HandOver, now: number): Write {
  return owe(HAND_OVER_PREFIX + owed.approvalId, owed, now);
}
