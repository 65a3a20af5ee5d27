/** A real small file system where this user may mount one; the mapping of SQLite's own limit everywhere. */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { verifyAudit } from "../../../src/audit/verify.ts";
import { audit, type CommitResult, insert } from "../../../src/contract/store.ts";
import { openStore } from "../../../src/store/open.ts";
import { sqliteError } from "../../../src/store/sqlite-errors.ts";
import { canMount, empty, fill, onSmallDisk } from "../../support/small-disk.ts";
import { committer, takeFence, usageFields } from "../../support/stores.ts";

describe.skipIf(!canMount())("on a full disk (needs the right to mount a small one)", () => {
  test("a commit says so, keeps what was acknowledged, and works again once there is space", async () => {
    await onSmallDisk(async (dir) => {
      let store = await openStore({ dataDir: dir });
      const commit = committer(store, await takeFence(store));
      const unit = (n: number): Promise<CommitResult> =>
        commit([insert("usage", `u${n}`, usageFields({ model: "m".repeat(2000) })), audit("filled", `u${n}`, {})]);
      fill(dir, 300_000);
      let acknowledged = 0;
      const fillUp = async (): Promise<void> => {
        for (; acknowledged < 2000; acknowledged += 1) await unit(acknowledged);
      };
      await expect(fillUp()).rejects.toMatchObject({ code: "store_full", exitCode: 74, verdict: "retry" });
      expect(acknowledged).toBeGreaterThan(0);
      await expect(unit(acknowledged), "it stays full").rejects.toMatchObject({ code: "store_full" });
      expect(await store.count("usage"), "reading goes on").toBe(acknowledged);

      empty(dir);
      expect(await unit(acknowledged)).toEqual({ ok: true });
      await store.close();
      store = await openStore({ dataDir: dir });
      expect(await store.count("usage")).toBe(acknowledged + 1);
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: acknowledged + 1 });
      await store.close();
    });
  });

  test("a store that does not fit is refused, and opens once there is space", async () => {
    await onSmallDisk(async (dir) => {
      for (const spareBytes of [0, 20_000, 60_000]) {
        fill(dir, spareBytes);
        await expect(openStore({ dataDir: dir }), `${spareBytes} bytes left`).rejects.toMatchObject({ code: "store_full" });
      }
      empty(dir);
      await (await openStore({ dataDir: dir })).close();
    });
  });
});

test("SQLite's own limit is told as a full disk, with the file and no more", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (a); PRAGMA max_page_count = 3");
  const overfill = () => {
    for (let n = 0; n < 100; n += 1) database.prepare("INSERT INTO t VALUES (?)").run("x".repeat(1000));
  };
  let thrown: unknown;
  try {
    overfill();
  } catch (error) {
    thrown = error;
  }
  const error = sqliteError(thrown, "hub.db", "working");
  expect(error).toMatchObject({ code: "store_full", message: "The disk that holds hub.db is full." });
  database.close();
});
