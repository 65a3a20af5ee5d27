/** The PostgreSQL engine against a real server that refuses, is killed, restarts, stands still and loses the wire at the worst moments. */
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify.ts";
import { audit, insert, type Store } from "../../src/contract/store.ts";
import { HubError } from "../../src/contract/errors.ts";
import { foregroundClock } from "../../src/clock.ts";
import { migratePostgres, POSTGRES_MIGRATIONS, SCHEMA } from "../../src/store/migrations/postgres-migrations.ts";
import { connectPostgres } from "../../src/store/postgres-connection.ts";
import { createPostgresStore, type PostgresOptions } from "../../src/store/postgres.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/hub-process.ts";
import { POSTGRES_PASSWORD, type PostgresServer, startPostgres, whyNoPostgres } from "../support/postgres.ts";
import { layWire, type PostgresWire } from "../support/postgres-wire.ts";
import { committer, takeFence, usageFields } from "../support/stores.ts";

const reason = whyNoPostgres();

describe.skipIf(reason !== undefined)(`PostgreSQL${reason === undefined ? "" : ` (${reason})`}`, () => {
  let server: PostgresServer;
  let wire: PostgresWire;
  const opened: Store[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    wire = await layWire(server.port);
  });
  afterEach(async () => {
    wire.onSent(() => "pass");
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    await wire.close();
    await server.end();
  });

  async function open(url: string, more: Partial<PostgresOptions> = {}): Promise<Store> {
    const store = await createPostgresStore({ url, ...more });
    opened.push(store);
    return store;
  }
  const troubleOf = (store: Store): Promise<string> =>
    store.check().then(
      () => "",
      ({ message }: Error) => message,
    );
  const one = (id: string) => [insert("usage", id, usageFields()), audit("tested", id, {})];
  const ids = async (store: Store) => (await store.find("usage")).map(({ id }) => id);

  describe("what cannot be used is refused in words, without the password", () => {
    const refusal = async (url: string, more: Partial<PostgresOptions> = {}): Promise<HubError> => {
      const thrown = await open(url, more).then(
        () => expect.unreachable("it opened"),
        (error: unknown) => error,
      );
      expect(inspect(thrown, { depth: 20, showHidden: true })).not.toContain(POSTGRES_PASSWORD);
      expect(thrown).toBeInstanceOf(HubError);
      return thrown as HubError;
    };

    test("nothing listens", async () => {
      const port = await freePort();
      const { code, message } = await refusal(`postgres://hub:${POSTGRES_PASSWORD}@127.0.0.1:${port}/hub`);
      expect(code).toBe("store_unreachable");
      expect(message).toBe(`The database postgresql://127.0.0.1:${port}/hub cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}.`);
    });

    test("a name nobody knows", async () => {
      const { code, message } = await refusal(`postgres://hub:${POSTGRES_PASSWORD}@db.invalid/hub`);
      expect(code).toBe("store_unreachable");
      expect(message).toContain("The database postgresql://db.invalid/hub cannot be reached: getaddrinfo");
    });

    test("a wrong password, at once", async () => {
      const url = await server.database();
      const wrong = `${POSTGRES_PASSWORD}-not`;
      const { code, message } = await refusal(url.replace(POSTGRES_PASSWORD, wrong));
      expect(code).toBe("store_unreachable");
      expect(message).toContain('cannot be reached: password authentication failed for user "hub".');
    });

    test("no password", async () => {
      const { code } = await refusal((await server.database()).replace(`:${POSTGRES_PASSWORD}`, ""));
      expect(code).toBe("store_unreachable");
    });

    test("a database that is not there, at once", async () => {
      const { code, message } = await refusal((await server.database()).replace(/hub\d+$/, "nowhere"));
      expect(code).toBe("store_unreachable");
      expect(message).toContain('cannot be reached: database "nowhere" does not exist.');
    });

    test("no URL at all", async () => {
      expect((await refusal(`postgres://hub:${POSTGRES_PASSWORD}@[not an address/hub`)).code).toBe("config_invalid");
    });

    test("a server that is too old", async () => {
      const { code, message } = await refusal(await server.database(), { oldestServer: 99 });
      expect(code).toBe("store_unsuitable");
      expect(message).toMatch(/cannot be used: its server is PostgreSQL 18\.\d+, and 99 is the oldest that will do\.$/);
    });

    test("a database in another encoding", async () => {
      const { code, message } = await refusal(await server.database("ENCODING 'SQL_ASCII' TEMPLATE template0"));
      expect(code).toBe("store_unsuitable");
      expect(message).toContain("its encoding is SQL_ASCII and not UTF8");
    });

    test("a user who may make nothing there; an administrator may make the schema for them", async () => {
      const url = await server.database();
      const name = `guest${new URL(url).pathname.slice(1)}`;
      await server.ask(`CREATE ROLE ${name} LOGIN PASSWORD '${POSTGRES_PASSWORD}'`);
      const asGuest = url.replace("//hub:", `//${name}:`);
      const { code, message } = await refusal(asGuest);
      expect(code).toBe("store_unsuitable");
      expect(message).toContain("permission denied for database");
      await server.ask(`CREATE SCHEMA mos_hub AUTHORIZATION ${name}`, url);
      expect(await ids(await open(asGuest))).toEqual([]);
    });

    test("another program's schema of our name, and a newer layout: both stay as they are", async () => {
      const foreign = await server.database();
      await server.ask("CREATE SCHEMA mos_hub; CREATE TABLE mos_hub.pets (name text)", foreign);
      expect((await refusal(foreign)).message).toContain("its schema mos_hub belongs to another program");
      expect(await server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'mos_hub'", foreign)).toEqual([{ tablename: "pets" }]);
      const newer = await server.database();
      await open(newer);
      await server.ask("UPDATE mos_hub.layout SET number = 999", newer);
      expect((await refusal(newer)).code).toBe("store_newer");
      expect((await refusal(newer, { readOnly: true })).code).toBe("store_newer");
    });

    test("nothing there yet, for who only looks: nothing is made", async () => {
      const url = await server.database();
      expect((await refusal(url, { readOnly: true })).code).toBe("store_unreadable");
      expect(await server.ask("SELECT 1 FROM pg_namespace WHERE nspname = 'mos_hub'", url)).toEqual([]);
    });
  });

  test("two that open an empty database at once make its tables once", async () => {
    const url = await server.database();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    expect(await Promise.all(stores.map((store) => store.count("usage")))).toEqual([0, 0, 0, 0]);
  });

  test("tables of an older version are brought up to date with what is in them, and a version that looks only waits for that", async () => {
    const url = await server.database();
    const old = connectPostgres({ url, schema: SCHEMA, clock: foregroundClock });
    await migratePostgres(old, POSTGRES_MIGRATIONS.slice(0, 1));
    await old.close();
    await server.ask("INSERT INTO mos_hub.kv VALUES (7, 'k', 1, 'main', 'node-1', 'hub', 1, 1, null, '{\"value\":\"v\"}')", url);
    await expect(createPostgresStore({ url, readOnly: true })).rejects.toMatchObject({ code: "store_unreadable" });
    const store = await open(url);
    expect(await store.get("kv", "k")).toMatchObject({ value: "v", expiresAt: null, seq: 7 });
    expect(await store.count("budgets")).toBe(0);
  });

  describe("the wire is cut in the middle of a commit", () => {
    /** Each commit meets the mishap once; what is there in the end. */
    async function commitsThrough(mishap: "cut" | "cut after" | "hush", rounds: number, more: Partial<PostgresOptions> = {}) {
      const url = await server.database();
      const store = await open(wire.through(url), more);
      const commit = committer(store, await takeFence(store));
      for (let n = 0; n < rounds; n += 1) {
        let met = 0;
        wire.onSent((sent) => (sent.includes("COMMIT") && (met += 1) === 1 ? mishap : "pass"));
        expect(await commit(one(`u${n}`)), "an insert that is done twice is a conflict").toEqual({ ok: true });
        expect(met).toBeGreaterThanOrEqual(1);
      }
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: rounds });
      return ids(store);
    }
    const ten = Array.from({ length: 10 }, (_, n) => `u${n}`);

    test("before the server hears of it: it is done again", async () => expect(await commitsThrough("cut", 10)).toEqual(ten));
    test("after that: the database is asked, and it is not done again", async () =>
      expect(await commitsThrough("cut after", 10)).toEqual(ten));
    test("it goes silent rather than down: the same", async () =>
      expect(await commitsThrough("hush", 1, { statementMs: 300 })).toEqual(["u0"]));

    test("while the server itself does not know yet: it is waited for", async () => {
      const url = await server.database();
      const store = await open(wire.through(url));
      const commit = committer(store, await takeFence(store));
      // A commit now waits for a standby there is none of.
      await server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
      await server.ask("SELECT pg_reload_conf()");
      await until(
        "the setting holds",
        async () => (await server.ask("SHOW synchronous_standby_names"))[0]?.["synchronous_standby_names"] === "nobody",
      );
      let isCut = false;
      let isOver = false;
      wire.onSent((sent) => (sent.includes("COMMIT") && !isCut ? ((isCut = true), "cut after") : "pass"));
      const committing = commit(one("u")).finally(() => (isOver = true));
      try {
        await until("somebody asks what became of it", async () => {
          const waiting = await server.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'");
          return isCut && waiting.length > 0;
        });
        expect(isOver).toBe(false);
      } finally {
        await server.ask("ALTER SYSTEM RESET synchronous_standby_names");
        await server.ask("SELECT pg_reload_conf()");
      }
      expect(await committing).toEqual({ ok: true });
      expect(await ids(store)).toEqual(["u"]);
    });

    test("in the middle of the first migration", async () => {
      for (const mishap of ["cut", "cut after"] as const) {
        const url = await server.database();
        let met = 0;
        wire.onSent((sent) => (sent.includes("COMMIT") && (met += 1) === 1 ? mishap : "pass"));
        expect(await ids(await open(wire.through(url)))).toEqual([]);
        expect(met).toBeGreaterThanOrEqual(1);
      }
    });

    test("and the store is closed before the outcome is known: whoever waits is told", async () => {
      const store = await open(wire.through(await server.database()));
      const commit = committer(store, await takeFence(store));
      wire.onSent(() => "cut");
      const told = commit(one("u")).catch((thrown: HubError) => thrown.code);
      await store.close();
      expect(await told).toBe("store_failed");
    });
  });

  describe("the server goes", () => {
    test("killed and started again under ten writers: all that was told is there, nothing twice", { timeout: 120_000 }, async () => {
      const store = await open(await server.database());
      const commit = committer(store, await takeFence(store));
      const acknowledged: string[] = [];
      let isOver = false;
      const writers = Array.from({ length: 10 }, async (_, writer) => {
        for (let n = 0; !isOver; n += 1) {
          expect(await commit(one(`w${writer}:${n}`)), "an insert that is done twice is a conflict").toEqual({ ok: true });
          acknowledged.push(`w${writer}:${n}`);
        }
      });
      for (let kills = 0; kills < 5; kills += 1) {
        const before = acknowledged.length;
        await until("they are at work", () => acknowledged.length > before + 20);
        await server.kill();
        await server.start();
      }
      isOver = true;
      await Promise.all(writers);
      const found = await store.find("usage", { limit: 1_000_000 });
      expect(found.map(({ id }) => id).toSorted()).toEqual(acknowledged.toSorted());
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: acknowledged.length });
      console.log(`5 kills of the server, ${acknowledged.length} commits acknowledged, all found once`);
    });

    test("for longer than anybody waits: whoever asks is told, and it goes on by itself", { timeout: 120_000 }, async () => {
      const store = await open(await server.database());
      const commit = committer(store, await takeFence(store));
      await commit(one("before"));
      await server.stop();
      try {
        const started = Date.now();
        await expect(store.check()).rejects.toMatchObject({ code: "store_unreachable" });
        expect(Date.now() - started, "health does not wait").toBeLessThan(5000);
        const refused = { code: "store_unreachable", message: expect.stringContaining("ECONNREFUSED") };
        const asked = Date.now();
        const commits = ["a", "b", "c", "d"].map((id) => expect(commit(one(id))).rejects.toMatchObject(refused));
        await Promise.all([...commits, expect(store.get("usage", "u")).rejects.toMatchObject(refused)]);
        expect(Date.now() - asked, "they wait side by side").toBeLessThan(20_000);
      } finally {
        await server.start();
      }
      await store.check();
      expect(await commit(one("after"))).toEqual({ ok: true });
      expect(await ids(store)).toEqual(["before", "after"]);
    });

    test("and refuses the login since: said, and mended without a restart of the hub", async () => {
      const url = await server.database();
      const name = `clerk${new URL(url).pathname.slice(1)}`;
      await server.ask(
        `CREATE ROLE ${name} LOGIN PASSWORD '${POSTGRES_PASSWORD}'; GRANT CREATE ON DATABASE ${new URL(url).pathname.slice(1)} TO ${name}`,
      );
      const store = await open(url.replace("//hub:", `//${name}:`));
      const commit = committer(store, await takeFence(store));
      await server.ask(`ALTER ROLE ${name} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${name}'`);
      await expect.poll(() => troubleOf(store)).toContain("is not permitted to log in");
      await expect(commit(one("u"))).rejects.toMatchObject({ code: "store_unreachable" });
      await server.ask(`ALTER ROLE ${name} LOGIN`);
      expect(await commit(one("u"))).toEqual({ ok: true });
    });
  });

  test("a table that is locked by somebody: the statement ends in time, and the next one goes on", async () => {
    const url = await server.database();
    const store = await open(url, { statementMs: 300 });
    const commit = committer(store, await takeFence(store));
    const holding = server.ask("BEGIN; LOCK TABLE mos_hub.usage; SELECT pg_sleep(5); COMMIT", url);
    await until(
      "it is locked",
      async () =>
        (
          await server.ask(
            "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'mos_hub.usage'::regclass",
            url,
          )
        ).length > 0,
    );
    const refused = { code: "store_failed", message: expect.stringContaining("statement timeout") };
    await expect(store.find("usage")).rejects.toMatchObject(refused);
    await expect(commit(one("u"))).rejects.toMatchObject(refused);
    await holding;
    expect(await commit(one("u"))).toEqual({ ok: true });
    expect(await ids(store)).toEqual(["u"]);
  });

  test("however much is asked at once, a hub has five connections", async () => {
    const url = await server.database();
    const store = await open(url);
    const commit = committer(store, await takeFence(store));
    const work = Promise.all(Array.from({ length: 300 }, async (_, n) => (n % 3 === 0 ? commit(one(`u${n}`)) : store.find("usage"))));
    let most = 0;
    let isOver = false;
    void work.finally(() => (isOver = true));
    await until("it is done", async () => {
      const own = await server.ask(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'mos-hub' AND datname = '${new URL(url).pathname.slice(1)}'`,
      );
      most = Math.max(most, own.length);
      return isOver;
    });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
    expect(await store.count("usage")).toBe(100);
  });

  test("a server that only reads is no health", async () => {
    const url = await server.database();
    const store = await open(url);
    const database = new URL(url).pathname.slice(1);
    await server.ask(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    await server.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
    await expect.poll(() => troubleOf(store)).toContain("its server only reads");
  });
});
