import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HubError } from "../../../src/contract/errors.ts";
import { insert, type Store } from "../../../src/contract/store.ts";
import { openStore } from "../../../src/store/open.ts";
import { committer, takeFence, temporaryFolder, usageFields } from "../../support/stores.ts";

const PASSWORD = "hunter2";
const HOLD = fileURLToPath(new URL("../../support/hold-folder.ts", import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;

beforeEach(() => {
  folder = temporaryFolder();
  dataDir = join(folder.dir, "deep", "data");
});
afterEach(() => folder.dispose());

async function using<T>(opening: Promise<Store>, work: (store: Store) => Promise<T> | T): Promise<T> {
  const store = await opening;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function write(store: Store, id: string): Promise<void> {
  expect(await committer(store, await takeFence(store))([insert("usage", id, usageFields())])).toEqual({ ok: true });
}

/** Runs with the rights of an ordinary user where the suite itself has all of them. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("which engine", () => {
  test.each([undefined, "", "sqlite:"])("%s means the embedded one", async (url) => {
    await using(openStore({ url, dataDir }), (store) => write(store, "u"));
    expect(readdirSync(dataDir)).toContain("hub.db");
  });

  test("a file of another name in the data folder", async () => {
    await using(openStore({ url: "sqlite:other.db", dataDir }), () => {});
    expect(readdirSync(dataDir)).toContain("other.db");
  });

  test.each(["sqlite:../hub.db", "sqlite:/elsewhere/hub.db", "sqlite:."])("%s lies outside what is locked", async (url) => {
    await expect(openStore({ url, dataDir })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test.each([`mysql://hub:${PASSWORD}@db.example.internal/hub`, PASSWORD])(
    "there is none for %s, and no part of it is repeated",
    async (url) => {
      const error = await openStore({ url, dataDir }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "engine_not_available" });
      expect(String(error)).not.toContain(PASSWORD);
    },
  );
});

describe("files", () => {
  test.skipIf(process.platform === "win32")("are the owner's alone (Windows has no such modes)", async () => {
    await using(openStore({ dataDir }), (store) => {
      const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
      expect(mode(dataDir)).toBe("700");
      for (const name of ["hub.db", "hub.db-wal", "hub.db-shm", "hub.pid"])
        expect(mode(join(dataDir, name)), `the mode of ${name}`).toBe("600");
      return write(store, "u");
    });
  });

  test("a folder that is a file", async () => {
    writeFileSync(join(folder.dir, "file"), "");
    for (const path of ["file", "file/below"]) {
      await expect(openStore({ dataDir: join(folder.dir, path) })).rejects.toMatchObject({ code: "data_dir_unusable" });
    }
  });

  test.skipIf(process.platform === "win32")("a folder that may not be written to (Windows has no such modes)", async () => {
    mkdirSync(dataDir, { recursive: true });
    for (const path of [folder.dir, join(folder.dir, "deep"), dataDir]) chmodSync(path, 0o755);
    chmodSync(dataDir, 0o555);
    const error = await unprivileged(() => openStore({ dataDir }).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "data_dir_unusable", exitCode: 73 });
  });

  test.skipIf(process.platform === "win32").each([0o000, 0o444])(
    "a database that may not be read or written (mode %i; Windows has no such modes)",
    async (mode) => {
      await using(openStore({ dataDir }), () => {});
      for (const path of [folder.dir, join(folder.dir, "deep")]) chmodSync(path, 0o755);
      chmodSync(dataDir, 0o777);
      for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o666);
      chmodSync(join(dataDir, "hub.db"), mode);
      const error = await unprivileged(() => openStore({ dataDir }).catch((thrown: unknown) => thrown));
      expect(error).toMatchObject({ code: "store_unreadable" });
    },
  );

  test("rubbish instead of a database is refused and left as it was", async () => {
    mkdirSync(dataDir, { recursive: true });
    const rubbish = Buffer.from("not a database at all\n".repeat(500));
    writeFileSync(join(dataDir, "hub.db"), rubbish);
    for (const readOnly of [false, true]) {
      const error = await openStore({ dataDir, readOnly }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "store_unreadable", exitCode: 74 });
      expect(String(error)).toContain("hub.db cannot be read: file is not a database");
    }
    expect(readFileSync(join(dataDir, "hub.db")).equals(rubbish)).toBe(true);
  });

  test("a database damaged in the middle says so", async () => {
    await using(openStore({ dataDir }), async (store) => {
      const commit = committer(store, await takeFence(store));
      await commit(Array.from({ length: 500 }, (_, n) => insert("usage", `u${n}`, usageFields({ model: "m".repeat(200) }))));
    });
    const file = join(dataDir, "hub.db");
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096 * 3);
    writeFileSync(file, bytes);
    const reading = async () => using(openStore({ dataDir }), (store) => store.find("usage"));
    await expect(reading()).rejects.toMatchObject({ code: "store_unreadable" });
  });

  test.each([
    ["a newer version", "PRAGMA user_version = 999", { code: "store_newer", details: expect.objectContaining({ found: 999 }) }],
    ["another program", "CREATE TABLE songs (title)", { code: "store_unreadable" }],
  ])("a database of %s is refused and left as it was, to the byte", async (_whose, sql, refusal) => {
    mkdirSync(dataDir, { recursive: true });
    const file = join(dataDir, "hub.db");
    const raw = new DatabaseSync(file);
    raw.exec(sql);
    raw.close();
    const before = readFileSync(file);
    for (const readOnly of [false, true]) {
      await expect(openStore({ dataDir, readOnly })).rejects.toMatchObject(refusal);
      expect(readFileSync(file).equals(before)).toBe(true);
    }
  });
});

describe("reading only", () => {
  test("works beside the running hub and changes nothing", async () => {
    await using(openStore({ dataDir }), async (hub) => {
      await write(hub, "u");
      await using(openStore({ dataDir, readOnly: true }), async (reader) => {
        expect(await reader.get("usage", "u")).toMatchObject({ id: "u" });
        const refused = { code: "store_failed", details: { reason: "it was opened for reading only" } };
        await expect(reader.acquireLease("l", "me", 1, 0)).rejects.toMatchObject(refused);
        await expect(committer(reader, { lease: "hub", token: 1 })([])).rejects.toMatchObject(refused);
        await write(hub, "v");
        expect(await reader.count("usage"), "what the hub writes meanwhile is seen").toBe(2);
      });
    });
  });

  test("works when no hub runs", async () => {
    await using(openStore({ dataDir }), (hub) => write(hub, "u"));
    expect(await using(openStore({ dataDir, readOnly: true }), (reader) => reader.count("usage"))).toBe(1);
  });

  test("makes nothing where there is nothing", async () => {
    await expect(openStore({ dataDir, readOnly: true })).rejects.toMatchObject({ code: "store_unreadable" });
    expect(readdirSync(folder.dir)).toEqual([]);
  });
});

describe("one hub per folder", () => {
  test("a second one in the same process waits for the end of the first", async () => {
    await using(openStore({ dataDir }), async () => {
      await expect(openStore({ dataDir })).rejects.toMatchObject({ code: "data_dir_locked", details: { pid: String(process.pid) } });
      await expect(openStore({ dataDir, url: "sqlite:other.db" })).rejects.toMatchObject({ code: "data_dir_locked" });
    });
    await using(openStore({ dataDir }), () => {});
    expect(readdirSync(dataDir)).not.toContain("hub.pid");
  });

  test("a start that failed leaves the folder free", async () => {
    mkdirSync(join(dataDir, "hub.db"), { recursive: true });
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: "store_unreadable" });
    await using(openStore({ dataDir, url: "sqlite:other.db" }), () => {});
  });

  test("another process is refused with the first one's number, until that is killed with -9", async () => {
    const holder = spawn(process.execPath, [HOLD, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(holder, "close");
    try {
      await once(holder.stdout, "data");
      const error = await openStore({ dataDir }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HubError);
      expect(error).toMatchObject({ code: "data_dir_locked", exitCode: 73, details: { pid: String(holder.pid), dir: dataDir } });
    } finally {
      holder.kill("SIGKILL");
      await closed;
    }
    await using(openStore({ dataDir }), (store) => write(store, "u"));
  });
});

test("however much is written at once, everything else of the process has its turn in between", () =>
  using(openStore({ dataDir }), async (store) => {
    const commit = committer(store, await takeFence(store));
    let rounds = 0;
    const count = (): void => void ((rounds += 1), (next = setImmediate(count)));
    let next = setImmediate(count);
    await Promise.all(
      Array.from({ length: 20 }, async (_, lane) => {
        for (let at = 0; at < 5; at += 1) await commit([insert("usage", `${lane}/${at}`, usageFields())]);
      }),
    );
    clearImmediate(next);
    expect(rounds).toBeGreaterThan(90);
  }));
