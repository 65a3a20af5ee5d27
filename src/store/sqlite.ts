/**
 * The SQLite engine of the store: one file, one process that writes. It owns the connection; callers see rows and units of work,
 * never SQL. Invariant: what `commit` has resolved with `ok: true` survives the end of the process at any moment
 * (write-ahead log, `synchronous = FULL`).
 */
import { HubError } from "../contract/errors.ts";
import type { CommitResult, Store, UnitOfWork } from "../contract/store.ts";
import type { TableName } from "../contract/tables.ts";
import { unpackRow } from "./columns.ts";
import { migrate, requireLatest } from "./migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "./migrations/sqlite-migrations.ts";
import { countSql, selectSql } from "./query.ts";
import { type Connection, openConnection } from "./sqlite-connection.ts";
import { acquireLease, isFenceValid, releaseLease, renewLease } from "./sqlite-leases.ts";
import { applyUnit, tablesOf } from "./sqlite-writes.ts";
import { isFull } from "./sqlite-errors.ts";

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
  return storeOver(database, readOnly);
}

function storeOver(database: Connection, readOnly: boolean): Store {
  const listeners = new Set<(tables: ReadonlySet<TableName>) => void>();

  const announce = (tables: ReadonlySet<TableName>): void => {
    if (tables.size === 0) return;
    // Not before the commit is over: a listener may commit itself.
    for (const listener of listeners) queueMicrotask(() => listener(tables));
  };
  const refuseReadOnly = (): void => {
    if (readOnly) throw new HubError("store_failed", { file: database.file, reason: "it was opened for reading only" });
  };

  return {
    async get(table, id) {
      const raw = database.one(`SELECT * FROM ${table} WHERE id = ?`, [id]);
      return raw && unpackRow(table, raw);
    },
    async find(table, query = {}) {
      const { sql, values } = selectSql(table, query);
      return database.all(sql, values).map((raw) => unpackRow(table, raw));
    },
    async count(table, where) {
      const { sql, values } = countSql(table, where);
      return Number(database.one(sql, values)?.["n"]);
    },
    async commit(unit) {
      refuseReadOnly();
      const result = commitNow(database, unit);
      if (result.ok) announce(tablesOf(unit));
      return result;
    },
    async check() {
      database.one("SELECT 1");
      if (isFull(database.file)) throw new HubError("store_full", { file: database.file });
    },
    async acquireLease(name, holder, ttlMs, now) {
      refuseReadOnly();
      const fence = acquireLease(database, { name, holder, expiresAt: now + ttlMs, now });
      if (fence) announce(new Set(["leases"]));
      return fence;
    },
    async renewLease(fence, ttlMs, now) {
      refuseReadOnly();
      return renewLease(database, fence, now + ttlMs, now);
    },
    async releaseLease(fence) {
      refuseReadOnly();
      if (releaseLease(database, fence)) announce(new Set(["leases"]));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      database.close();
    },
  };
}

function commitNow(database: Connection, unit: UnitOfWork): CommitResult {
  return database.transaction<CommitResult>(() => {
    if (!isFenceValid(database, unit.fence)) return { keep: false, result: { ok: false, why: "fenced", lease: unit.fence.lease } };
    const conflict = applyUnit(database, unit);
    if (conflict) return { keep: false, result: { ok: false, why: "conflict", ...conflict } };
    return { keep: true, result: { ok: true } };
  });
}
