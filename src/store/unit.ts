/**
 * A unit of work as a script: its writes one after the other, inside a transaction the engine holds.
 * Invariant: nothing is written under a fence that is not valid; the audit log is only ever appended to.
 */
import { auditId, chainHash, CHAIN_START, wellFormedEntry } from "../audit/chain.ts";
import { HubError } from "../contract/errors.ts";
import type { AuditWrite, CommitResult, Origin, UnitOfWork, Write } from "../contract/store.ts";
import type { AuditFields, TableName } from "../contract/tables.ts";
import { unpackFields } from "./columns.ts";
import type { Engine } from "./engine.ts";
import { isFenceValid } from "./leases.ts";
import { changeRow, insertRow, putRow, versionOf } from "./rows.ts";
import { change, readOne, type Script } from "./script.ts";

interface Writing {
  readonly engine: Pick<Engine, "place" | "nextAuditNumber">;
  readonly origin: Origin;
}

/** Not to be kept unless it is `ok`: it stops at the first conflict, with what came before it written. */
export function* commitUnit(engine: Writing["engine"], { fence, origin, expect = [], writes }: UnitOfWork): Script<CommitResult> {
  if (!(yield* isFenceValid(fence))) return { ok: false, why: "fenced", lease: fence.lease };
  for (const { table, id, version } of expect) {
    if ((yield* versionOf(table, id)) !== version) return { ok: false, why: "conflict", table, id };
  }
  for (const write of writes) {
    if (write.op === "audit") yield* appendAudit({ engine, origin }, write);
    else if (!(yield* applyWrite({ engine, origin }, write))) return { ok: false, why: "conflict", table: write.table, id: write.id };
  }
  return { ok: true };
}

export function tablesOf(unit: UnitOfWork): ReadonlySet<TableName> {
  return new Set(unit.writes.map((write) => (write.op === "audit" ? "audit" : write.table)));
}

/** False on a conflict. */
function* applyWrite({ engine, origin }: Writing, write: Exclude<Write, AuditWrite>): Script<boolean> {
  refuseGuarded(engine, write.table);
  switch (write.op) {
    case "insert":
      return yield* insertRow(origin, write);
    case "put":
      yield* putRow(origin, write);
      return true;
    case "update":
      return yield* changeRow(origin, write, (raw) => ({ ...unpackFields(write.table, raw), ...write.set }));
    case "add": {
      const { table, id } = write;
      const isNew = yield* insertRow(origin, write);
      return isNew || (yield* changeRow(origin, { table, id }, (raw) => added(unpackFields(table, raw), write.add)));
    }
    case "delete":
      yield* change(`DELETE FROM ${write.table} WHERE id = ?`, [write.id]);
      return true;
  }
}

/** These two prove something only while nobody writes them by hand. */
function refuseGuarded({ place }: Writing["engine"], table: TableName): void {
  const reason = table === "audit" ? "the audit log is only appended to" : table === "leases" ? "leases are taken, not written" : undefined;
  if (reason) throw new HubError("store_failed", { file: place, reason });
}

function added(fields: object, amounts: object): object {
  const held = new Map<string, unknown>(Object.entries(fields));
  const sums = Object.entries(amounts).map(([field, amount]) => [field, Number(held.get(field) ?? 0) + Number(amount)]);
  return { ...fields, ...Object.fromEntries(sums) };
}

function* appendAudit({ engine, origin }: Writing, { entry }: AuditWrite): Script<void> {
  const seq = yield* engine.nextAuditNumber();
  const last = yield* readOne("SELECT * FROM audit ORDER BY seq DESC LIMIT 1");
  const previousHash = last ? unpackFields("audit", last).hash : CHAIN_START;
  const base = { id: auditId(seq), ...wellFormedOrigin(origin), createdAt: origin.at };
  const stored = wellFormedEntry(entry);
  const fields: AuditFields = { ...stored, previousHash, hash: chainHash(previousHash, stored, base) };
  yield* insertRow(origin, { table: "audit", id: base.id, seq, fields });
}

function wellFormedOrigin({ tenantId, host, actorId }: Origin): Omit<Origin, "at"> {
  return { tenantId: tenantId.toWellFormed(), host: host.toWellFormed(), actorId: actorId.toWellFormed() };
}
