import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { INDEXED, TABLE_NAMES } from "../../../src/contract/tables.ts";
import { BASE_COLUMNS, columnOf } from "../../../src/store/columns.ts";
import { migrate, type Migration, requireLatest } from "../../../src/store/migrations/migrate.ts";
import { SQLITE_MIGRATIONS } from "../../../src/store/migrations/sqlite-migrations.ts";
import { type Connection, openConnection } from "../../../src/store/sqlite-connection.ts";
import { temporaryFolder } from "../../support/stores.ts";

const DIE = fileURLToPath(new URL("../../support/die-migrating.ts", import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
let database: Connection;

beforeEach(() => {
  folder = temporaryFolder();
  database = openConnection(join(folder.dir, "hub.db"));
});
afterEach(() => {
  database.close();
  folder.dispose();
});

const layout = () => Number(database.one("PRAGMA user_version")?.["user_version"]);
const schema = () => database.all("SELECT name, sql FROM sqlite_master ORDER BY name");
const later: Migration = { layout: SQLITE_MIGRATIONS.length + 1, statements: ["CREATE TABLE later (a)", "INSERT INTO later VALUES (1)"] };

test("layouts are numbered without a gap, so that the number says which ran", () => {
  expect(SQLITE_MIGRATIONS.map((migration) => migration.layout)).toEqual(SQLITE_MIGRATIONS.map((_, n) => n + 1));
});

test("the tables have the columns that may be searched, and no others", () => {
  migrate(database, SQLITE_MIGRATIONS);
  for (const table of TABLE_NAMES) {
    const columns = database.all(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => name);
    expect(columns.toSorted(), `the columns of ${table}`).toEqual([...BASE_COLUMNS, ...INDEXED[table].map(columnOf), "data"].toSorted());
  }
});

test("running again changes nothing", () => {
  migrate(database, SQLITE_MIGRATIONS);
  const before = schema();
  migrate(database, SQLITE_MIGRATIONS);
  expect(schema()).toEqual(before);
});

test("a later version brings an older database on, rows and all", () => {
  migrate(database, SQLITE_MIGRATIONS);
  database.exec(
    "INSERT INTO usage (id, version, tenant_id, host, actor_id, created_at, updated_at, hour, data) VALUES ('u', 1, '', '', '', 0, 0, 7, '{}')",
  );
  migrate(database, [...SQLITE_MIGRATIONS, later]);
  expect(layout()).toBe(later.layout);
  expect(database.one("SELECT hour FROM usage")).toEqual({ hour: 7 });
});

test("a migration that fails leaves the old layout", () => {
  migrate(database, SQLITE_MIGRATIONS);
  const before = schema();
  const broken = { ...later, statements: [...later.statements, "CREATE TABLE nonsense"] };
  expect(() => migrate(database, [...SQLITE_MIGRATIONS, broken])).toThrow("refused a change");
  expect({ layout: layout(), schema: schema() }).toEqual({ layout: SQLITE_MIGRATIONS.length, schema: before });
  migrate(database, [...SQLITE_MIGRATIONS, later]);
  expect(layout()).toBe(later.layout);
});

test.each([1, 5, 20])("killed with -9 after statement %i, the database has the old layout and can be brought on", (after) => {
  database.close();
  const file = join(folder.dir, "hub.db");
  const child = spawnSync(process.execPath, [DIE, file, String(after)], { encoding: "utf8" });
  expect(child).toMatchObject({ signal: "SIGKILL", stderr: "" });
  database = openConnection(file);
  expect({ layout: layout(), schema: schema() }).toEqual({ layout: 0, schema: [] });
  migrate(database, SQLITE_MIGRATIONS);
  expect(layout()).toBe(SQLITE_MIGRATIONS.length);
});

describe("refused and left alone", () => {
  test("a database of a newer version", () => {
    migrate(database, [...SQLITE_MIGRATIONS, later]);
    const before = schema();
    const newer = expect.objectContaining({
      code: "store_newer",
      details: { file: database.file, found: later.layout, known: SQLITE_MIGRATIONS.length },
    });
    expect(() => migrate(database, SQLITE_MIGRATIONS)).toThrow(newer);
    expect(() => requireLatest(database, SQLITE_MIGRATIONS)).toThrow(newer);
    expect({ layout: layout(), schema: schema() }).toEqual({ layout: later.layout, schema: before });
  });

  test("a database of another program", () => {
    database.exec("CREATE TABLE songs (title)");
    expect(() => migrate(database, SQLITE_MIGRATIONS)).toThrow(expect.objectContaining({ code: "store_unreadable" }));
    expect(schema().map(({ name }) => name)).toEqual(["songs"]);
  });

  test("an older one, by whoever may only read", () => {
    migrate(database, SQLITE_MIGRATIONS);
    expect(() => requireLatest(database, SQLITE_MIGRATIONS)).not.toThrow();
    expect(() => requireLatest(database, [...SQLITE_MIGRATIONS, later])).toThrow("older layout");
  });
});

test("a commit is on the disk before it is acknowledged", () => {
  migrate(database, SQLITE_MIGRATIONS);
  expect(database.one("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
  expect(database.one("PRAGMA synchronous"), "2 is FULL").toEqual({ synchronous: 2 });
});

/** The searches that run at every step, which must not grow slower as the tables grow. */
const HOT = [
  ["outbox", "SELECT * FROM outbox WHERE state = ? ORDER BY seq ASC LIMIT ?"],
  ["outbox", "SELECT * FROM outbox WHERE state = ? AND lane = ? ORDER BY seq ASC LIMIT ?"],
  ["outbox", "SELECT * FROM outbox WHERE lane = ? AND coalesce_key = ? AND state = ? ORDER BY seq ASC LIMIT ?"],
  ["outbox", "SELECT * FROM outbox WHERE subject = ? ORDER BY seq ASC LIMIT ?"],
  ["outbox", "SELECT * FROM outbox WHERE account = ? AND state IN (?, ?) ORDER BY seq ASC LIMIT ?"],
  ["inbox", "SELECT * FROM inbox WHERE status = ? ORDER BY seq ASC LIMIT ?"],
  ["inbox", "SELECT * FROM inbox WHERE session_key = ? AND status = ? ORDER BY seq ASC LIMIT ?"],
  ["turns", "SELECT * FROM turns WHERE session_key = ? AND state IN (?, ?) ORDER BY seq ASC LIMIT ?"],
  ["turns", "SELECT * FROM turns WHERE inbox_id = ? ORDER BY seq ASC LIMIT ?"],
  ["approvals", "SELECT * FROM approvals WHERE code = ? ORDER BY seq ASC LIMIT ?"],
  ["approvals", "SELECT * FROM approvals WHERE state = ? AND expires_at < ? ORDER BY seq ASC LIMIT ?"],
  ["approvals", "SELECT * FROM approvals WHERE digest = ? AND state = ? ORDER BY seq ASC LIMIT ?"],
  ["copies", "SELECT * FROM copies WHERE subject = ? ORDER BY seq ASC LIMIT ?"],
  ["bindings", "SELECT * FROM bindings WHERE session_key = ? ORDER BY seq ASC LIMIT ?"],
  ["kv", "SELECT * FROM kv WHERE id >= ? AND id < ? ORDER BY seq ASC LIMIT ?"],
] as const;

test.each(HOT)("%s is searched by an index: %s", (table, sql) => {
  migrate(database, SQLITE_MIGRATIONS);
  const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
  expect(plan[0]).toMatch(new RegExp(`^SEARCH ${table} USING INDEX`));
});
