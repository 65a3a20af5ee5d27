/**
 * What every engine of the store promises to one caller. Many at once and leases: store-writers.test.ts; the end of the process:
 * store-crash.test.ts; random work against a model: store-model.test.ts.
 */
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

  describe("writes", () => {
    test("an inserted row comes back with all its fields and who wrote it", async () => {
      const fields = inboxFields({
        address: { account: "console", chat: "äöü 😀 \u0000", thread: "t" },
        times: { received: 5 },
        refusal: undefined,
      });
      expect(await commit([insert("inbox", "a", fields)])).toEqual({ ok: true });
      const { refusal: _absent, ...present } = fields;
      const base = {
        id: "a",
        version: 1,
        seq: expect.any(Number),
        tenantId: "main",
        host: "node-1",
        actorId: "per_1",
        createdAt: 1000,
        updatedAt: 1000,
      };
      expect(await store.get("inbox", "a")).toStrictEqual({ ...present, ...base });
    });

    test("a row that is not there is undefined", async () => expect(await store.get("inbox", "a")).toBeUndefined());

    test("an id is taken once", async () => {
      await commit([insert("inbox", "a", inboxFields({ sender: "first" }))]);
      expect(await commit([insert("inbox", "a", inboxFields({ sender: "second" }))])).toEqual({
        ok: false,
        why: "conflict",
        table: "inbox",
        id: "a",
      });
      expect(await row("inbox", "a")).toMatchObject({ sender: "first", version: 1 });
    });

    test("the same id may be in two tables", async () => {
      expect(await commit([insert("usage", "a", usageFields()), insert("inbox", "a", inboxFields())])).toEqual({ ok: true });
    });

    test("an update changes what it names, raises the version and says who", async () => {
      await commit([insert("inbox", "a", inboxFields({ refusal: "no" }))]);
      const before = await row("inbox", "a");
      const origin = { tenantId: "main", host: "node-2", actorId: "hub", at: 2000 };
      await commit([update("inbox", before, { status: "done", handler: "command", refusal: undefined })], { origin });
      const { refusal: _gone, ...kept } = before;
      expect(await row("inbox", "a")).toStrictEqual({
        ...kept,
        status: "done",
        handler: "command",
        version: 2,
        host: "node-2",
        actorId: "hub",
        updatedAt: 2000,
      });
    });

    test("an update of a version that has passed conflicts", async () => {
      await commit([insert("inbox", "a", inboxFields())]);
      const before = await row("inbox", "a");
      expect(await commit([update("inbox", before, { status: "routed" })])).toEqual({ ok: true });
      expect(await commit([update("inbox", before, { status: "done" })])).toEqual({ ok: false, why: "conflict", table: "inbox", id: "a" });
      expect(await row("inbox", "a")).toMatchObject({ status: "routed", version: 2 });
    });

    test("an update of a row that is gone conflicts", async () => {
      expect(await commit([update("inbox", { id: "a", version: 1 }, { status: "done" })])).toMatchObject({ ok: false, why: "conflict" });
    });

    test("put inserts or replaces: the place and the birth stay, the version rises, fields not given go", async () => {
      await commit([put("inbox", "a", inboxFields({ refusal: "no" }))]);
      const before = await row("inbox", "a");
      await commit([put("inbox", "a", inboxFields({ sender: "you" }))], { origin: { ...testOrigin, at: 3000 } });
      const { refusal: _gone, ...kept } = before;
      expect(await row("inbox", "a")).toStrictEqual({ ...kept, sender: "you", version: 2, updatedAt: 3000 });
      expect(await commit([update("inbox", before, { status: "done" })])).toMatchObject({ ok: false, why: "conflict" });
    });

    test("delete removes, and is content when there is nothing", async () => {
      await commit([insert("inbox", "a", inboxFields())]);
      expect(await commit([remove("inbox", "a"), remove("inbox", "b")])).toEqual({ ok: true });
      expect(await store.get("inbox", "a")).toBeUndefined();
    });

    test("add inserts the fields as they are, then adds", async () => {
      const spend: Write = {
        op: "add",
        table: "usage",
        id: "u",
        fields: usageFields({ input: 5, output: 1 }),
        add: { input: 5, output: 1 },
      };
      await commit([spend]);
      expect(await row("usage", "u")).toMatchObject({ input: 5, output: 1, version: 1 });
      await commit([spend, spend]);
      expect(await row("usage", "u")).toMatchObject({ input: 15, output: 3, cacheRead: 0, version: 3 });
    });

    test("all of a unit or nothing", async () => {
      await commit([insert("inbox", "a", inboxFields())]);
      const doomed = [
        insert("inbox", "b", inboxFields()),
        put("usage", "u", usageFields()),
        remove("inbox", "a"),
        audit("tested", "b", {}),
        update("inbox", { id: "a", version: 1 }, { status: "done" }),
      ];
      expect(await commit(doomed)).toMatchObject({ ok: false, why: "conflict", id: "a" });
      expect((await store.find("inbox")).map(({ id }) => id)).toEqual(["a"]);
      expect(await store.count("usage")).toBe(0);
      expect(await store.count("audit")).toBe(0);
    });

    test("expectations hold or nothing is written; version 0 means absent", async () => {
      await commit([insert("inbox", "a", inboxFields())]);
      const write = [insert("usage", "u", usageFields())];
      const seen = (version: number, id = "a") => ({ expect: [{ table: "inbox" as const, id, version }] });
      expect(await commit(write, seen(2))).toEqual({ ok: false, why: "conflict", table: "inbox", id: "a" });
      expect(await commit(write, seen(0))).toMatchObject({ ok: false });
      expect(await commit(write, seen(1, "b"))).toMatchObject({ ok: false });
      expect(await store.count("usage")).toBe(0);
      expect(await commit(write, seen(0, "b"))).toEqual({ ok: true });
      expect(await commit([], seen(1))).toEqual({ ok: true });
    });

    test.each(["audit", "leases"] as const)("%s is not written by hand", async (table) => {
      await commit([audit("tested", "a", {})]);
      const rows = await store.find(table);
      await expect(commit([remove(table, rows[0]?.id ?? "")])).rejects.toMatchObject({ code: "store_failed" });
      expect(await store.find(table)).toEqual(rows);
    });
  });

  describe("queries", () => {
    const ids = async (...query: Parameters<typeof store.find<"inbox">>) => (await store.find(...query)).map(({ id }) => id);
    const session = "agent:mos:chat:1" as const;

    beforeEach(async () => {
      await commit([
        insert("inbox", "x:1", inboxFields({ status: "done", sessionKey: session })),
        insert("inbox", "x:2", inboxFields({ status: "recorded", sender: "you" })),
        insert("inbox", "xy:3", inboxFields({ status: "routed", sessionKey: session })),
        insert("inbox", "X:4", inboxFields({ status: "refused", trace: "trc_2" })),
        ...[10, 20, 30].map((expiresAt) => insert("kv", `k${expiresAt}`, { value: "", expiresAt })),
        insert("kv", "for ever", { value: "", expiresAt: null }),
      ]);
    });

    test("oldest first, or newest first", async () => {
      expect(await ids("inbox")).toEqual(["x:1", "x:2", "xy:3", "X:4"]);
      expect(await ids("inbox", { newestFirst: true })).toEqual(["X:4", "xy:3", "x:2", "x:1"]);
    });

    test("a change does not move a row", async () => {
      await commit([update("inbox", await row("inbox", "x:1"), { status: "recorded" }), put("inbox", "x:2", inboxFields())]);
      expect(await ids("inbox")).toEqual(["x:1", "x:2", "xy:3", "X:4"]);
    });

    test("by value, several values, and null", async () => {
      expect(await ids("inbox", { where: { status: "done" } })).toEqual(["x:1"]);
      expect(await ids("inbox", { where: { status: "done", sender: "you" } })).toEqual([]);
      expect(await ids("inbox", { where: { sessionKey: null } })).toEqual(["x:2", "X:4"]);
      expect(await ids("inbox", { where: { sessionKey: session } })).toEqual(["x:1", "xy:3"]);
    });

    test("by a set of values", async () => {
      expect(await ids("inbox", { where: { status: { in: ["done", "refused"] } } })).toEqual(["x:1", "X:4"]);
      expect(await ids("inbox", { where: { status: { in: ["done", "recorded", "refused"] } } })).toEqual(["x:1", "x:2", "X:4"]);
      expect(await ids("inbox", { where: { status: { in: [] } } })).toEqual([]);
      expect(await ids("inbox", { where: { sessionKey: { in: [null] } } })).toEqual(["x:2", "X:4"]);
      expect(await ids("inbox", { where: { sessionKey: { in: [session, null] } } })).toEqual(["x:1", "x:2", "xy:3", "X:4"]);
    });

    test("by bounds, which null is not within", async () => {
      const keys = async (where: { expiresAt: { below: number } | { from: number } }) =>
        (await store.find("kv", { where })).map(({ id }) => id);
      expect(await keys({ expiresAt: { below: 20 } })).toEqual(["k10"]);
      expect(await keys({ expiresAt: { from: 20 } })).toEqual(["k20", "k30"]);
    });

    test("by the beginning of the id, to the letter", async () => {
      expect(await ids("inbox", { idPrefix: "x:" })).toEqual(["x:1", "x:2"]);
      expect(await ids("inbox", { idPrefix: "x" })).toEqual(["x:1", "x:2", "xy:3"]);
      expect(await ids("inbox", { idPrefix: "" })).toHaveLength(4);
      await commit(["%", "%_", "a%", "\u{10ffff}", "\u{10ffff}a", "\ud7ffa", "\ue000"].map((id) => insert("inbox", id, inboxFields())));
      expect(await ids("inbox", { idPrefix: "%" })).toEqual(["%", "%_"]);
      expect(await ids("inbox", { idPrefix: "\u{10ffff}" })).toEqual(["\u{10ffff}", "\u{10ffff}a"]);
      expect(await ids("inbox", { idPrefix: "\ud7ff" })).toEqual(["\ud7ffa"]);
    });

    test("page by page, both ways", async () => {
      const [first, second, third] = await store.find("inbox");
      expect(await ids("inbox", { limit: 2 })).toEqual(["x:1", "x:2"]);
      expect(await ids("inbox", { limit: 2, afterSeq: second?.seq ?? 0 })).toEqual(["xy:3", "X:4"]);
      expect(await ids("inbox", { newestFirst: true, limit: 1, afterSeq: third?.seq ?? 0 })).toEqual(["x:2"]);
      expect(await ids("inbox", { newestFirst: true, afterSeq: first?.seq ?? 0 })).toEqual([]);
    });

    test("of the rows that agree in a field the first, or the last", async () => {
      expect(await ids("inbox", { firstPer: "sessionKey" })).toEqual(["x:1", "x:2"]);
      expect(await ids("inbox", { firstPer: "sessionKey", newestFirst: true })).toEqual(["X:4", "xy:3"]);
      expect(await ids("inbox", { firstPer: "sessionKey", where: { status: { in: ["routed", "refused"] } } })).toEqual(["xy:3", "X:4"]);
      expect(await ids("inbox", { firstPer: "sessionKey", limit: 1 })).toEqual(["x:1"]);
      await expect(store.find("inbox", { firstPer: "event" as "status" })).rejects.toThrow("cannot be searched");
    });

    test("a thousand rows when no limit is given", async () => {
      await commit(Array.from({ length: 1001 }, (_, n) => insert("usage", `u${n}`, usageFields())));
      expect(await store.find("usage")).toHaveLength(1000);
      expect(await store.find("usage", { limit: 5000 })).toHaveLength(1001);
    });

    test("counted", async () => {
      expect(await store.count("inbox")).toBe(4);
      expect(await store.count("inbox", { sessionKey: null })).toBe(2);
      expect(await store.count("inbox", { status: { in: ["done", "routed"] } })).toBe(2);
    });

    test("a field that is no column, or a condition that is undefined, is refused rather than ignored", async () => {
      const careless = (where: object) => store.count("inbox", where);
      await expect(careless({ personId: "per_1" })).rejects.toThrow('"personId"');
      await expect(careless({ "1 = 1 OR status": "x" })).rejects.toThrow("cannot be searched");
      await expect(careless({ status: undefined })).rejects.toThrow("undefined");
    });
  });

  describe("the audit log", () => {
    test("takes odd texts and numbers, and leaves no gap where a unit was undone", async () => {
      await commit([audit("asked", "half \ud800 a character", { text: "\udc00", number: Number.NaN, yes: true, none: null })]);
      await commit([insert("inbox", "a", inboxFields()), audit("two", "in one", {}), audit("unit", "of work", {})]);
      expect(await commit([audit("undone", "x", {}), insert("inbox", "a", inboxFields())])).toMatchObject({ ok: false });
      await commit([audit("after", "x", {})]);
      expect((await store.find("audit")).map(({ id }) => Number(id.replace("aud_", "")))).toEqual([1, 2, 3, 4]);
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: 4 });
    });

    test("is verified over many pages", async () => {
      await commit(Array.from({ length: 2000 }, (_, n) => audit("tested", `s${n}`, {})));
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: 2000 });
    });
  });

  describe("changes", () => {
    test("are told after the commit with the tables, and only when something was written", async () => {
      const heard: string[][] = [];
      const seen: Promise<Row<"inbox"> | undefined>[] = [];
      const stop = store.onChange((tables) => {
        heard.push([...tables].toSorted());
        seen.push(store.get("inbox", "a"));
      });
      const committing = commit([insert("inbox", "a", inboxFields()), audit("tested", "a", {}), put("usage", "u", usageFields())]);
      expect(heard, "a listener that throws must not make the commit look failed").toEqual([]);
      await committing;
      await commit([insert("inbox", "a", inboxFields())]);
      await commit([]);
      expect(heard).toEqual([["audit", "inbox", "usage"]]);
      expect(await seen[0]).toMatchObject({ id: "a" });
      stop();
      await commit([remove("inbox", "a")]);
      expect(heard).toHaveLength(1);
    });

    test("a listener may commit", async () => {
      const done = new Promise((resolve) => {
        store.onChange((tables) => {
          if (tables.has("inbox")) resolve(commit([put("usage", "u", usageFields())]));
        });
      });
      await commit([insert("inbox", "a", inboxFields())]);
      expect(await done).toEqual({ ok: true });
    });
  });

  describe("opening and closing", () => {
    test("everything is there when opened again, and the order goes on", async () => {
      await commit([insert("inbox", "a", inboxFields()), insert("inbox", "b", inboxFields()), audit("tested", "a", {})]);
      await commit([remove("inbox", "b")]);
      const before = await store.find("inbox");
      await store.close();
      store = await engine.open(place.location);
      expect(await store.find("inbox")).toEqual(before);
      expect(await committer(store, fence)([insert("inbox", "c", inboxFields()), audit("tested", "c", {})])).toEqual({ ok: true });
      expect((await row("inbox", "c")).seq, "a cursor never meets a number twice").toBeGreaterThan((before[0]?.seq ?? 0) + 1);
      expect(await verifyAudit(store)).toEqual({ ok: true, entries: 2 });
    });

    test("may be closed twice; then every call rejects with a word", async () => {
      await store.close();
      await store.close();
      await expect(store.get("inbox", "a")).rejects.toMatchObject({ code: "store_failed" });
      await expect(commit([])).rejects.toMatchObject({ code: "store_failed" });
    });
  });
});
