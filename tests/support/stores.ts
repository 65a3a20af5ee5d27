/** Every store engine, as the contract suites see it. A new engine is one more entry of `storeEngines`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommitResult, Fence, Origin, Store, UnitOfWork, Write } from "../../src/contract/store.ts";
import type { InboxFields, UsageFields } from "../../src/contract/tables.ts";
import { createPostgresStore } from "../../src/store/postgres.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { type PostgresServer, startPostgres, whyNoPostgres } from "./postgres.ts";

export interface StoreEngine {
  readonly name: string;
  /** Why it cannot be had here; its suites are skipped then. */
  readonly missing?: string | undefined;
  /** How many times as long its work takes as the fastest engine's: suites of many rounds do fewer. */
  readonly slowness: number;
  /** Makes an empty place for one store, which may be opened again and again, also by another process. */
  prepare(): Promise<StorePlace>;
  open(location: string): Promise<Store>;
}

export interface StorePlace {
  readonly location: string;
  dispose(): Promise<void>;
}

const sqlite: StoreEngine = {
  name: "sqlite",
  slowness: 1,
  async prepare() {
    const { dir, dispose } = temporaryFolder();
    return { location: join(dir, "hub.db"), dispose: async () => dispose() };
  },
  open: (location) => createSqliteStore({ file: location }),
};

/** Of this process; it ends with it. */
let server: Promise<PostgresServer> | undefined;

const postgres: StoreEngine = {
  name: "postgres",
  slowness: 5,
  missing: whyNoPostgres(),
  async prepare() {
    server ??= startPostgres();
    return { location: await (await server).database(), dispose: async () => {} };
  },
  open: (location) => createPostgresStore({ url: location }),
};

export const storeEngines: readonly StoreEngine[] = [sqlite, postgres];

export function temporaryFolder(): { readonly dir: string; dispose(): void } {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-store-"));
  return { dir, dispose: () => rmSync(dir, { recursive: true, force: true }) };
}

export const testOrigin: Origin = { tenantId: "main", host: "node-1", actorId: "per_1", at: 1000 };

/** A lease to write under, far from its end. */
export async function takeFence(store: Store, name = "hub", holder = "node-1"): Promise<Fence> {
  const fence = await store.acquireLease(name, holder, 1_000_000, 0);
  if (!fence) throw new Error(`the lease ${name} is taken`);
  return fence;
}

/** `commit` with the same fence and origin each time. */
export function committer(store: Store, fence: Fence): (writes: readonly Write[], more?: Partial<UnitOfWork>) => Promise<CommitResult> {
  return (writes, more = {}) => store.commit({ fence, origin: testOrigin, writes, ...more });
}

export function inboxFields(set: Partial<InboxFields> = {}): InboxFields {
  return {
    account: "console",
    address: { account: "console", chat: "home" },
    sender: "me",
    personId: null,
    trace: "trc_1",
    status: "recorded",
    sessionKey: null,
    handler: null,
    event: null,
    times: {},
    ...set,
  };
}

export function usageFields(set: Partial<UsageFields> = {}): UsageFields {
  return { hour: 1, agent: "mos", model: "m", input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...set };
}
