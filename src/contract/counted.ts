/** Numbers for people. Pure. */

/** "1 turn", "2 turns": a number and its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A length of time in its largest unit, and the next one where that has something to say: `14 min`, `3 h 5 min`, `2 d`. */
export function lasting(ms: number): string {
  const at = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const [unit, unitMs] = UNITS[at] ?? ["s", 1000];
  const rest = unit === "h" || unit === "d" ? UNITS[at + 1] : undefined;
  const more = rest && Math.floor((ms % unitMs) / rest[1]);
  return `${Math.max(1, Math.floor(ms / unitMs))} ${unit}${rest && more ? ` ${more} ${rest[0]}` : ""}`;
}

/** How long something took, to the second below an hour: `3 s`, `1 min 12 s`, `5 h 20 min`. */
export function tookWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return "under 1 s";
  if (seconds < 60 || seconds >= 3600) return lasting(seconds * 1000);
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? "" : ` ${seconds % 60} s`}`;
}
