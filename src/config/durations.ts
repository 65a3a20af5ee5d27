/** Durations as people write them: a whole number and its unit, `30s`, `10m`, `24h`, `7d`. A number alone is refused: of what? */
import { z } from "zod";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})\s?(ms|s|m|h|d)$/;

/** A year: what is meant to last longer is meant to last for ever. */
const MAX_MS = 366 * 86_400_000;

/** Milliseconds, or undefined when the text is no duration. */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ""] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS_MS[unit] ?? 0);
}

/** Milliseconds, from one second to a year. */
export const duration = z
  .string()
  .regex(DURATION, { error: "must be a number with its unit (ms, s, m, h, d), such as 10m", abort: true })
  .refine((text) => (durationMs(text) ?? 0) >= 1000 && (durationMs(text) ?? 0) <= MAX_MS, "must be between 1s and 366d");
