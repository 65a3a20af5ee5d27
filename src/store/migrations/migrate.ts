/**
 * Brings a database to the layout this version knows, one migration after the other, each in a transaction of its own with the
 * number it leads to: after a crash the database has the old layout or the new one, never half of it.
 */
import { HubError } from "../../contract/errors.ts";
import type { Connection } from "../sqlite-connection.ts";

export interface Migration {
  /** The layout it leads to; it starts from the one before. */
  readonly layout: number;
  readonly statements: readonly string[];
}

/**
 * Prepares the connection for writing and does nothing more where there is nothing to do. Throws HubError `store_newer` for a layout above the last migration's, and
 * `store_unreadable` for a database of some other program; neither is touched.
 */
export function migrate(database: Connection, migrations: readonly Migration[]): void {
  checkLayout(database, migrations);
  database.prepareForWriting();
  for (const migration of migrations) {
    database.transaction(() => {
      // Read again inside: another process may have been faster.
      if (layoutOf(database) >= migration.layout) return { keep: false, result: undefined };
      for (const statement of migration.statements) database.exec(statement);
      database.exec(`PRAGMA user_version = ${migration.layout}`);
      return { keep: true, result: undefined };
    });
  }
}

/** For a database that may not be changed: `store_unreadable` also when a migration is missing. */
export function requireLatest(database: Connection, migrations: readonly Migration[]): void {
  checkLayout(database, migrations);
  if (layoutOf(database) < latest(migrations)) {
    throw unreadable(database, "it has an older layout, which is brought up to date when the hub starts");
  }
}

function checkLayout(database: Connection, migrations: readonly Migration[]): void {
  const found = layoutOf(database);
  const known = latest(migrations);
  if (found > known) throw new HubError("store_newer", { file: database.file, found, known });
  const foreign = found === 0 && database.one("SELECT name FROM sqlite_master LIMIT 1") !== undefined;
  if (foreign) throw unreadable(database, "it belongs to another program");
}

function unreadable(database: Connection, reason: string): HubError {
  return new HubError("store_unreadable", { file: database.file, reason });
}

function latest(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.layout ?? 0;
}

function layoutOf(database: Connection): number {
  return Number(database.one("PRAGMA user_version")?.["user_version"]);
}
