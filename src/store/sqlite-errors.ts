/** SQLite's failures as the hub's own. It knows result codes and free space, no statement. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { HubError } from "../contract/errors.ts";

/** Primary result codes, from https://www.sqlite.org/rescode.html (read 2026-01). */
const CODE = { PERM: 3, READONLY: 8, IOERR: 10, CORRUPT: 11, FULL: 13, CANTOPEN: 14, AUTH: 23, NOTADB: 26 } as const;

const DAMAGED: readonly number[] = [CODE.CORRUPT, CODE.NOTADB];
const CLOSED_TO_US: readonly number[] = [CODE.PERM, CODE.READONLY, CODE.IOERR, CODE.CANTOPEN, CODE.AUTH];
/** What SQLite may say instead of FULL when it cannot enlarge or create one of its smaller files. */
const MAYBE_FULL: readonly number[] = [CODE.IOERR, CODE.CANTOPEN];

/** With less than this left such an error is taken for a full disk. */
const SPARE_BYTES = 64 * 1024;

/** `opening`: nothing of this database has been read yet, so that not getting in means it is unreadable. */
export function sqliteError(thrown: unknown, file: string, phase: "opening" | "working"): HubError {
  if (thrown instanceof HubError) return thrown;
  const code = primaryCode(thrown);
  const details = { file, reason: thrown instanceof Error ? thrown.message : String(thrown) };
  const options = { cause: thrown };
  if (code === CODE.FULL || (code !== undefined && MAYBE_FULL.includes(code) && isFull(file)))
    return new HubError("store_full", details, options);
  if (code !== undefined && DAMAGED.includes(code)) return new HubError("store_unreadable", details, options);
  if (code !== undefined && phase === "opening" && CLOSED_TO_US.includes(code)) return new HubError("store_unreadable", details, options);
  return new HubError("store_failed", details, options);
}

/** Undefined for what SQLite did not throw. Extended codes carry the primary one in their low byte. */
function primaryCode(thrown: unknown): number | undefined {
  return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number" ? thrown.errcode & 0xff : undefined;
}

/** Whether the disk of the database has no room left for a message of usual size. */
export function isFull(file: string): boolean {
  try {
    const disk = statfsSync(dirname(file));
    return disk.bavail * disk.bsize < SPARE_BYTES;
  } catch {
    return false;
  }
}
