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
  const keyv = new Keyv({
    store: createAdapter(store, fenceOf, originOf, `${encodeURIComponent(namespace)}:`),
    serialization: {
      // Of the library's envelope only the value is kept: its expiry is by another clock.
      stringify: (envelope: unknown) => JSON.stringify({ value: (envelope as Envelope).value }),
      parse: (text: string) => JSON.parse(text),
    },
    checkExpired: false,
  });
  // Keyv reports a failure to who listens and goes on as if the key were not there. This listener is the first, and ends the call.
  keyv.on("error", (error: unknown) => {
    throw error;
  });
  return keyv;
}

interface Envelope {
  readonly value: unknown;
}

/**
 * Keyv's storage adapter in the form that is told how long an entry lives, not until when. Every method is there, because what Keyv
 * does in place of a missing one hides failures.
 */
interface Adapter {
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  has(key: string): Promise<boolean>;
  hasMany(keys: readonly string[]): Promise<boolean[]>;
  set(key: string, value: string, ttlMs?: number): Promise<boolean>;
  setMany(entries: readonly Entry[]): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  deleteMany(keys: readonly string[]): Promise<boolean[]>;
  clear(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly ttl?: number;
}

function createAdapter(store: Store, fenceOf: () => Fence, originOf: () => Origin, prefix: string): Adapter {
  const commit = committer(store, fenceOf, originOf);

  const living = async (key: string): Promise<Row<"kv"> | undefined> => {
    const row = await store.get("kv", prefix + key);
    return row && (row.expiresAt === null || row.expiresAt > originOf().at) ? row : undefined;
  };
  const read = async (key: string): Promise<string | undefined> => (await living(key))?.value;
  const has = async (key: string): Promise<boolean> => (await living(key)) !== undefined;
  const write = async (entries: readonly Entry[]): Promise<boolean> => {
    const { at } = originOf();
    const sweeps = entries.some(({ ttl }) => ttl);
    const expired = sweeps ? await store.find("kv", { where: { expiresAt: { below: at } }, limit: SWEEP_ROWS }) : [];
    await commit(
      entries.map(({ key, value, ttl }) => put("kv", prefix + key, { value, expiresAt: ttl ? at + ttl : null })),
      expired,
    );
    return true;
  };
  const drop = async (keys: readonly string[]): Promise<boolean[]> => {
    const were = await Promise.all(keys.map(has));
    await commit(keys.map((key) => remove("kv", prefix + key)));
    return were;
  };

  return {
    get: read,
    getMany: (keys) => Promise.all(keys.map(read)),
    has,
    hasMany: (keys) => Promise.all(keys.map(has)),
    set: (key, value, ttlMs) => write([{ key, value, ...(ttlMs === undefined ? {} : { ttl: ttlMs }) }]),
    setMany: write,
    delete: async (key) => (await drop([key])).includes(true),
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
