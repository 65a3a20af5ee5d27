/**
 * Brings a PostgreSQL database to the layout this version knows: the migrations of SQLite in the other's words, in a schema of our own, and all
 * that are missing in one transaction, so that after a crash the database has the old layout or the new one, never half of it.
 */
import { HubError } from "../../contract/errors.ts";
import { MARKS, type PostgresConnection } from "../postgres-connection.ts";
import { inPostgres } from "../postgres-text.ts";
import { change, readOne, type Script } from "../script.ts";
import type { Migration } from "./migrate.ts";
import { SQLITE_MIGRATIONS } from "./sqlite-migrations.ts";

/** The hub's own, so that a database may be shared with other programs. */
export const SCHEMA = "mos_hub";

/** SQLite counts by itself what was ever in a table. */
const AUDIT_LENGTH = ["CREATE TABLE audit_length (entries BIGINT NOT NULL)", "INSERT INTO audit_length VALUES (0)"];

export const POSTGRES_MIGRATIONS: readonly Migration[] = SQLITE_MIGRATIONS.map(({ layout, statements }) => ({
  layout,
  statements: [...(layout === 1 ? [...AUDIT_LENGTH, MARKS] : []), ...statements.map(inPostgres)],
}));

/** Rejects with `store_newer` and `store_unreadable` as for SQLite; then nothing was changed. */
export async function migratePostgres(connection: PostgresConnection, migrations = POSTGRES_MIGRATIONS): Promise<void> {
  await connection.transact(
    () => migrateScript(connection.place, migrations),
    (hasChanged) => hasChanged,
  );
}

/** Zero where there is nothing yet. Rejects like `migratePostgres`. */
export async function layoutOf({ place, transact }: PostgresConnection, migrations = POSTGRES_MIGRATIONS): Promise<number> {
  return transact(
    () => layoutScript(place, migrations),
    () => false,
  );
}

/** For a database that may not be changed: `store_unreadable` also when a migration is missing. */
export async function requireLatestPostgres(connection: PostgresConnection, migrations = POSTGRES_MIGRATIONS): Promise<void> {
  if ((await layoutOf(connection, migrations)) < latest(migrations))
    throw unreadable(connection.place, "it has an older layout, which is brought up to date when the hub starts");
}

function* migrateScript(place: string, migrations: readonly Migration[]): Script<boolean> {
  const found = yield* layoutScript(place, migrations);
  const missing = migrations.filter(({ layout }) => layout > found);
  if (missing.length === 0) return false;
  if (found === 0) {
    // Asked first: IF NOT EXISTS would need the right to create one even where an administrator has made it.
    const schema = yield* readOne("SELECT 1 FROM pg_namespace WHERE nspname = ?", [SCHEMA]);
    if (!schema) yield* change(`CREATE SCHEMA ${SCHEMA}`);
    yield* change("CREATE TABLE layout (number BIGINT NOT NULL)");
    yield* change("INSERT INTO layout VALUES (0)");
  }
  for (const { statements } of missing) for (const statement of statements) yield* change(statement);
  yield* change("UPDATE layout SET number = ?", [latest(migrations)]);
  return true;
}

/** Zero where there is nothing yet. Throws for what is not ours, or newer than we are. */
function* layoutScript(place: string, migrations: readonly Migration[]): Script<number> {
  const known = latest(migrations);
  const tables = yield* readOne("SELECT count(*) AS n FROM pg_tables WHERE schemaname = ?", [SCHEMA]);
  if (Number(tables?.["n"]) === 0) return 0;
  const ours = yield* readOne("SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'layout'", [SCHEMA]);
  if (!ours) throw unreadable(place, `its schema ${SCHEMA} belongs to another program`);
  const found = Number((yield* readOne("SELECT number FROM layout"))?.["number"]);
  if (found > known) throw new HubError("store_newer", { file: place, found, known });
  return found;
}

function unreadable(place: string, reason: string): HubError {
  return new HubError("store_unreadable", { file: place, reason });
}

function latest(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.layout ?? 0;
}
