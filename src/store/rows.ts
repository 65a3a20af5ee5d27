/**
 * What happens to single rows, as scripts. Invariant: every change of a row raises its version by one and says who caused it.
 */
import type { Origin } from "../contract/store.ts";
import type { TableName } from "../contract/tables.ts";
import { indexedColumns, packFields, type RawRow, type SqlValue } from "./columns.ts";
import { change, readOne, type Script } from "./script.ts";

/** Zero when there is no such row. */
export function* versionOf(table: TableName, id: string): Script<number> {
  const found = yield* readOne(`SELECT version FROM ${table} WHERE id = ?`, [id]);
  return Number(found?.["version"] ?? 0);
}

export interface Insertion {
  readonly table: TableName;
  readonly id: string;
  readonly fields: object;
  /** Its place in the order of the table. Default: after all that ever were. */
  readonly seq?: number;
}

/** False when the id is there already. */
export function* insertRow(origin: Origin, row: Insertion): Script<boolean> {
  return (yield* change(`${insertSql(row)} ON CONFLICT (id) DO NOTHING`, rowValues(origin, row))) === 1;
}

/** Inserts it or replaces what is there. */
export function* putRow(origin: Origin, row: Insertion): Script<void> {
  const { table } = row;
  const replaced = ["tenant_id", "host", "actor_id", "updated_at", ...indexedColumns(table), "data"];
  const assignments = replaced.map((column) => `${column} = excluded.${column}`).join(", ");
  const sql = `${insertSql(row)} ON CONFLICT (id) DO UPDATE SET version = ${table}.version + 1, ${assignments}`;
  yield* change(sql, rowValues(origin, row));
}

interface Change {
  readonly table: TableName;
  readonly id: string;
  /** Absent: whatever version is there. */
  readonly version?: number;
}

/** False when there is no such row or it has another version. `next` gives the fields from the row as it is. */
export function* changeRow(origin: Origin, { table, id, version }: Change, next: (raw: RawRow) => object): Script<boolean> {
  const raw = yield* readOne(`SELECT * FROM ${table} WHERE id = ?`, [id]);
  if (!raw || (version !== undefined && raw["version"] !== version)) return false;
  const assignments = [...indexedColumns(table), "data"].map((column) => `${column} = ?`).join(", ");
  const sql = `UPDATE ${table} SET version = version + 1, tenant_id = ?, host = ?, actor_id = ?, updated_at = ?, ${assignments} WHERE id = ?`;
  yield* change(sql, [origin.tenantId, origin.host, origin.actorId, origin.at, ...packFields(table, next(raw)), id]);
  return true;
}

function insertSql({ table, seq }: Insertion): string {
  const base = ["id", "version", "tenant_id", "host", "actor_id", "created_at", "updated_at", ...indexedColumns(table), "data"];
  const columns = seq === undefined ? base : ["seq", ...base];
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
}

function rowValues({ tenantId, host, actorId, at }: Origin, { table, id, fields, seq }: Insertion): SqlValue[] {
  return [...(seq === undefined ? [] : [seq]), id, 1, tenantId, host, actorId, at, at, ...packFields(table, fields)];
}
