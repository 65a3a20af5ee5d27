/** What people are told of a time in which an account did not hear them. Pure. */
import type { CaughtUp } from "../contract/connector.ts";
import { lasting } from "../contract/counted.ts";

/** A shorter absence in which nothing was missed is nobody's business. */
const WORTH_SAYING_MS = 120_000;

/** Undefined: nothing worth saying. */
export function awayWords({ fetched, awayMs = 0, isPartial = false }: CaughtUp): string | undefined {
  if (fetched === 0 && awayMs < WORTH_SAYING_MS) return undefined;
  const missing = isPartial ? " Some may be missing: please repeat what has no answer." : "";
  return `I was away${awayMs > 0 ? ` ${lasting(awayMs)}` : ""}; ${countOf(fetched, isPartial)}.${missing}`;
}

/** Of an account whose platform gives nothing back. Undefined: nothing worth saying. */
export function deafWords(awayMs: number): string | undefined {
  if (awayMs < WORTH_SAYING_MS) return undefined;
  return `I was away ${lasting(awayMs)} and did not hear what was said meanwhile. Please repeat what has no answer.`;
}

function countOf(fetched: number, isPartial: boolean): string {
  if (fetched === 0) return isPartial ? "no message could be fetched" : "nothing was said meanwhile";
  return fetched === 1 ? "1 message fetched" : `${fetched} messages fetched`;
}
