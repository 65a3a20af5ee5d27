/** Words of a service as the fields of a report take them: cut to their length, and empty ones left out. Pure. */
import { z } from "zod";

/** Some services send "" or null for what they do not know. */
export const text = z
  .string()
  .nullish()
  .transform((given) => given?.trim() || undefined);

/** What is no plain web address is left out rather than the whole report refused. */
export const link = text.transform((given) => (given !== undefined && given.length <= 2000 && isWebAddress(given) ? given : undefined));

/** The same where only what nobody can read on its way will do. */
export const secureLink = link.transform((given) => (given !== undefined && URL.parse(given)?.protocol === "https:" ? given : undefined));

/** ISO 8601, or epoch seconds or ms. */
export const moment = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((given) => {
    const ms = typeof given === "number" ? (given < 1e11 ? given * 1000 : given) : Date.parse(given ?? "");
    return Number.isSafeInteger(Math.round(ms)) && ms >= 0 ? Math.round(ms) : undefined;
  });

export function cut(words: string | undefined, max: number): string | undefined {
  return words === undefined ? undefined : [...words].slice(0, max).join("").slice(0, max);
}

/** Its end, where the reason of a failure usually is. */
export function cutFront(words: string | undefined, max: number): string | undefined {
  return words?.slice(-max);
}

/** Only what a table says itself: nothing inherited. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isWebAddress(given: string): boolean {
  return /^https?:$/.test(URL.parse(given)?.protocol ?? "");
}
