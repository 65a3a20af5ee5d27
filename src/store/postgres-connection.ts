/**
 * Connections to one PostgreSQL server: transactions one after the other, a server that restarts waited for, errors as HubErrors.
 * It knows no table but the one of its own marks. Invariants: what was committed is never told as failed, nor the other way round: where the
 * answer to a COMMIT is lost the database is asked what became of it, however long that takes; and no password is in any error.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { type Clock, within } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import type { RawRow, SqlValue } from "./columns.ts";
import { isMissingTable, isPassing, postgresError } from "./postgres-errors.ts";
import { numbered, placeOf, readable, storable } from "./postgres-text.ts";
import type { Script } from "./script.ts";

/** Of one hub: one writes, the rest are for reading. */
const MOST_CONNECTIONS = 5;
const CONNECT_MS = 5000;
/** How long a server that cannot be reached is waited for, such as one that restarts, before whoever asks is told. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 250;
/** The server ends a statement after this. */
export const STATEMENT_MS = 15_000;
/** A server that has gone without a word is given up so much later than one that only takes long. */
const SILENCE_MS = 5000;
/** A hub that was paused in the middle of a transaction keeps the others waiting no longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** How long connections that wait for a word of the server keep a hub from ending. */
const CLOSE_MS = 1000;
/** Whoever holds this is the only one to change anything, so that `seq` rises in the order of the commits. */
const WRITERS_LOCK = 7_077_001;
const BEGIN = `BEGIN; SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`;

/**
 * What every transaction leaves behind, so that it can be asked for: its number, in the row of whoever made it. Transaction ids of the server's
 * would not do: after a crash it may give the same one again.
 */
export const MARKS = "CREATE TABLE marks (writer TEXT PRIMARY KEY, number BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL)";
const INT8 = 20;

export interface PostgresConnection {
  /** The server and the database, without user and password. */
  readonly place: string;
  /** `patienceMs`: how long a server that cannot be reached is waited for. */
  read(sql: string, values?: readonly SqlValue[], patienceMs?: number): Promise<RawRow[]>;
  /** See `Engine.transact`. */
  transact<T>(script: () => Script<T>, isKept: (result: T) => boolean): Promise<T>;
  /** May be called twice. What waits for the server is told. */
  close(): Promise<void>;
}

export interface PostgresParts {
  readonly url: string;
  /** Where tables are found. */
  readonly schema: string;
  readonly clock: Clock;
  /** How long one statement may take; 0 for ever. Default `STATEMENT_MS`. */
  readonly statementMs?: number | undefined;
}

/** Connects when it is first asked for something. */
export function connectPostgres({ url, schema, clock, statementMs = STATEMENT_MS }: PostgresParts): PostgresConnection {
  const place = placeOf(url);
  const writer = randomUUID();
  let number = 0;
  let lastTransaction: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const settings = `SET search_path TO ${schema}; SET statement_timeout = ${statementMs};
    SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: statementMs && statementMs + SILENCE_MS,
    keepAlive: true,
    application_name: "mos-hub",
    types: { getTypeParser },
    onConnect: async (client) => void (await client.query(settings)),
  });
  // Of a connection nobody is using: the next one who needs it gets another.
  pool.on("error", () => {});

  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(ms, resolve));

  /** Again until the deadline while the server cannot be reached, so `work` must leave nothing behind when it fails. */
  async function patiently<T>(work: () => Promise<T>, deadline: number): Promise<T> {
    for (;;) {
      if (closing) throw new HubError("store_failed", { file: place, reason: "it is closed" });
      try {
        return await work();
      } catch (thrown) {
        if (!isPassing(thrown) || clock.now() >= deadline) throw thrown;
        await wait(RETRY_MS);
      }
    }
  }

  async function told<T>(asked: Promise<T>): Promise<T> {
    return asked.catch((thrown: unknown) => {
      throw postgresError(thrown, place);
    });
  }

  const ask = async (client: pg.Pool | pg.PoolClient, sql: string, values: readonly SqlValue[]): Promise<pg.QueryResult<RawRow>> =>
    told(client.query<RawRow>(numbered(sql), values.map(storable)));

  /** A connection that fails is not used again; what it had begun is undone by the server. */
  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await told(pool.connect());
    // One that ends between two statements says so here; the next statement rejects.
    const ignore = (): void => {};
    client.on("error", ignore);
    let failed = true;
    try {
      const result = await work(client);
      failed = false;
      return result;
    } finally {
      client.off("error", ignore);
      client.release(failed);
    }
  }

  async function play<T>(client: pg.PoolClient, script: Script<T>): Promise<T> {
    let step = script.next();
    while (step.done !== true) {
      const { rows, rowCount } = await ask(client, step.value.sql, step.value.values);
      step = script.next({ row: rows[0] && readable(rows[0]), changes: rowCount ?? 0 });
    }
    return step.value;
  }

  const once = <T>(script: () => Script<T>, isKept: (result: T) => boolean): Promise<T> =>
    withClient(async (client) => {
      await told(client.query(BEGIN));
      const result = await play(client, script());
      if (!isKept(result)) {
        await told(client.query("ROLLBACK"));
        return result;
      }
      const mark = (number += 1);
      await told(client.query(commitSql(writer, mark))).catch(async (thrown: unknown) => {
        if (!(await isKeptAtLast(mark))) throw thrown;
      });
      return result;
    });

  async function isKeptAtLast(mark: number): Promise<boolean> {
    for (;;) {
      try {
        return await isCommitted(mark);
      } catch (thrown) {
        // The process ends: whoever asked is not there either.
        if (closing) throw thrown;
        await wait(RETRY_MS);
      }
    }
  }

  /** Asked under the lock: until it is given the one in doubt may not be over, though its connection is. */
  const isCommitted = (mark: number): Promise<boolean> =>
    withClient(async (client) => {
      await told(client.query(BEGIN));
      const { rows } = await ask(client, "SELECT 1 FROM marks WHERE writer = ? AND number = ?", [writer, mark]);
      await told(client.query("ROLLBACK"));
      return rows.length === 1;
    }).catch((thrown: unknown) => {
      // Not even the table: it was the transaction that makes it.
      if (isMissingTable(thrown)) return false;
      throw thrown;
    });

  return {
    place,
    async read(sql, values = [], patienceMs = PATIENCE_MS) {
      const { rows } = await patiently(() => ask(pool, sql, values), clock.now() + patienceMs);
      return rows.map(readable);
    },
    transact(script, isKept) {
      // From now: those that wait in line do not wait one after the other for the server, too.
      const deadline = clock.now() + PATIENCE_MS;
      // A mark is asked for before the next one takes its place.
      const mine = lastTransaction.then(() => patiently(() => once(script, isKept), deadline));
      lastTransaction = mine.catch(() => {});
      return mine;
    },
    close: () => (closing ??= within(clock, CLOSE_MS, pool.end())),
  };
}

/** The first of a writer takes along the marks of those that are long gone. */
function commitSql(writer: string, mark: number): string {
  const sweep = mark === 1 ? "DELETE FROM marks WHERE at < now() - interval '30 days';" : "";
  return `${sweep} INSERT INTO marks VALUES ('${writer}', ${mark}, now())
    ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at; COMMIT`;
}

/** Whole numbers of this size (a `seq`, a count) are exact as numbers for longer than any hub lives. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  return oid === INT8 ? Number : pg.types.getTypeParser(oid, format as "text");
}
