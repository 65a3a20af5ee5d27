/**
 * The writes of a unit of work as SQLite statements, one after the other inside a transaction somebody else holds.
 * Invariant: every change of a row raises its version by one and says who caused it; the audit log is only ever appended to.
 */
import { auditId, chainHash, CHAIN_START, wellFormedEntry } from "../audit/chain.ts";
import { HubError } from "../contract/errors.ts";
import type { AuditWrite, Origin, UnitOfWork, Write } from "../contract/store.ts";
import type { AuditFields, TableName } from "../contract/tables.ts";
import { indexedColumns, packFields, type RawRow, type SqlValue, unpackFields } from "./columns.ts";
import type { Connection } from "./sqlite-connection.ts";

/** Which row was not as the writer had seen it. */
export interface Conflict {
  readonly table: TableName;
  readonly id: string;
}

/** Where to, and on whose behalf. */
export interface Writing {
  readonly database: Connection;
  readonly origin: Origin;
}

/** Stops at the first conflict; the caller then undoes what was written before it. */
export function applyUnit(database: Connection, unit: UnitOfWork): Conflict | undefined {
  for (const { table, id, version } of unit.expect ?? []) {
    if (versionOf(database, table, id) !== version) return { table, id };
  }
  const writing = { database, origin: unit.origin };
  for (const write of unit.writes) {
    if (write.op === "audit") appendAudit(writing, write);
    else if (!applyWrite(writing, write)) return { table: write.table, id: write.id };
  }
  return undefined;
}

export function tablesOf(unit: UnitOfWork): ReadonlySet<TableName> {
  return new Set(unit.writes.map((write) => (write.op === "audit" ? "audit" : write.table)));
}

/** Zero when there is no such row. */
export function versionOf(database: Connection, table: TableName, id: string): number {
  return Number(database.one(`SELECT version FROM ${table} WHERE id = ?`, [id])?.["version"] ?? 0);
}

/** False on a conflict. */
function applyWrite(writing: Writing, write: Exclude<Write, AuditWrite>): boolean {
  refuseGuarded(writing.database, write.table);
  switch (write.op) {
    case "insert":
      return insertRow(writing, write.table, write.id, write.fields);
    case "put":
      putRow(writing, write.table, write.id, write.fields);
      return true;
    case "update":
      return changeRow(writing, write, (raw) => ({ ...unpackFields(write.table, raw), ...write.set }));
    case "add":
      return (
        insertRow(writing, write.table, write.id, write.fields) ||
        changeRow(writing, write, (raw) => added(unpackFields(write.table, raw), write.add))
      );
    case "delete":
      writing.database.run(`DELETE FROM ${write.table} WHERE id = ?`, [write.id]);
      return true;
  }
}

/** These two prove something only while nobody writes them by hand. */
function refuseGuarded(database: Connection, table: TableName): void {
  const reason = table === "audit" ? "the audit log is only appended to" : table === "leases" ? "leases are taken, not written" : undefined;
  if (reason) throw new HubError("store_failed", { file: database.file, reason });
}

/** False when the id is there already. */
export function insertRow({ database, origin }: Writing, table: TableName, id: string, fields: object): boolean {
  return database.run(`${insertSql(table)} ON CONFLICT (id) DO NOTHING`, rowValues(origin, id, packFields(table, fields))) === 1;
}

function putRow({ database, origin }: Writing, table: TableName, id: string, fields: object): void {
  const replaced = ["tenant_id", "host", "actor_id", "updated_at", ...indexedColumns(table), "data"];
  const assignments = replaced.map((column) => `${column} = excluded.${column}`).join(", ");
  const sql = `${insertSql(table)} ON CONFLICT (id) DO UPDATE SET version = version + 1, ${assignments}`;
  database.run(sql, rowValues(origin, id, packFields(table, fields)));
}

interface Change {
  readonly table: TableName;
  readonly id: string;
  /** Absent: whatever version is there. */
  readonly version?: number;
}

/** False when there is no such row or it has another version. `next` gives the fields from the row as it is. */
export function changeRow({ database, origin }: Writing, change: Change, next: (raw: RawRow) => object): boolean {
  const { table, id, version } = change;
  const raw = database.one(`SELECT * FROM ${table} WHERE id = ?`, [id]);
  if (!raw || (version !== undefined && raw["version"] !== version)) return false;
  const assignments = [...indexedColumns(table), "data"].map((column) => `${column} = ?`).join(", ");
  const sql = `UPDATE ${table} SET version = version + 1, tenant_id = ?, host = ?, actor_id = ?, updated_at = ?, ${assignments} WHERE id = ?`;
  database.run(sql, [origin.tenantId, origin.host, origin.actorId, origin.at, ...packFields(table, next(raw)), id]);
  return true;
}

function added(fields: object, amounts: object): object {
  const held = new Map<string, unknown>(Object.entries(fields));
  const sums = Object.entries(amounts).map(([field, amount]) => [field, Number(held.get(field) ?? 0) + Number(amount)]);
  return { ...fields, ...Object.fromEntries(sums) };
}

function appendAudit({ database, origin }: Writing, { entry }: AuditWrite): void {
  // SQLite's own count of the rows there ever were: unlike the last row it does not fall back when the end of the log is cut off.
  const counted = database.one("SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
  const seq = Number(counted?.["seq"] ?? 0) + 1;
  const last = database.one("SELECT * FROM audit ORDER BY seq DESC LIMIT 1");
  const previousHash = last ? unpackFields("audit", last).hash : CHAIN_START;
  const base = { id: auditId(seq), ...wellFormedOrigin(origin), createdAt: origin.at };
  const stored = wellFormedEntry(entry);
  const fields: AuditFields = { ...stored, previousHash, hash: chainHash(previousHash, stored, base) };
  insertRow({ database, origin }, "audit", base.id, fields);
}

function wellFormedOrigin({ tenantId, host, actorId }: Origin): Omit<Origin, "at"> {
  return { tenantId: tenantId.toWellFormed(), host: host.toWellFormed(), actorId: actorId.toWellFormed() };
}

function insertSql(table: TableName): string {
  const columns = ["id", "version", "tenant_id", "host", "actor_id", "created_at", "updated_at", ...indexedColumns(table), "data"];
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
}

function rowValues(origin: Origin, id: string, fields: readonly SqlValue[]): SqlValue[] {
  return [id, 1, origin.tenantId, origin.host, origin.actorId, origin.at, origin.at, ...fields];
}
