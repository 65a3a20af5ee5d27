/** How one table of the store is made in SQLite: the columns every row has, its own, and its indices. Used by migrations alone. */

export interface TableLayout {
  readonly name: string;
  readonly columns: readonly string[];
  readonly indices?: readonly string[];
}

const BASE = [
  "seq INTEGER PRIMARY KEY AUTOINCREMENT",
  "id TEXT NOT NULL UNIQUE",
  "version INTEGER NOT NULL",
  "tenant_id TEXT NOT NULL",
  "host TEXT NOT NULL",
  "actor_id TEXT NOT NULL",
  "created_at INTEGER NOT NULL",
  "updated_at INTEGER NOT NULL",
];

export function statementsOf({ name, columns, indices = [] }: TableLayout): string[] {
  const create = `CREATE TABLE ${name} (${[...BASE, ...columns, "data TEXT NOT NULL"].join(", ")})`;
  return [create, ...indices.map((over) => `CREATE INDEX ${indexName(name, over)} ON ${name} (${over})${notNull(over)}`)];
}

function indexName(table: string, over: string): string {
  return `${table}_by_${over.replaceAll(", ", "_and_")}`;
}

/** Columns that are null in most rows and searched by value only: the nulls stay out of the index. */
function notNull(over: string): string {
  const first = over.split(",")[0] ?? "";
  return ["coalesce_key", "subject", "digest", "inbox_id", "expires_at"].includes(first) ? ` WHERE ${first} IS NOT NULL` : "";
}
