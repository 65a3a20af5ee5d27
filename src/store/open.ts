/**
 * Opens the store that the configuration names: picks the engine, makes the data folder and keeps other hubs out of it.
 * It knows which engines there are and nothing of how they work.
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { nextRound } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import { counted } from "../contract/counted.ts";
import type { Store } from "../contract/store.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { createSqliteStore } from "./sqlite.ts";

export interface StoreOptions {
  /** `postgres://…`; or `sqlite:`, `sqlite:NAME`, a file in the data folder. Empty or absent: `sqlite:hub.db`. */
  readonly url?: string | undefined;
  /** Made with mode 0700 when missing; the database gets 0600. */
  readonly dataDir: string;
  /** For commands that look while the hub is running or stopped: takes no lock, makes nothing, changes nothing. Default false. */
  readonly readOnly?: boolean;
}

/**
 * The store's `close` also gives the data folder free. Rejects with a HubError: `engine_not_available`, `data_dir_locked`,
 * `data_dir_unusable`, `store_left_behind`, `store_unreachable`, `store_unreadable`, `store_newer`, `store_full` or `store_failed`.
 */
export async function openStore({ url, dataDir, readOnly = false }: StoreOptions): Promise<Store> {
  const dir = resolve(dataDir);
  const open = isOnServer(url) ? onServer(url, dir) : inFolder(databaseFile(url || "sqlite:", dir), dir);
  if (readOnly) return open({ readOnly });
  makeFolder(dir);
  const lock = lockFolder(dir);
  try {
    return closingWith(lock, await open({ readOnly }));
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Which one it is and what is there, in words, for the one who runs the hub. Rejects like `openStore`, and changes nothing. */
export async function lookAtStore({ url, dataDir }: Pick<StoreOptions, "url" | "dataDir">): Promise<string> {
  if (isOnServer(url))
    return `${await (await import("./postgres.ts")).lookAtPostgres(url)}${existsSync(leftIn(resolve(dataDir))) ? LEFT : ""}`;
  const file = databaseFile(url || "sqlite:", resolve(dataDir));
  return `SQLite, ${file}${existsSync(file) ? "" : "; it is made at the first start"}`;
}

export const isOnServer = (url: string | undefined): url is string => /^postgres(?:ql)?:/.test(url ?? "");

type Open = (how: { readonly readOnly: boolean }) => Promise<Store>;

/** Its driver is loaded only by whoever uses it. Nobody who only names another store begins an empty life beside the old one. */
function onServer(url: string, dir: string): Open {
  return async ({ readOnly }) => {
    const store = await (await import("./postgres.ts")).createPostgresStore({ url, readOnly });
    if (readOnly || !existsSync(leftIn(dir)) || (await store.count("leases")) > 0) return store;
    await store.close();
    throw new HubError("store_left_behind", { place: store.place, file: leftIn(dir) });
  };
}

/** What a hub that had its store in this folder would have left there. */
const leftIn = (dir: string): string => join(dir, "hub.db");
const LEFT = "; hub.db in the data folder is not part of it, `mos-hub store move` takes it there";

function inFolder(file: string, dir: string): Open {
  return async ({ readOnly }) => {
    if (readOnly && !existsSync(file)) throw new HubError("store_unreadable", { file, reason: "there is no such file" });
    if (!readOnly) makeFile(file, dir);
    return givingWay(await createSqliteStore({ file, readOnly }));
  };
}

/** The rest of a URL is never shown: it may hold a password. */
function databaseFile(url: string, dir: string): string {
  const [engine = "", ...rest] = url.split(":");
  if (engine !== "sqlite") throw new HubError("engine_not_available", { engine: rest.length > 0 ? engine : "unknown" });
  const file = resolve(dir, rest.join(":") || "hub.db");
  const within = relative(dir, file);
  // The lock is on the folder: a database elsewhere could be opened by two hubs at once.
  if (within === "" || within.startsWith("..") || isAbsolute(within)) {
    throw new HubError("config_invalid", {
      count: counted(1, "problem"),
      problems: "MOS_HUB_DATABASE_URL: an SQLite file must lie in the data folder",
    });
  }
  return file;
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw unusable(dir, thrown);
  }
}

/** Made here for its mode, which SQLite's own files beside it take over. One that exists is not touched, nor even opened. */
function makeFile(file: string, dir: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "EEXIST") return;
    throw code === "ENOSPC" ? new HubError("store_full", { file }, { cause: thrown }) : unusable(dir, thrown);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "it is on a read-only file system",
  ENOTDIR: "a part of its path is not a folder",
  EEXIST: "it is not a folder",
  ENOENT: "a folder on the way to it is missing",
  ENOSPC: "the disk is full",
};

function unusable(dir: string, thrown: unknown): HubError {
  const code = codeOf(thrown);
  return new HubError("data_dir_unusable", { dir, reason: REASONS[code] ?? code }, { cause: thrown });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
}

/**
 * Writes keep the process busy, and work that only writes and reads would keep it from everything else: from a signal, from agents that have
 * something to say, from other platforms. After each write whatever came meanwhile has its turn.
 */
function givingWay(store: Store): Store {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...store,
    commit(unit) {
      const mine = last.then(() => store.commit(unit));
      last = mine.catch(() => {}).then(() => nextRound());
      return mine;
    },
  };
}

function closingWith(lock: FolderLock, store: Store): Store {
  return {
    ...store,
    async close() {
      await store.close();
      lock.release();
    },
  };
}
