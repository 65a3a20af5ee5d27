/** A hub that has outgrown its file: what it holds goes to a real PostgreSQL server whole, or stays where it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { put } from "../../src/contract/store.ts";
import { TABLE_NAMES } from "../../src/contract/tables.ts";
import { openStore } from "../../src/store/open.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { POSTGRES_PASSWORD, type PostgresServer, startPostgres, whyNoPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/repository.ts";

const reason = whyNoPostgres();
const PIN = "739215";
const BIN = join(ROOT, "src/cli/mos-hub.mjs");

describe.skipIf(reason !== undefined)(`moving to PostgreSQL (${reason ?? "a real server"})`, { timeout: 120_000 }, () => {
  let server: PostgresServer;
  const hubs: HubProcess[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    for (const hub of hubs.splice(0)) await hub.end();
  });
  afterAll(() => server.end());

  async function createHub(): Promise<HubProcess> {
    const hub = await createHubProcess({ MOS_HUB_PIN: PIN });
    hubs.push(hub);
    return hub;
  }

  /** The program on the same folder and an empty database: `mos-hub` with these words. */
  async function onServer(hub: HubProcess) {
    const url = await server.database();
    const env = { ...process.env, MOS_HUB_DATA_DIR: hub.dataDir, MOS_HUB_DATABASE_URL: url };
    const begin = (...words: string[]) => spawn(process.execPath, [BIN, ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
    return {
      url,
      begin,
      async run(...words: string[]) {
        const child = begin(...words);
        let printed = "";
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
        const [code] = (await once(child, "close")) as [number];
        expect(printed).not.toContain(POSTGRES_PASSWORD);
        return { code, printed };
      },
    };
  }

  async function everythingIn(dataDir: string, url?: string) {
    const store = await openStore({ url, dataDir, readOnly: true });
    try {
      const tables = TABLE_NAMES.filter((table) => table !== "leases");
      return Object.fromEntries(
        await Promise.all(tables.map(async (table) => [table, await store.find(table, { limit: Infinity })] as const)),
      );
    } finally {
      await store.close();
    }
  }

  /** A store as many messages leave it, one of them with what PostgreSQL cannot keep as it is. */
  async function fill(dataDir: string, rows: number): Promise<void> {
    const store = await openStore({ dataDir });
    const fence = await store.acquireLease("hub", "a test", 1000, 1000);
    if (!fence) throw new Error("the lease is somebody else's");
    const origin = { tenantId: "default", host: "here", actorId: "hub", at: 1000 };
    const values = Array.from({ length: rows }, (_, n) =>
      put("kv", `row ${n}`, { value: `\u0000 \u0001 \u{1F600} ${n}`, expiresAt: null }),
    );
    await store.commit({ fence, origin, writes: [...values, { op: "delete", table: "kv", id: `row ${rows - 1}` }] });
    await store.close();
  }

  test("everything goes along, what waits for people too, and the hub goes on with it there", async () => {
    const hub = await createHub();
    await hub.start();
    expect((await hub.cli("chat", "--once", "hello", "--thread", "old")).events.at(-1)).toMatchObject({ outcome: "done" });
    expect((await hub.cli("deploy", "announce", "--app", "shop", "--environment", "production", "--state", "building")).code).toBe(0);
    const asking = hub.cli("chat", "--once", "approve red", "--thread", "gate");
    const pending = async () => ((await hub.cli("approvals", "list")).events[0]?.["approvals"] ?? []) as { code: string }[];
    await until("something waits for a decision", async () => (await pending()).length === 1);
    const [waits] = await pending();
    await hub.terminate();
    const held = await everythingIn(hub.dataDir);
    const audit = (await hub.cli("audit", "head")).events[0];
    const said = await hub.shell("export");
    expect(said.stdout).toContain("hello");

    const { url, run } = await onServer(hub);
    const early = await run("start");
    expect([early.code, early.printed]).toEqual([78, expect.stringContaining("mos-hub store move`")]);
    expect((await run("doctor")).printed).toMatch(/store: PostgreSQL .*hub\.db in the data folder is not part of it/);
    const moved = await run("store", "move");
    expect([moved.code, moved.printed]).toEqual([0, expect.stringMatching(/^Moved \d+ rows\. .*hub\.db\.moved\.\n$/)]);
    expect(await readdir(hub.dataDir)).toEqual(expect.arrayContaining(["hub.db.moved"]));
    expect((await readdir(hub.dataDir)).filter((name) => /^hub\.db(-|$)/.test(name))).toEqual([]);
    expect(await everythingIn(hub.dataDir, url)).toEqual(held);

    expect(await run("export")).toEqual({ code: 0, printed: said.stdout });

    await hub.start({ MOS_HUB_DATABASE_URL: url });
    expect(await pending()).toMatchObject([{ code: waits?.code }]);
    expect((await hub.cli("approvals", "approve", waits?.code ?? "", "--pin", PIN)).code).toBe(0);
    // Whoever asked has waited all the while.
    expect((await asking).events.at(-1)).toMatchObject({ outcome: "done" });
    expect((await hub.cli("deploy", "list")).stdout).toContain('"shop"');
    expect((await hub.cli("chat", "--once", "hello again", "--thread", "old")).events.at(-1)).toMatchObject({ outcome: "done" });
    await hub.terminate();
    const verified = await hub.cli("audit", "verify", "--head", `${String(audit?.["number"])}:${String(audit?.["hash"])}`);
    expect(verified.events[0]).toMatchObject({ ok: true });
    const inbox = (await everythingIn(hub.dataDir, url))["inbox"] ?? [];
    expect(inbox.length).toBeGreaterThan(held["inbox"]?.length ?? 0);
    expect(inbox.map(({ id }) => id).slice(0, held["inbox"]?.length)).toEqual(held["inbox"]?.map(({ id }) => id));
  });

  test("what any text holds arrives as it was, in its order, and what comes later comes after all that ever were", async () => {
    const hub = await createHub();
    await fill(hub.dataDir, 1234);
    const held = await everythingIn(hub.dataDir);
    const { url, run } = await onServer(hub);
    expect(await run("store", "move")).toMatchObject({ code: 0, printed: expect.stringContaining("Moved 1233 rows.") });
    expect(await everythingIn(hub.dataDir, url)).toEqual(held);
    const [next] = await server.ask("SELECT nextval(pg_get_serial_sequence('mos_hub.kv', 'seq')) AS seq", url);
    expect(Number(next?.["seq"])).toBe(1235);
  });

  test("killed in the middle nothing is there; killed before the last step, the next move only ends it", async () => {
    const hub = await createHub();
    await fill(hub.dataDir, 3000);
    const held = await everythingIn(hub.dataDir);
    const { url, begin, run } = await onServer(hub);
    expect((await run("start")).code).toBe(78);
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    await blocker.query("BEGIN; LOCK TABLE mos_hub.audit_length");
    const child = begin("store", "move");
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE audit_length%'";
    await until("all but the last row is written", async () => (await server.ask(waiting, url)).length === 1);
    child.kill("SIGKILL");
    await once(child, "close");
    await blocker.end();
    await until("the server has noticed", async () => (await server.ask(waiting, url)).length === 0);
    expect(await server.ask("SELECT count(*)::int AS n FROM mos_hub.kv", url)).toEqual([{ n: 0 }]);
    expect(await everythingIn(hub.dataDir)).toEqual(held);

    expect((await run("store", "move")).code).toBe(0);
    await rename(join(hub.dataDir, "hub.db.moved"), join(hub.dataDir, "hub.db"));
    expect(await run("store", "move")).toMatchObject({ code: 0, printed: expect.stringContaining("Moved 2999 rows.") });
    expect(await everythingIn(hub.dataDir, url)).toEqual(held);
  });

  test("nothing is moved while a hub runs, to a database in use, over an earlier move, from nowhere, or to no server", async () => {
    const [hub, other] = [await createHub(), await createHub()];
    await hub.start();
    const { url, run } = await onServer(hub);
    const refused = async (exitCode: number, why: string): Promise<void> => {
      const { code, printed } = await run("store", "move");
      expect([code, printed]).toEqual([exitCode, expect.stringContaining(why)]);
    };
    await refused(73, "already uses the data folder");
    await hub.terminate();
    const held = await everythingIn(hub.dataDir);
    expect(await hub.shell("store", "move")).toMatchObject({ code: 64, stderr: expect.stringContaining("names no PostgreSQL server") });
    await other.start({ MOS_HUB_DATABASE_URL: url });
    expect(await other.shell("store", "move")).toMatchObject({ code: 74, stderr: expect.stringContaining("there is no such file") });
    await refused(78, "is in use already");
    await writeFile(join(hub.dataDir, "hub.db.moved"), "");
    await refused(64, "from an earlier move");
    expect(await everythingIn(hub.dataDir)).toEqual(held);
  });
});
