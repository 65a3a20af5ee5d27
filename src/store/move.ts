/**
 * Takes what an SQLite store holds to a PostgreSQL database that holds nothing yet: every row as it is, with its number and its version, so that
 * what waits goes on there and the audit log stays whole. All of it in one transaction: after a death in the middle nothing is there.
 */
import { existsSync, renameSync } from "node:fs";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { HubError } from "../contract/errors.ts";
import { type TableName, TABLE_NAMES } from "../contract/tables.ts";
import type { RawRow, SqlValue } from "./columns.ts";
import { lockFolder } from "./lock.ts";
import { migrate } from "./migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "./migrations/sqlite-migrations.ts";
import { fillPostgres } from "./postgres.ts";
import { change, readOne, type Script } from "./script.ts";
import { type Connection, openConnection } from "./sqlite-connection.ts";

export interface Moved {
  readonly rows: number;
  /** Where the file is now. */
  readonly keptAs: string;
}

/** Leases are of those who work on a database, and stay with it. */
const MOVED: readonly TableName[] = TABLE_NAMES.filter((table) => table !== "leases");
/** A statement of PostgreSQL takes 65,535 values, and a row has fewer than 20. */
const ROWS_A_STATEMENT = 500;

/**
 * The file is renamed at the end, so that no hub goes on with it by mistake. Rejects with `store_not_empty`, with `data_dir_locked` while a hub
 * runs in the folder, and like `createPostgresStore`; then nothing was moved. May be asked again after a death at any moment.
 */
export async function moveToServer({ url, dataDir }: { readonly url: string; readonly dataDir: string }): Promise<Moved> {
  const file = resolve(dataDir, "hub.db");
  const keptAs = `${file}.moved`;
  if (!existsSync(file)) throw new HubError("store_unreadable", { file, reason: "there is no such file" });
  if (existsSync(keptAs))
    throw new HubError("bad_request", { problems: `${keptAs} is there from an earlier move: put it elsewhere first` });
  const lock = lockFolder(dataDir);
  try {
    const rows = await fillFrom(file, url);
    renameSync(file, keptAs);
    return { rows, keptAs };
  } finally {
    lock.release();
  }
}

/** Closed before the end: only then is everything in the one file, and nothing in its log beside it. */
async function fillFrom(file: string, url: string): Promise<number> {
  const source = openConnection(file);
  try {
    migrate(source, SQLITE_MIGRATIONS);
    return await fillPostgres(url, (place) => copyRows(source, place));
  } finally {
    source.close();
  }
}

/** How many there are. A database that holds the very same is what an earlier move left, which died before it could rename the file. */
function* copyRows(source: Connection, place: string): Script<number> {
  const ours = MOVED.map((table) => summaryOf(source.one(summarySql(table))));
  const theirs: Summary[] = [];
  for (const table of MOVED) theirs.push(summaryOf(yield* readOne(summarySql(table))));
  const rows = ours.reduce((sum, { count }) => sum + count, 0);
  if (isDeepStrictEqual(ours, theirs)) return rows;
  if (theirs.some(({ count }) => count > 0)) throw new HubError("store_not_empty", { file: place });
  for (const table of MOVED) yield* copyTable(source, table);
  yield* change("UPDATE audit_length SET entries = ?", [lastNumber(source, "audit")]);
  return rows;
}

/** What tells tables with the same past from others. */
interface Summary {
  readonly count: number;
  readonly last: number;
  readonly changes: number;
}

function summarySql(table: TableName): string {
  return `SELECT count(*) AS count, max(seq) AS last, sum(version) AS changes FROM ${table}`;
}

function summaryOf(raw: RawRow | undefined): Summary {
  return { count: Number(raw?.["count"]), last: Number(raw?.["last"]), changes: Number(raw?.["changes"]) };
}

function* copyTable(source: Connection, table: TableName): Script<void> {
  for (let after = 0; ;) {
    const rows = source.all(`SELECT * FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${ROWS_A_STATEMENT}`, [after]);
    const [first] = rows;
    if (!first) break;
    const columns = Object.keys(first);
    const marks = `(${columns.map(() => "?").join(", ")})`;
    const values = rows.flatMap((row) => columns.map((column) => row[column] as SqlValue));
    yield* change(`INSERT INTO ${table} (${columns.join(", ")}) VALUES ${rows.map(() => marks).join(", ")}`, values);
    after = Number(rows.at(-1)?.["seq"]);
  }
  // The next row comes after all that ever were, also after those that are gone.
  const last = lastNumber(source, table);
  if (last > 0) yield* readOne("SELECT setval(pg_get_serial_sequence(?, 'seq'), ?)", [table, last]);
}

function lastNumber(source: Connection, table: TableName): number {
  return Number(source.one("SELECT seq FROM sqlite_sequence WHERE name = ?", [table])?.["seq"] ?? 0);
}
