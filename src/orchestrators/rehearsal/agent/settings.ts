/** What the rehearsal agent is told from outside. It is a process of its own, so this is the one place where it reads its environment. */
import { z } from "zod";

const settings = z.object({
  /** The JSON Lines file that gets a line for each prompt. */
  REHEARSAL_LEDGER: z.string().min(1).default("rehearsal-ledger.jsonl"),
  /** The pause between two small steps, ms. */
  REHEARSAL_PACE_MS: z.coerce.number().min(0).max(10_000).catch(40).default(40),
});

export interface Settings {
  readonly ledger: string;
  readonly paceMs: number;
}

export function readSettings(): Settings {
  const { REHEARSAL_LEDGER, REHEARSAL_PACE_MS } = settings.parse(process.env);
  return { ledger: REHEARSAL_LEDGER, paceMs: REHEARSAL_PACE_MS };
}
