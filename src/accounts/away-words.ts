/** What people are told of a time in which an account did not hear them. Pure. */
import type { CaughtUp } from "../contract/connector.ts";

/** A shorter absence in which nothing was missed is nobody's business. */
const WORTH_SAYING_MS = 120_000;

/** Undefined: nothing worth saying. */
export function awayWords({ fetched, awayMs = 0, isPartial = false }: CaughtUp): string | undefined {
  if (fetched === 0 && awayMs < WORTH_SAYING_MS) return undefined;
  const missing = isPartial ? " Some may be missing: please repeat what has no answer." : "";
  return `I was away${awayMs > 0 ? ` ${lengthOf(awayMs)}` : ""}; ${countOf(fetched, isPartial)}.${missing}`;
}

/** Of an account whose platform gives nothing back. Undefined: nothing worth saying. */
export function deafWords(awayMs: number): string | undefined {
  if (awayMs < WORTH_SAYING_MS) return undefined;
  return `I was away ${lengthOf(awayMs)} and did not hear what was said meanwhile. Please repeat what has no answer.`;
}

function countOf(fetched: number, isPartial: boolean): string {
  if (fetched === 0) return isPartial ? "no message could be fetched" : "nothing was said meanwhile";
  return fetched === 1 ? "1 message fetched" : `${fetched} messages fetched`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** In its largest unit, and the next one where that has something to say: `14 min`, `3 h 5 min`, `2 d`. */
function lengthOf(ms: number): string {
  const at = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const [unit, unitMs] = UNITS[at] ?? ["s", 1000];
  const rest = unit === "h" || unit === "d" ? UNITS[at + 1] : undefined;
  const more = rest && Math.floor((ms % unitMs) / rest[1]);
  return `${Math.max(1, Math.floor(ms / unitMs))} ${unit}${rest && more ? ` ${more} ${rest[0]}` : ""}`;
}
