/** Snowflakes and the time in them, nonces, and the ids of buttons. Pure. Discord Developer Docs, Reference, "Snowflakes" (2026). */
import { createHash } from "node:crypto";
import type { IdOrder } from "../shared/marks.ts";

const EPOCH_MS = 1_420_070_400_000;

export const snowflakes: IdOrder = {
  isLater: (id, than) => BigInt(id) > BigInt(than),
  before: (id) => String(BigInt(id) - 1n),
  at: (ms) => String(BigInt(Math.max(0, Math.floor(ms) - EPOCH_MS)) << 22n),
};

export const timeOf = (id: string): number => Number(BigInt(id) >> 22n) + EPOCH_MS;

export const isSnowflake = (text: string): boolean => /^\d{17,20}$/.test(text);

/** At most 25 characters may be given: 128 bits of the key's hash are 22. */
export function nonceOf(idempotencyKey: string): string {
  return createHash("sha256").update(idempotencyKey).digest().subarray(0, 16).toString("base64url");
}

/**
 * A button's id says all there is to know of it, so that it works after a restart. `do` is told to the hub as it is; `form` asks for words
 * first; `sent` is the form with the words; `more` shows what has no room on the card.
 */
export interface Press {
  readonly verb: "do" | "form" | "sent" | "more";
  /** The card's id as the hub knows it. */
  readonly subject: string;
  readonly choice: string;
}

/** At most 100 characters, as subject and choice are short. */
export const customId = ({ verb, subject, choice }: Press): string => ["mos1", verb, subject, choice].join("|");

/** Undefined when it is none of ours. */
export function parseCustomId(id: string): Press | undefined {
  const [, verb, subject, choice] = /^mos1\|(do|form|sent|more)\|([^|]+)\|(.*)$/s.exec(id) ?? [];
  return subject === undefined || choice === undefined ? undefined : { verb: verb as Press["verb"], subject, choice };
}
