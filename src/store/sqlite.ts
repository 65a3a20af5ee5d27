/**
 * The SQLite engine of the store: one file, one process that writes. Invariant: what a transaction has kept survives the end of the process
 * at any moment (write-ahead log, `synchronous = FULL`).
 */
import { HubError } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import type { Engine } from "./engine.ts";
import { migrate, requireLatest } from "./migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "./migrations/sqlite-migrations.ts";
import { readOne, type Script } from "./script.ts";
import { type Connection, openConnection } from "./sqlite-connection.ts";
import { isFull } from "./sqlite-errors.ts";
import { storeOver } from "./store-over.ts";

export interface SqliteOptions {
  /** Created when missing, unless `readOnly`. Its folder must exist. */
  readonly file: string;
  /** For looking at a store whose hub may be running or not: every change rejects. Default false. */
  readonly readOnly?: boolean;
}

/** Rejects with HubError `store_unreadable`, `store_newer`, `store_full` or `store_failed`; the file is then as it was. */
export async function createSqliteStore({ file, readOnly = false }: SqliteOptions): Promise<Store> {
  const database = openConnection(file, { readOnly });
  try {
    (readOnly ? requireLatest : migrate)(database, SQLITE_MIGRATIONS);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return storeOver(engineOf(database, readOnly));
}

function engineOf(database: Connection, isReadOnly: boolean): Engine {
  return {
    place: database.file,
    isReadOnly,
    *nextAuditNumber() {
      const counted = yield* readOne("SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
      return Number(counted?.["seq"] ?? 0) + 1;
    },
    read: async (sql, values) => database.all(sql, values),
    transact: async (script, isKept) =>
      database.transaction(() => {
        const result = play(database, script());
        return { keep: isKept(result), result };
      }),
    async check() {
      database.one("SELECT 1");
      if (isFull(database.file)) throw new HubError("store_full", { file: database.file });
    },
    close: async () => database.close(),
  };
}

function play<T>(database: Connection, script: Script<T>): T {
  let step = script.next();
  while (step.done !== true) {
    const { sql, values, gives } = step.value;
    step = script.next(gives === "row" ? { row: database.one(sql, values), changes: 0 } : { changes: database.run(sql, values) });
  }
  return step.value;
}
