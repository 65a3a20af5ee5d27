/** What every engine of the store promises when several write: leases, fences, and units of work at the same time. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify.ts";
import { audit, type Fence, insert, put, remove, type Store, update, type Write } from "../../src/contract/store.ts";
import type { Row, TableName } from "../../src/contract/tables.ts";
import { describeStores } from "../support/describe-stores.ts";
import { committer, inboxFields, type StorePlace, takeFence, testOrigin, usageFields } from "../support/stores.ts";

describeStores((engine) => {
  let place: StorePlace;
  let store: Store;
  let fence: Fence;
  let commit: ReturnType<typeof committer>;

  beforeEach(async () => {
    place = await engine.prepare();
    store = await engine.open(place.location);
    fence = await takeFence(store);
    commit = committer(store, fence);
  });
  afterEach(async () => {
    await store.close();
    await place.dispose();
  });

  async function row<T extends TableName>(table: T, id: string): Promise<Row<T>> {
    const found = await store.get(table, id);
    if (!found) throw new Error(`no ${table} ${id}`);
    return found;
  }

  describe("leases and fences", () => {
    test("one holder at a time; free again when released or expired", async () => {
      const first = await store.acquireLease("account:a", "one", 100, 0);
      expect(first).toEqual({ lease: "account:a", token: 1 });
      expect(await store.acquireLease("account:a", "two", 100, 99)).toBeUndefined();
      expect(await store.acquireLease("account:a", "two", 100, 100)).toEqual({ lease: "account:a", token: 2 });
      await store.releaseLease({ lease: "account:a", token: 2 });
      expect(await store.acquireLease("account:a", "three", 100, 101)).toMatchObject({ lease: "account:a" });
    });

    test("taking one's own lease again gives a new token", async () => {
      const [first, second] = [await takeFence(store, "l", "me"), await takeFence(store, "l", "me")];
      expect(second.token).toBeGreaterThan(first.token);
      expect(await store.renewLease(first, 100, 0)).toBe(false);
    });

    test("renewing prolongs and keeps the token; an old token renews and releases nothing", async () => {
      const mine = await store.acquireLease("l", "one", 100, 0);
      expect(mine && (await store.renewLease(mine, 100, 90))).toBe(true);
      expect(await store.acquireLease("l", "two", 100, 150)).toBeUndefined();
      const theirs = await store.acquireLease("l", "two", 100, 190);
      expect(theirs?.token).toBe(2);
      expect(mine && (await store.renewLease(mine, 100, 191))).toBe(false);
      if (mine) await store.releaseLease(mine);
      expect(await store.acquireLease("l", "three", 100, 200)).toBeUndefined();
    });

    test("an old token is refused whatever it wants to write, and nothing is written", async () => {
      await commit([insert("inbox", "a", inboxFields())]);
      const before = { inbox: await store.find("inbox"), usage: await store.find("usage") };
      await takeFence(store);
      const everyWrite: readonly Write[] = [
        insert("inbox", "b", inboxFields()),
        update("inbox", { id: "a", version: 1 }, { status: "done" }),
        put("inbox", "a", inboxFields({ sender: "late" })),
        remove("inbox", "a"),
        { op: "add", table: "usage", id: "u", fields: usageFields(), add: { input: 1 } },
        audit("late", "a", {}),
      ];
      for (const write of everyWrite) expect(await commit([write])).toEqual({ ok: false, why: "fenced", lease: "hub" });
      expect(await commit([])).toMatchObject({ why: "fenced" });
      expect({ inbox: await store.find("inbox"), usage: await store.find("usage") }).toEqual(before);
      expect(await store.count("audit")).toBe(0);
    });

    test("a released token, one of another lease and one nobody gave are refused", async () => {
      const other = await takeFence(store, "other");
      await takeFence(store, "other");
      await store.releaseLease(fence);
      for (const stale of [fence, { ...other, lease: "other" }, { lease: "none", token: 1 }]) {
        expect(await store.commit({ fence: stale, origin: testOrigin, writes: [] })).toMatchObject({ ok: false, why: "fenced" });
      }
      expect((await takeFence(store)).token).toBeGreaterThan(fence.token);
    });

    test("no lease comes from a row that is not there", async () => {
      expect(await store.commit({ fence: { lease: "none", token: 0 }, origin: testOrigin, writes: [] })).toMatchObject({ why: "fenced" });
    });
  });

  describe("many at once", () => {
    const WORKERS = 200;

    test("compare and swap, again on conflict: no change is lost", async () => {
      await commit([insert("kv", "counter", { value: "0", expiresAt: null })]);
      let conflicts = 0;
      const increment = async (): Promise<void> => {
        for (;;) {
          const seen = await row("kv", "counter");
          const result = await commit([update("kv", seen, { value: String(Number(seen.value) + 1) })]);
          if (result.ok) return;
          conflicts += 1;
        }
      };
      await Promise.all(Array.from({ length: WORKERS }, increment));
      expect(await row("kv", "counter")).toMatchObject({ value: String(WORKERS), version: WORKERS + 1 });
      expect(conflicts, "without a conflict nothing was tested").toBeGreaterThan(0);
    });

    test("additions need no reading before", async () => {
      const spend: Write = { op: "add", table: "usage", id: "u", fields: usageFields({ input: 3 }), add: { input: 3 } };
      await Promise.all(Array.from({ length: WORKERS }, () => commit([spend])));
      expect(await row("usage", "u")).toMatchObject({ input: 3 * WORKERS });
    });

    test("one insertion of an id wins", async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) => commit([insert("inbox", "a", inboxFields({ sender: `s${n}` }))])),
      );
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    });

    test("the audit log stays one chain", async () => {
      await Promise.all(Array.from({ length: 100 }, (_, n) => commit([audit("tested", `s${n}`, { n })])));
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: 100 });
    });
  });
});
