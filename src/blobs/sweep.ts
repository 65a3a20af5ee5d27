/**
 * Removes files that no row names: uploads that were never sent, and what a crash left between a file and its row.
 * Looks at the rows only when a file is old enough. Invariant: a file is removed only when every table was read to its end and none named it.
 */
import { rmSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row, TableName } from "../contract/tables.ts";
import { HASH } from "./blobs.ts";

/** Far longer than any row can lag behind its file. */
export const ORPHAN_AFTER_MS = 24 * 60 * 60 * 1000;
/** Rows read at once: the hub answers people in between. */
const BATCH = 200;
/** Where a file may be named. `kv`: what connectors keep. */
const TABLES = ["inbox", "turns", "outbox", "kv"] as const satisfies readonly TableName[];

export interface SweepParts {
  readonly dir: string;
  readonly store: StoreReader;
  readonly now: () => number;
  /** True as soon as it is no longer wanted; nothing is removed then. */
  readonly isOver?: () => boolean;
}

export interface SweepingParts extends Pick<SweepParts, "dir" | "store"> {
  readonly clock: Clock;
  readonly log: { info(facts: Record<string, unknown>, text: string): void; warn(facts: Record<string, unknown>, text: string): void };
}

/** Sweeps now and once a day. The returned function ends it, and resolves when nothing is being read or removed. */
export function keepSweeping({ dir, store, clock, log }: SweepingParts): () => Promise<void> {
  let cancel = (): void => {};
  let isOver = false;
  let last = Promise.resolve();
  const sweep = (): void => {
    last = sweepBlobs({ dir, store, now: clock.now, isOver: () => isOver })
      .then((removed) => void (removed > 0 && log.info({ removed }, "files that nothing names were removed")))
      .catch((thrown: unknown) => log.warn({ err: thrown }, "the folder of files could not be swept; it is tried again in a day"));
    cancel = clock.setTimer(ORPHAN_AFTER_MS, sweep);
  };
  sweep();
  return async () => {
    isOver = true;
    cancel();
    await last;
  };
}

/** How many files were removed. Rejects when the rows cannot be read, and then nothing was removed. */
export async function sweepBlobs({ dir, store, now, isOver = () => false }: SweepParts): Promise<number> {
  const old = await oldFiles(dir, now());
  for (const table of TABLES) if (old.size > 0) await keepNamed(table, { store, isOver }, old);
  let removed = 0;
  for (const path of old.values()) {
    // It may have been kept again while the rows were read.
    if (isOver() || !isOld(path, now())) continue;
    rmSync(path, { force: true });
    removed += 1;
  }
  return removed;
}

/** Hash → path. */
async function oldFiles(dir: string, now: number): Promise<Map<string, string>> {
  const old = new Map<string, string>();
  for (const folder of await namesIn(dir)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of await namesIn(join(dir, folder))) {
      const path = join(dir, folder, name);
      if (HASH.test(name) && isOld(path, now)) old.set(name, path);
    }
  }
  return old;
}

function isOld(path: string, now: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && now - found.mtimeMs >= ORPHAN_AFTER_MS;
}

async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}

/** Takes out what a row of the table names. A hash in any text of the row counts: too much kept is no harm. */
async function keepNamed(
  table: (typeof TABLES)[number],
  { store, isOver }: Required<Pick<SweepParts, "store" | "isOver">>,
  old: Map<string, string>,
): Promise<void> {
  let rows: Row<TableName>[];
  let afterSeq = 0;
  do {
    rows = await store.find(table, { afterSeq, limit: BATCH });
    for (const row of rows) for (const [hash] of JSON.stringify(row).matchAll(/[0-9a-f]{64}/g)) old.delete(hash);
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
  } while (rows.length === BATCH && old.size > 0 && !isOver());
}
