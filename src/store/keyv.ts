/**
 * A Keyv over the store, for the private state of one connector account. Values are plain JSON.
 * Time is that of the store's writer (`originOf().at`): the library is handed values without an expiry of their own.
 * Invariant: a failure reaches the caller as a rejection; none is turned into "not there" or `false`.
 */
import { Keyv } from "keyv";
import { HubError } from "../contract/errors.ts";
import { type Fence, type Origin, put, remove, type Store, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

/** How many expired entries a write with an expiry takes along, so that they do not pile up. */
const SWEEP_ROWS = 16;

/**
 * `fenceOf` and `originOf` are asked at every write, and may throw when the work is not ours just now; `namespace` is any text, and no
 * two see each other's keys. Writes reject with HubError `store_fenced`, `store_full` or `store_failed`.
 */
export function createKeyv(store: Store, fenceOf: () => Fence, originOf: () => Origin, namespace: string): Keyv {
  return new Keyv({
    store: createAdapter(store, fenceOf, originOf, `${encodeURIComponent(namespace)}:`),
    // Without it a read that failed would look like a key that is not there.
    throwOnErrors: true,
    // The library's own prefix leaves a key alone that begins with it, so that two keys could mean one entry.
    useKeyPrefix: false,
    serialize: ({ value }) => JSON.stringify({ value }),
    deserialize: (text) => JSON.parse(text),
  });
}

/** The part of Keyv's storage adapter that it needs for its own fallbacks, which hide failures, never to be used. */
interface Adapter {
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  has(key: string): Promise<boolean>;
  set(key: string, value: string, ttlMs?: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  deleteMany(keys: readonly string[]): Promise<boolean>;
  clear(): Promise<void>;
}

function createAdapter(store: Store, fenceOf: () => Fence, originOf: () => Origin, prefix: string): Adapter {
  const commit = committer(store, fenceOf, originOf);

  const living = async (key: string): Promise<Row<"kv"> | undefined> => {
    const row = await store.get("kv", prefix + key);
    return row && (row.expiresAt === null || row.expiresAt > originOf().at) ? row : undefined;
  };
  const read = async (key: string): Promise<string | undefined> => (await living(key))?.value;
  const drop = async (keys: readonly string[]): Promise<boolean> => {
    const found = await Promise.all(keys.map(living));
    await commit(keys.map((key) => remove("kv", prefix + key)));
    return found.some((row) => row !== undefined);
  };

  return {
    get: read,
    getMany: (keys) => Promise.all(keys.map(read)),
    has: async (key) => (await living(key)) !== undefined,
    async set(key, value, ttlMs) {
      const { at } = originOf();
      const expired = ttlMs ? await store.find("kv", { where: { expiresAt: { below: at } }, limit: SWEEP_ROWS }) : [];
      await commit([put("kv", prefix + key, { value, expiresAt: ttlMs ? at + ttlMs : null })], expired);
      return true;
    },
    delete: (key) => drop([key]),
    deleteMany: drop,
    async clear() {
      const rows = await store.find("kv", { idPrefix: prefix, limit: Number.MAX_SAFE_INTEGER });
      await commit(rows.map((row) => remove("kv", row.id)));
    },
  };
}

type Commit = (writes: readonly Write[], expired?: readonly Row<"kv">[]) => Promise<void>;

function committer(store: Store, fenceOf: () => Fence, originOf: () => Origin): Commit {
  return async function commit(writes, expired = []) {
    const swept = expired.map((row) => remove("kv", row.id));
    const expect = expired.map(({ id, version }) => ({ table: "kv" as const, id, version }));
    const result = await store.commit({ fence: fenceOf(), origin: originOf(), expect, writes: [...swept, ...writes] });
    if (result.ok) return;
    if (result.why === "fenced") throw new HubError("store_fenced", { lease: result.lease });
    // An expired entry was set afresh meanwhile: it stays, and so do the others for now.
    if (expired.length > 0) return commit(writes);
    throw new HubError("store_conflict");
  };
}
