import { join } from "node:path";
import type { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fence, Store } from "../../../src/contract/store.ts";
import { createKeyv } from "../../../src/store/keyv.ts";
import { createSqliteStore } from "../../../src/store/sqlite.ts";
import { takeFence, temporaryFolder, testOrigin } from "../../support/stores.ts";

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let fence: Fence;
let now: number;
let keyv: Keyv;

beforeEach(async () => {
  folder = temporaryFolder();
  store = await createSqliteStore({ file: join(folder.dir, "hub.db") });
  fence = await takeFence(store);
  now = 1000;
  keyv = open("discord");
});
afterEach(async () => {
  await store.close();
  folder.dispose();
});

function open(namespace: string): Keyv {
  return createKeyv(
    store,
    () => fence,
    () => ({ ...testOrigin, at: now }),
    namespace,
  );
}

test("what is set can be got, replaced and deleted", async () => {
  expect(await keyv.get("cursor")).toBeUndefined();
  for (const value of ["text", 0, false, null, { deep: [1, { a: "ü" }] }]) {
    expect(await keyv.set("cursor", value)).toBe(true);
    expect(await keyv.get("cursor")).toEqual(value);
    expect(await keyv.has("cursor")).toBe(true);
  }
  expect(await keyv.delete("cursor")).toBe(true);
  expect(await keyv.delete("cursor")).toBe(false);
  expect(await keyv.has("cursor")).toBe(false);
});

test("many at once", async () => {
  await keyv.setMany([
    { key: "a", value: 1 },
    { key: "b", value: 2 },
  ]);
  expect(await keyv.get(["a", "none", "b"])).toEqual([1, undefined, 2]);
  expect(await keyv.has(["a", "none"])).toEqual([true, false]);
  expect(await keyv.delete(["a", "none", "b"])).toEqual([true, false, true]);
  expect(await keyv.get(["a", "b"])).toEqual([undefined, undefined]);
});

test("a key that looks like a prefix is a key of its own", async () => {
  await keyv.set("x", 1);
  await keyv.set("discord:x", 2);
  await keyv.set("keyv:x", 3);
  expect(await keyv.get(["x", "discord:x", "keyv:x"])).toEqual([1, 2, 3]);
});

test("name spaces do not see each other, not even when cleared", async () => {
  const others = ["discord:x", "discord%3Ax", "discordx", ""].map(open);
  for (const other of others) await other.set("x:y", other.get.name);
  await keyv.set("x:y", 1);
  await keyv.clear();
  expect(await keyv.get("x:y")).toBeUndefined();
  for (const other of others) expect(await other.has("x:y")).toBe(true);
  expect(await store.count("kv")).toBe(others.length);
});

test("clearing takes everything", async () => {
  await keyv.setMany(Array.from({ length: 1500 }, (_, n) => ({ key: `k${n}`, value: n })));
  await keyv.clear();
  expect(await store.count("kv")).toBe(0);
});

describe("expiry, by the hub's clock", () => {
  test("an entry ends at its time", async () => {
    await keyv.set("a", 1, 3_600_000);
    await keyv.set("b", 2);
    // Keyv counts from its own clock first, which may have ticked meanwhile.
    now = 1000 + 3_500_000;
    expect(await keyv.get(["a", "b"])).toEqual([1, 2]);
    now = 1000 + 3_600_000;
    expect(await keyv.get("a")).toBeUndefined();
    expect(await keyv.has("a")).toBe(false);
    expect(await keyv.delete("a")).toBe(false);
    expect(await keyv.get("b")).toBe(2);
  });

  test("the wall clock has no say", async () => {
    now = Date.now() + 1_000_000_000;
    await keyv.set("a", 1, 60_000);
    now = 5;
    expect(await keyv.get("a")).toBe(1);
  });

  test("ended entries are swept away by later ones", async () => {
    for (let n = 0; n < 10; n += 1) await keyv.set(`old${n}`, n, 60_000);
    now = 100_000;
    await keyv.set("new", 1, 60_000);
    expect((await store.find("kv")).map(({ id }) => id)).toEqual(["discord:new"]);
  });

  test("an entry that was ended and is set afresh is kept", async () => {
    await keyv.set("a", 1, 60_000);
    now = 100_000;
    await Promise.all([keyv.set("b", 2, 60_000), keyv.set("a", 3, 60_000), keyv.set("c", 4, 60_000)]);
    expect(await keyv.get(["a", "b", "c"])).toEqual([3, 2, 4]);
  });
});

describe("failures reach the caller", () => {
  const everyWrite: readonly [string, () => Promise<unknown>][] = [
    ["set", () => keyv.set("a", 1)],
    ["setMany", () => keyv.setMany([{ key: "a", value: 1 }])],
    ["delete", () => keyv.delete("a")],
    ["deleteMany", () => keyv.delete(["a"])],
    ["clear", () => keyv.clear()],
  ];
  const everyRead: readonly [string, () => Promise<unknown>][] = [
    ["get", () => keyv.get("a")],
    ["getMany", () => keyv.get(["a"])],
    ["getRaw", () => keyv.getRaw("a")],
    ["has", () => keyv.has("a")],
    ["hasMany", () => keyv.has(["a"])],
  ];

  test.each(everyWrite)("%s under a lease that is lost", async (_name, work) => {
    await keyv.set("a", 0);
    await takeFence(store);
    await expect(work()).rejects.toMatchObject({ code: "store_fenced" });
    expect(await keyv.get("a")).toBe(0);
  });

  test.each([...everyWrite, ...everyRead])("%s on a store that is closed", async (_name, work) => {
    await store.close();
    await expect(work()).rejects.toMatchObject({ code: "store_failed" });
  });

  test.each([...everyWrite, ...everyRead])("%s also where somebody listens for errors", async (_name, work) => {
    keyv.on("error", () => {});
    await store.close();
    await expect(work()).rejects.toMatchObject({ code: "store_failed" });
  });
});
