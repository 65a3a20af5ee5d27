/** Snowflakes and the time in them, and nonces. Pure. Discord Developer Docs, Reference, "Snowflakes" (2026). */
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
