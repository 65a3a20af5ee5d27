/**
 * Calls that the hub owes to programs: each is made again, after a growing while, until it is settled. What is owed lies in the store, so that neither
 * a death of the hub nor one of the receiver loses it; the receiver may hear it twice.
 */
import { z } from "zod";
import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import { put, remove, update, type Write } from "../contract/store.ts";
import type { Row, TableName } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";

const FIRST_WAIT_MS = 1000;

const tries = z.object({ attempts: z.number(), notBefore: z.number() });

/** What came of one try. */
export type Tried<T> =
  /** Its time has not come: tried when one of the watched rows changes. */
  | "waits"
  /** Tried again, as it stands now. `writes` are written with that, or nothing of it is when somebody changed one of the rows meanwhile. */
  | { readonly later: T; readonly writes?: readonly Write[] }
  /** Never tried again. Gives what is written with that; built again when somebody changed one of the rows meanwhile. */
  | { readonly settled: () => Promise<readonly Write[]> };

type Later<T> = Extract<Tried<T>, { readonly later: T }>;

export interface OwedCallsParts<T extends object> {
  readonly journal: Journal;
  readonly clock: Clock;
  /** What all of them begin with, in the store. */
  readonly prefix: string;
  readonly shape: z.ZodType<T>;
  /** The rows that say when the time of one has come. */
  readonly watched: TableName;
  readonly longestWaitMs: number;
  /** Takes seconds, and ends at once when `ended` is aborted: what came of it is then found out by the next life. */
  readonly attempt: (owed: T, ended: AbortSignal) => Promise<Tried<T>>;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

/** `id` begins with the prefix; the same again is owed once. */
export function owe<T extends object>(id: string, owed: T, now: number): Write {
  return put("kv", id, { value: valueOf(owed, { attempts: 0, notBefore: now }), expiresAt: null });
}

/** Begins at once. The returned function ends it, and resolves when no call is under way. */
export function keepCalling<T extends object>(parts: OwedCallsParts<T>): () => Promise<void> {
  const { journal, clock, prefix, shape, watched, longestWaitMs, attempt, log } = parts;
  const end = new AbortController();

  /** Makes every call whose time has come; gives the time of the next. */
  async function due(): Promise<number | undefined> {
    const rows = await journal.store.find("kv", { idPrefix: prefix, limit: Infinity });
    const next = (await Promise.all(rows.map(tryOnce))).filter((at) => at !== undefined);
    return next.length > 0 ? Math.min(...next) : undefined;
  }

  async function tryOnce(row: Row<"kv">): Promise<number | undefined> {
    const value: unknown = JSON.parse(row.value);
    const { attempts, notBefore } = tries.parse(value);
    if (notBefore > clock.now()) return notBefore;
    const tried = await attempt(shape.parse(value), end.signal);
    if (end.signal.aborted || tried === "waits") return undefined;
    if ("later" in tried) return later(row, tried, attempts + 1);
    await write(async () => [remove("kv", row.id), ...(await tried.settled())]);
    return undefined;
  }

  async function later(row: Row<"kv">, { later: owed, writes = [] }: Later<T>, attempts: number): Promise<number> {
    const notBefore = clock.now() + Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), longestWaitMs);
    await journal.commit({ ...HUB, writes: [update("kv", row, { value: valueOf(owed, { attempts, notBefore }) }), ...writes] });
    return notBefore;
  }

  async function write(build: () => Promise<Write[]>): Promise<void> {
    await journal.settle(HUB, async () => ({ writes: await build() }));
  }

  const alarm = createAlarm(clock, due, log);
  const unsubscribe = journal.onChange((tables) => void (tables.has(watched) && alarm.wake()));
  alarm.wake();
  return async () => {
    unsubscribe();
    end.abort();
    await alarm.stop();
  };
}

const HUB = { actorId: "hub", scope: "hub" };

function valueOf(owed: object, tried: z.output<typeof tries>): string {
  return JSON.stringify({ ...owed, ...tried });
}
