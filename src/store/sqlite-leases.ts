/**
 * Leases in SQLite. A lease's version is its fencing token: it rises when the lease is taken or given back, never when it is
 * prolonged, and the row is never deleted, so that no old token can become valid again.
 */
import type { Fence, Origin } from "../contract/store.ts";
import type { LeaseFields } from "../contract/tables.ts";
import { unpackRow } from "./columns.ts";
import type { Connection } from "./sqlite-connection.ts";
import { changeRow, insertRow, versionOf } from "./sqlite-writes.ts";

const FREE: LeaseFields = { holder: "", expiresAt: 0 };

export interface LeaseWish {
  readonly name: string;
  readonly holder: string;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly now: number;
}

/** Zero is no token: a lease nobody ever took has that version. */
export function isFenceValid(database: Connection, { lease, token }: Fence): boolean {
  return token > 0 && versionOf(database, "leases", lease) === token;
}

/** Undefined while somebody else has it. */
export function acquireLease(database: Connection, { name, holder, expiresAt, now }: LeaseWish): Fence | undefined {
  const writing = { database, origin: leaseOrigin(holder, now) };
  return database.transaction(() => {
    const raw = database.one("SELECT * FROM leases WHERE id = ?", [name]);
    if (!raw) {
      insertRow(writing, "leases", name, { holder, expiresAt });
      return { keep: true, result: { lease: name, token: 1 } };
    }
    const lease = unpackRow("leases", raw);
    if (lease.holder !== holder && lease.expiresAt > now) return { keep: false, result: undefined };
    changeRow(writing, { table: "leases", id: name }, (): LeaseFields => ({ holder, expiresAt }));
    return { keep: true, result: { lease: name, token: lease.version + 1 } };
  });
}

/** False when it is no longer ours. */
export function renewLease(database: Connection, { lease, token }: Fence, expiresAt: number, now: number): boolean {
  const sql = "UPDATE leases SET expires_at = ?, updated_at = ? WHERE id = ? AND version = ?";
  return database.run(sql, [expiresAt, now, lease, token]) === 1;
}

/** False when it was no longer ours. */
export function releaseLease(database: Connection, { lease, token }: Fence): boolean {
  return database.transaction(() => {
    const raw = database.one("SELECT * FROM leases WHERE id = ? AND version = ?", [lease, token]);
    if (!raw) return { keep: false, result: false };
    const { host, updatedAt } = unpackRow("leases", raw);
    changeRow({ database, origin: leaseOrigin(host, updatedAt) }, { table: "leases", id: lease }, () => FREE);
    return { keep: true, result: true };
  });
}

/** A lease is the whole hub's, no tenant's. */
function leaseOrigin(host: string, at: number): Origin {
  return { tenantId: "", host, actorId: "hub", at };
}
