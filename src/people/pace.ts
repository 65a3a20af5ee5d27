/**
 * How much one person may say in a minute, over all their accounts. Counted in memory, and after a start from the journal, so that a restart
 * forgives nothing. Control (commands, decisions, presses) is never limited, nor is what was said long before it came, as after an absence of
 * the hub.
 */
import type { Clock } from "../clock.ts";
import { intentOf } from "../commands.ts";
import { HubError } from "../contract/errors.ts";
import type { PersonEvent } from "../contract/message.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

const WINDOW_MS = 60_000;
/** Of the journal at most so many rows are read for each account. */
const MOST_ROWS = 1000;

export interface Pace {
  /** Throws `too_many_messages`, which says when to go on. */
  refuseTooMany(person: Row<"people">, event: PersonEvent): Promise<void>;
  /** It is written down. */
  took(person: Row<"people">, event: PersonEvent): void;
}

export interface PaceParts {
  readonly store: StoreReader;
  readonly clock: Pick<Clock, "now">;
  /** In a minute. */
  readonly max: number;
}

export function createPace({ store, clock, max }: PaceParts): Pace {
  /** When each message within the window came, the oldest first, by person. */
  const recent = new Map<string, number[]>();

  async function timesOf(person: Row<"people">): Promise<number[]> {
    const read = recent.get(person.id) ?? (await timesInJournal(store, person, clock.now()));
    const times = (recent.get(person.id) ?? read).filter((at) => isRecent(at, clock.now()));
    recent.set(person.id, times);
    return times;
  }

  return {
    async refuseTooMany(person, event) {
      if (!isCounted(event, clock.now())) return;
      const waitMs = waitFor(await timesOf(person), max, clock.now());
      if (waitMs > 0) throw new HubError("too_many_messages", { max, seconds: Math.ceil(waitMs / 1000) });
    },
    took(person, event) {
      if (isCounted(event, clock.now())) recent.get(person.id)?.push(clock.now());
    },
  };
}

async function timesInJournal(store: StoreReader, { accounts }: Row<"people">, now: number): Promise<number[]> {
  const ofAccounts = accounts.map(({ account, sender }) =>
    store.find("inbox", { where: { account, sender }, newestFirst: true, limit: MOST_ROWS }),
  );
  return (await Promise.all(ofAccounts))
    .flat()
    .filter((row) => isRecent(row.createdAt, now) && isCounted(row.event, row.createdAt))
    .map(({ createdAt }) => createdAt)
    .sort((a, b) => a - b);
}

/** Ms until another message may come, 0 when it may now. `recent`: when those within the window came, the oldest first, epoch ms. */
export function waitFor(recent: readonly number[], max: number, now: number): number {
  const first = recent[recent.length - max];
  return first === undefined ? 0 : Math.max(0, first + WINDOW_MS - now);
}

/** Not what a clock that was set back left in the future. */
function isRecent(at: number, now: number): boolean {
  return at > now - WINDOW_MS && at <= now;
}

/** Of a refused event nothing but its row is left; it counts. */
export function isCounted(event: PersonEvent | null, at: number): boolean {
  if (event === null) return true;
  if (event.type !== "message" || intentOf(event.text).type !== "talk") return false;
  return !(at - Date.parse(event.ts) > WINDOW_MS);
}
