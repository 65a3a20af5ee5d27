/**
 * The hash chain of the audit log, as pure functions: what a link is, and whether a run of entries is whole.
 * It knows no engine and no clock. Invariant: each entry's hash covers all of the entry and the hash before it.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { AuditWrite } from "../contract/store.ts";
import type { Row, RowBase } from "../contract/tables.ts";

export type AuditEntry = AuditWrite["entry"];
/** What the chain covers beside the entry itself. The other fields of a row never change after its insertion. */
export type AuditBase = Pick<RowBase, "id" | "tenantId" | "host" | "actorId" | "createdAt">;

/** `previousHash` of the first entry. */
export const CHAIN_START = "0".repeat(64);

/** Padded, so that ids sort as numbers do: `aud_000000000042`. Numbers rise by one, so that a missing entry shows. */
export function auditId(number: number): string {
  return `aud_${String(number).padStart(12, "0")}`;
}

/**
 * SHA-256, hex, over the canonical JSON (RFC 8785) of the entry, who wrote it where and when, and the hash before it.
 * Throws on what has no canonical JSON; see `wellFormedEntry`.
 */
export function chainHash(previousHash: string, entry: AuditEntry, base: AuditBase): string {
  const { what, subject, facts } = entry;
  const { id, tenantId, host, actorId, createdAt } = base;
  const covered = canonicalize({ previousHash, id, tenantId, host, actorId, createdAt, what, subject, facts }) ?? "";
  return createHash("sha256").update(covered).digest("hex");
}

/** The entry as it can be stored and hashed: half a character becomes U+FFFD, a number that JSON does not know null. */
export function wellFormedEntry({ what, subject, facts }: AuditEntry): AuditEntry {
  const well = Object.entries(facts).map(([name, value]) => [name.toWellFormed(), wellFormedFact(value)]);
  return { what: what.toWellFormed(), subject: subject.toWellFormed(), facts: Object.fromEntries(well) };
}

function wellFormedFact(value: AuditEntry["facts"][string]): AuditEntry["facts"][string] {
  if (typeof value === "string") return value.toWellFormed();
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

/** Where a log ends: how many entries there ever were, and the hash of the last. Kept elsewhere, it shows when the end is cut off. */
export interface Head {
  readonly number: number;
  readonly hash: string;
}

/** What the first entry follows. */
export const EMPTY_HEAD: Head = { number: 0, hash: CHAIN_START };

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number }
  /** `at`: the id of the first entry that does not fit; of `cut` the last that should be there. */
  | { readonly ok: false; readonly at: string; readonly why: "changed" | "gap" | "order" | "cut" };

/**
 * Verifies entries in the order given. `before` is the head they follow; absent, they must begin at the chain's start.
 * Entries cut off at the end show only once another is appended: whoever must know at once keeps the head elsewhere.
 */
export function verifyChain(rows: Iterable<Row<"audit">>, before: Head = EMPTY_HEAD): ChainVerdict {
  let { number, hash } = before;
  let entries = 0;
  for (const row of rows) {
    const found = numberOf(row);
    if (Number.isNaN(found)) return { ok: false, at: row.id, why: "changed" };
    if (found !== number + 1) return { ok: false, at: row.id, why: found <= number ? "order" : "gap" };
    if (row.previousHash !== hash || row.hash !== hashOf(row)) return { ok: false, at: row.id, why: "changed" };
    number = found;
    hash = row.hash;
    entries += 1;
  }
  return { ok: true, entries };
}

export function headOf(row: Pick<Row<"audit">, "id" | "hash">): Head {
  return { number: numberOf(row), hash: row.hash };
}

/** Undefined where the stored facts are no longer something that can be hashed. */
function hashOf(row: Row<"audit">): string | undefined {
  try {
    return chainHash(row.previousHash, row, row);
  } catch {
    return undefined;
  }
}

function numberOf(row: Pick<Row<"audit">, "id">): number {
  const digits = /^aud_(\d{12,})$/.exec(row.id)?.[1];
  return digits === undefined ? Number.NaN : Number(digits);
}
