/**
 * One handle on one SQLite file: prepared statements kept, transactions that never outlive a call, errors as HubErrors.
 * It knows no table. Invariant: a transaction begins and ends inside one synchronous call, so no await can slip in.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { sqliteError } from "./sqlite-errors.ts";
import type { RawRow, SqlValue } from "./columns.ts";

/** How long SQLite waits for another process (a backup, a reader of old) to let go. The whole hub stands still meanwhile. */
const BUSY_TIMEOUT_MS = 2000;
/** The write-ahead log is cut back to this size after a burst. */
const JOURNAL_LIMIT_BYTES = 16 * 1024 * 1024;

const DURABLY = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES}`;
/** SQLite opens a file it may not write without a word, and even lets a transaction for writing begin; only a write tells. */
const WRITING_PROBE = "BEGIN IMMEDIATE; CREATE TABLE writing_probe (a); ROLLBACK";

export interface Connection {
  readonly file: string;
  /** Sets how changes reach the disk. The file is only read before this, so that one that is not ours stays as it was. */
  prepareForWriting(): void;
  exec(sql: string): void;
  /** How many rows changed. */
  run(sql: string, values?: readonly SqlValue[]): number;
  one(sql: string, values?: readonly SqlValue[]): RawRow | undefined;
  all(sql: string, values?: readonly SqlValue[]): RawRow[];
  /** Committed when `work` returns `keep: true`, undone when it does not or throws. */
  transaction<T>(work: () => { readonly keep: boolean; readonly result: T }): T;
  /** May be called twice. */
  close(): void;
}

export function openConnection(file: string, { readOnly = false } = {}): Connection {
  const database = opened(file, readOnly);
  const statements = new Map<string, StatementSync>();
  let phase: "opening" | "working" = "opening";

  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      throw sqliteError(thrown, file, phase);
    }
  };

  const run = (sql: string, values: readonly SqlValue[] = []): number => guarded(() => Number(prepared(sql).run(...values).changes));
  return {
    file,
    prepareForWriting() {
      guarded(() => database.exec(DURABLY));
      guarded(() => database.exec(WRITING_PROBE));
      phase = "working";
    },
    exec: (sql) => guarded(() => database.exec(sql)),
    run,
    one: (sql, values = []) => guarded(() => prepared(sql).get(...values)),
    all: (sql, values = []) => guarded(() => prepared(sql).all(...values)),
    transaction(work) {
      run("BEGIN IMMEDIATE");
      try {
        const { keep, result } = work();
        run(keep ? "COMMIT" : "ROLLBACK");
        return result;
      } catch (thrown) {
        // SQLite has already undone it by itself after some errors, a full disk among them.
        if (database.isTransaction) run("ROLLBACK");
        throw thrown;
      }
    },
    close() {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };
}

function opened(file: string, readOnly: boolean): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: false });
    // SQLite looks into the file only now.
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return database;
  } catch (thrown) {
    if (database?.isOpen) database.close();
    throw sqliteError(thrown, file, "opening");
  }
}
