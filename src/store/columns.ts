/**
 * How a row lies in a table of SQL: the fields of `INDEXED` as columns, everything else as one JSON text. The same for every engine.
 * It runs no statement. Invariant: column names come from `INDEXED` only, never from a caller's data.
 */
import { INDEXED, type Row, type RowBase, type TableFields, type TableName } from "../contract/tables.ts";

export type SqlValue = string | number | null;
/** One row as an engine reads it: column name → value. */
export type RawRow = Readonly<Record<string, unknown>>;

export const BASE_COLUMNS = ["seq", "id", "version", "tenant_id", "host", "actor_id", "created_at", "updated_at"] as const;

/** Order matters: `packFields` gives its values in this order. */
export function indexedColumns(table: TableName): string[] {
  return INDEXED[table].map(columnOf);
}

export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Undefined for a field that cannot be searched by. */
export function searchColumn(table: TableName, field: string): string | undefined {
  const fields: readonly string[] = INDEXED[table];
  return fields.includes(field) ? columnOf(field) : undefined;
}

/** The fields as column values: the indexed ones, then the JSON of the rest. Fields that are undefined are left out. */
export function packFields(table: TableName, fields: object): SqlValue[] {
  const rest: Record<string, unknown> = { ...fields };
  const values = INDEXED[table].map((field) => {
    const value = sqlValue(rest[field]);
    delete rest[field];
    return value;
  });
  return [...values, JSON.stringify(rest)];
}

/** The fields of a raw row, without what the engine adds to each. */
export function unpackFields<T extends TableName>(table: T, raw: RawRow): TableFields[T] {
  const fields = JSON.parse(String(raw["data"])) as Record<string, unknown>;
  for (const field of INDEXED[table]) fields[field] = raw[columnOf(field)];
  return fields as unknown as TableFields[T];
}

export function unpackRow<T extends TableName>(table: T, raw: RawRow): Row<T> {
  const base = {
    id: raw["id"],
    version: raw["version"],
    seq: raw["seq"],
    tenantId: raw["tenant_id"],
    host: raw["host"],
    actorId: raw["actor_id"],
    createdAt: raw["created_at"],
    updatedAt: raw["updated_at"],
  } as RowBase;
  return { ...unpackFields(table, raw), ...base } as unknown as Row<T>;
}

/** What a column can hold. Anything else in an indexed field is a mistake of the caller's. */
export function sqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`an indexed field holds text, a number or null, not ${typeof value}`);
}
