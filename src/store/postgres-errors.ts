/** PostgreSQL's failures as the hub's own. It knows error codes, no statement. */
import { HubError } from "../contract/errors.ts";

/** SQLSTATE, from https://www.postgresql.org/docs/18/errcodes-appendix.html (read 2026-11). */
const DISK_FULL = "53100";
const MISSING_TABLE = "42P01";
const DENIED = "42501";
/** Connections short, broken or idle for too long, told to stop or starting, system errors, a server that only reads since another took over. */
const PASSING = /^(08|53|57P|58|25006|25P03)/;
/** The login is wrong, or there is no such database: no waiting mends it. */
const REFUSED = /^(28|3D)/;
/** Of Node's sockets and of the driver, which has no code for a connection that ends. */
const LOST =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|connection (terminated|error|timeout)|not queryable|read timeout|timeout exceeded when trying to connect/i;

/** Of an error of `postgresError`: whether it is about reaching the server, which may do in a moment, and not about what was asked of it. */
export function isPassing(thrown: unknown): boolean {
  const { code, text } = detailsOf(thrown instanceof HubError ? thrown.cause : undefined);
  return isState(code) ? PASSING.test(code) && code !== DISK_FULL : LOST.test(`${code} ${text}`);
}

export function isMissingTable(thrown: unknown): boolean {
  return thrown instanceof HubError && detailsOf(thrown.cause).code === MISSING_TABLE;
}

/** The user of the URL has not the right. */
export function isDenied(thrown: unknown): thrown is HubError {
  return thrown instanceof HubError && detailsOf(thrown.cause).code === DENIED;
}

/** `thrown` by the driver. */
export function postgresError(thrown: unknown, place: string): HubError {
  const { code, text } = detailsOf(thrown);
  const details = { file: place, reason: text };
  const options = { cause: thrown };
  if (code === DISK_FULL) return new HubError("store_full", details, options);
  // Without a state it never came to the server: a name that is not known, a certificate that is not trusted, no password where one is asked for.
  const isReached = isState(code) && !PASSING.test(code) && !REFUSED.test(code);
  return new HubError(isReached ? "store_failed" : "store_unreachable", details, options);
}

function detailsOf(thrown: unknown): { readonly code: string; readonly text: string } {
  if (!(thrown instanceof Error)) return { code: "", text: "" };
  const code = "code" in thrown ? String(thrown.code) : "";
  // Of several addresses none answered: the message is empty.
  return { code, text: thrown.message || code };
}

const isState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);
