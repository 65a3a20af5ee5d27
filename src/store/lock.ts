/**
 * One hub per data folder. The lock is SQLite's own on a small file beside the database, held as long as the process lives: the
 * operating system lets go of it at any end, kill -9 included, so that no stale lock ever needs a person.
 * Nothing else may open `hub.lock`: on POSIX, closing any handle on a file drops the locks its process holds on it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HubError } from "../contract/errors.ts";
import { sqliteError } from "./sqlite-errors.ts";

export interface FolderLock {
  /** May be called twice. */
  release(): void;
}

/** SQLITE_BUSY: somebody else has the lock. */
const BUSY = 5;

/** Throws HubError `data_dir_locked` while another process, or this one, has the folder. */
export function lockFolder(dir: string): FolderLock {
  const pidFile = join(dir, "hub.pid");
  const handle = exclusiveHandle(dir, pidFile);
  notePid(pidFile);
  return {
    release() {
      if (!handle.isOpen) return;
      rmSync(pidFile, { force: true });
      handle.close();
    },
  };
}

function exclusiveHandle(dir: string, pidFile: string): DatabaseSync {
  const file = join(dir, "hub.lock");
  let handle: DatabaseSync | undefined;
  try {
    handle = new DatabaseSync(file, { timeout: 0 });
    // The journal in memory: nothing is ever written, the transaction stays open until the end.
    handle.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return handle;
  } catch (thrown) {
    if (handle?.isOpen) handle.close();
    if (isBusy(thrown)) throw new HubError("data_dir_locked", { dir, pid: notedPid(pidFile) }, { cause: thrown });
    const failure = sqliteError(thrown, file, "opening");
    if (failure.code === "store_full") throw failure;
    throw new HubError("data_dir_unusable", { dir, reason: String(failure.details["reason"]) }, { cause: thrown });
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number" && (thrown.errcode & 0xff) === BUSY;
}

/** For the sentence the next one is told; the lock does not depend on it, so a full disk is no reason to fail here. */
function notePid(pidFile: string): void {
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    rmSync(pidFile, { force: true });
  }
}

function notedPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}
