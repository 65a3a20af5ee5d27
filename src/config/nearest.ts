/** The name somebody probably meant. */
import { distance } from "fastest-levenshtein";

/** The known name nearest to `typed`, when at most one letter in `lettersPerSlip` differs; undefined when none is near. Case is ignored. */
export function nearestOf(typed: string, known: readonly string[], lettersPerSlip = 2): string | undefined {
  const wanted = typed.toLowerCase();
  const near = known
    .map((name) => ({ name, slips: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= Math.max(wanted.length, name.length) / lettersPerSlip)
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.name;
}
