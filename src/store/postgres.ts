/**
 * The PostgreSQL engine of the store, for a database on another machine or one that several hubs take turns on. Invariant: what a transaction has
 * kept is durable on the server (`synchronous_commit` as the server has it, which is on unless somebody turned it off).
 */
import { type Clock, foregroundClock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import { unpackRow } from "./columns.ts";
import type { Engine } from "./engine.ts";
import { layoutOf, migratePostgres, requireLatestPostgres, SCHEMA } from "./migrations/postgres-migrations.ts";
import { connectPostgres, type PostgresConnection } from "./postgres-connection.ts";
import { isDenied } from "./postgres-errors.ts";
import { readOne, type Script } from "./script.ts";
import { storeOver } from "./store-over.ts";

/** The oldest that its makers still mend (https://www.postgresql.org/support/versioning/, read 2026-11). */
const OLDEST_SERVER = 14;

export interface PostgresOptions {
  /** `postgres://user:password@host/database`. Not through a pooler that lends connections out for a transaction only. */
  readonly url: string;
  /** For looking while a hub runs or not: every change rejects. Default false. */
  readonly readOnly?: boolean;
  readonly clock?: Clock;
  /** How long one statement may take. Default 15 s. Making the tables may take longer. */
  readonly statementMs?: number;
  /** Major version. Default 14. */
  readonly oldestServer?: number;
}

/**
 * Rejects with HubError `store_unreachable`, `store_unsuitable`, `store_unreadable`, `store_newer`, `store_full` or `store_failed`; nothing was
 * changed then.
 */
export async function createPostgresStore(options: PostgresOptions): Promise<Store> {
  const { url, readOnly = false, clock = foregroundClock, statementMs } = options;
  await preparing(options, readOnly ? requireLatestPostgres : migratePostgres);
  return storeOver(engineOf(connectPostgres({ url, schema: SCHEMA, clock, statementMs }), readOnly));
}

/** Makes the tables where they are missing and plays a script in one transaction, however long it takes. Rejects like `createPostgresStore`. */
export async function fillPostgres<T>(url: string, script: (place: string) => Script<T>): Promise<T> {
  return preparing({ url }, async (connection) => {
    await migratePostgres(connection);
    return connection.transact(
      () => script(connection.place),
      () => true,
    );
  });
}

async function preparing<T>(options: PostgresOptions, work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
  const { url, clock = foregroundClock, oldestServer = OLDEST_SERVER } = options;
  const connection = connectPostgres({ url, schema: SCHEMA, clock, statementMs: 0 });
  try {
    await requireServer(connection, oldestServer);
    return await work(connection);
  } catch (thrown) {
    throw isDenied(thrown) ? unsuitable(connection.place, String(thrown.details["reason"])) : thrown;
  } finally {
    await connection.close();
  }
}

/** What is there, in words. Waits for nobody; rejects like `createPostgresStore`, and changes nothing. */
export async function lookAtPostgres(url: string): Promise<string> {
  const connection = connectPostgres({ url, schema: SCHEMA, clock: foregroundClock });
  const { place } = connection;
  try {
    const version = await requireServer(connection, OLDEST_SERVER, 0);
    const layout = await layoutOf(connection);
    const [raw] = layout === 0 ? [] : await connection.read("SELECT * FROM leases WHERE id = ?", ["hub"]);
    const holder = raw && unpackRow("leases", raw).holder;
    const state = layout === 0 ? "; its tables are made at the first start" : holder ? `; the hub ${holder} works on it, or has died` : "";
    return `PostgreSQL ${version}, ${place}${state}`;
  } finally {
    await connection.close();
  }
}

/** Resolves with its version. */
async function requireServer({ place, read }: PostgresConnection, oldest: number, patienceMs?: number): Promise<string> {
  const [server] = await read(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name, current_setting('server_encoding') AS encoding",
    [],
    patienceMs,
  );
  const { number, name, encoding } = server ?? {};
  if (Number(number) < oldest * 10_000)
    throw unsuitable(place, `its server is PostgreSQL ${String(name)}, and ${oldest} is the oldest that will do`);
  if (encoding !== "UTF8") throw unsuitable(place, `its encoding is ${String(encoding)} and not UTF8`);
  return String(name);
}

function unsuitable(place: string, reason: string): HubError {
  return new HubError("store_unsuitable", { file: place, reason });
}

function engineOf({ place, read, transact, close }: PostgresConnection, isReadOnly: boolean): Engine {
  return {
    place,
    isReadOnly,
    *nextAuditNumber() {
      const counted = yield* readOne("UPDATE audit_length SET entries = entries + 1 RETURNING entries");
      return Number(counted?.["entries"]);
    },
    read,
    transact,
    async check() {
      const [now] = await read("SELECT current_setting('transaction_read_only') AS refuses", [], 0);
      if (now?.["refuses"] === "on") throw new HubError("store_failed", { file: place, reason: "its server only reads" });
    },
    close,
  };
}
