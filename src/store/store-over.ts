/** The store of the contract over an engine: rows and units of work outside, SQL and scripts inside. */
import { HubError } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import type { TableName } from "../contract/tables.ts";
import { unpackRow } from "./columns.ts";
import type { Engine } from "./engine.ts";
import { acquireLease, releaseLease, renewLease } from "./leases.ts";
import { countSql, selectSql } from "./query.ts";
import { commitUnit, tablesOf } from "./unit.ts";

export function storeOver(engine: Engine): Store {
  const listeners = new Set<(tables: ReadonlySet<TableName>) => void>();

  const announce = (tables: ReadonlySet<TableName>): void => {
    if (tables.size === 0) return;
    // Not before the commit is over: a listener may commit itself.
    for (const listener of listeners) queueMicrotask(() => listener(tables));
  };
  const transact: Engine["transact"] = async (script, isKept) => {
    if (engine.isReadOnly) throw new HubError("store_failed", { file: engine.place, reason: "it was opened for reading only" });
    return engine.transact(script, isKept);
  };

  return {
    place: engine.place,
    async get(table, id) {
      const [raw] = await engine.read(`SELECT * FROM ${table} WHERE id = ?`, [id]);
      return raw && unpackRow(table, raw);
    },
    async find(table, query = {}) {
      const { sql, values } = selectSql(table, query);
      return (await engine.read(sql, values)).map((raw) => unpackRow(table, raw));
    },
    async count(table, where) {
      const { sql, values } = countSql(table, where);
      const [raw] = await engine.read(sql, values);
      return Number(raw?.["n"]);
    },
    async commit(unit) {
      const result = await transact(
        () => commitUnit(engine, unit),
        ({ ok }) => ok,
      );
      if (result.ok) announce(tablesOf(unit));
      return result;
    },
    check: () => engine.check(),
    async acquireLease(name, holder, ttlMs, now) {
      const fence = await transact(
        () => acquireLease({ name, holder, expiresAt: now + ttlMs, now }),
        (taken) => taken !== undefined,
      );
      if (fence) announce(new Set(["leases"]));
      return fence;
    },
    renewLease: (fence, ttlMs, now) =>
      transact(
        () => renewLease(fence, now + ttlMs, now),
        (isOurs) => isOurs,
      ),
    async releaseLease(fence) {
      const wasOurs = await transact(
        () => releaseLease(fence),
        (released) => released,
      );
      if (wasOurs) announce(new Set(["leases"]));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      await engine.close();
    },
  };
}
