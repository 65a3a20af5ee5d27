/**
 * Leases as scripts. A lease's version is its fencing token: it rises when the lease is taken or given back, never when it is
 * prolonged, and the row is never deleted, so that no old token can become valid again.
 */
import type { Fence, Origin } from "../contract/store.ts";
import type { LeaseFields } from "../contract/tables.ts";
import { unpackRow } from "./columns.ts";
import { changeRow, insertRow, versionOf } from "./rows.ts";
import { change, readOne, type Script } from "./script.ts";

const FREE: LeaseFields = { holder: "", expiresAt: 0 };

export interface LeaseWish {
  readonly name: string;
  readonly holder: string;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly now: number;
}

/** Zero is no token: a lease nobody ever took has that version. */
export function* isFenceValid({ lease, token }: Fence): Script<boolean> {
  return token > 0 && (yield* versionOf("leases", lease)) === token;
}

/** Undefined while somebody else has it. */
export function* acquireLease({ name, holder, expiresAt, now }: LeaseWish): Script<Fence | undefined> {
  const origin = leaseOrigin(holder, now);
  const raw = yield* readOne("SELECT * FROM leases WHERE id = ?", [name]);
  if (!raw) {
    yield* insertRow(origin, { table: "leases", id: name, fields: { holder, expiresAt } });
    return { lease: name, token: 1 };
  }
  const lease = unpackRow("leases", raw);
  if (lease.holder !== holder && lease.expiresAt > now) return undefined;
  yield* changeRow(origin, { table: "leases", id: name }, (): LeaseFields => ({ holder, expiresAt }));
  return { lease: name, token: lease.version + 1 };
}

/** False when it is no longer ours. */
export function* renewLease({ lease, token }: Fence, expiresAt: number, now: number): Script<boolean> {
  const sql = "UPDATE leases SET expires_at = ?, updated_at = ? WHERE id = ? AND version = ?";
  return (yield* change(sql, [expiresAt, now, lease, token])) === 1;
}

/** False when it was no longer ours. */
export function* releaseLease({ lease, token }: Fence): Script<boolean> {
  const raw = yield* readOne("SELECT * FROM leases WHERE id = ? AND version = ?", [lease, token]);
  if (!raw) return false;
  const { host, updatedAt } = unpackRow("leases", raw);
  yield* changeRow(leaseOrigin(host, updatedAt), { table: "leases", id: lease }, () => FREE);
  return true;
}

/** A lease is the whole hub's, no tenant's. */
function leaseOrigin(host: string, at: number): Origin {
  return { tenantId: "", host, actorId: "hub", at };
}
