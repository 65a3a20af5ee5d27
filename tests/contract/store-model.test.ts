/** Random units of work on a few rows, on a real engine and on a model of a page: results and rows must agree after each. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify.ts";
import type { CommitResult, Fence, Store, UnitOfWork, Write } from "../../src/contract/store.ts";
import type { KvFields } from "../../src/contract/tables.ts";
import { describeStores } from "../support/describe-stores.ts";
import { takeFence, testOrigin, usageFields } from "../support/stores.ts";

const RUNS = 150;

/** What is known of one row; `seq` is its place among all ever inserted. */
interface ModelRow {
  readonly version: number;
  readonly seq: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Model {
  readonly rows: ReadonlyMap<string, ModelRow>;
  readonly inserted: number;
  readonly audited: number;
}

const EMPTY: Model = { rows: new Map(), inserted: 0, audited: 0 };

const id = fc.constantFrom("a", "b", "a:c");
const kvFields = fc.record<KvFields>({
  value: fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
  expiresAt: fc.option(fc.integer({ min: 0, max: 3 })),
});
const amount = fc.integer({ min: -5, max: 5 });
const version = fc.integer({ min: 0, max: 4 });

const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ op: fc.constant("insert" as const), table: fc.constant("kv" as const), id, fields: kvFields }),
  fc.record({ op: fc.constant("put" as const), table: fc.constant("kv" as const), id, fields: kvFields }),
  fc.record({ op: fc.constant("delete" as const), table: fc.constantFrom("kv" as const, "usage" as const), id }),
  fc.record({ op: fc.constant("update" as const), table: fc.constant("kv" as const), id, version, set: kvFields }),
  fc.record({
    op: fc.constant("update" as const),
    table: fc.constant("kv" as const),
    id,
    version,
    set: kvFields.map(({ value }) => ({ value })),
  }),
  fc
    .tuple(id, amount, amount)
    .map(([at, input, hour]): Write => ({ op: "add", table: "usage", id: at, fields: usageFields({ input }), add: { input, hour } })),
  fc
    .record({
      what: fc.string(),
      subject: fc.string(),
      facts: fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary" }), fc.double())),
    })
    .map((entry): Write => ({ op: "audit", entry })),
);

interface Step {
  readonly writes: readonly Write[];
  readonly expect: NonNullable<UnitOfWork["expect"]>;
  readonly at: number;
  readonly stale: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  writes: fc.array(write, { maxLength: 4 }),
  expect: fc.array(fc.record({ table: fc.constantFrom("kv" as const, "usage" as const), id, version }), { maxLength: 1 }),
  at: fc.integer({ min: 0, max: 1_000_000 }),
  stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** The contract, said in plain maps. */
function apply(model: Model, { writes, expect: expected, at }: Step): { readonly model: Model; readonly result: CommitResult } {
  const rows = new Map(model.rows);
  let { inserted, audited } = model;
  const conflict = (table: "kv" | "usage", at: string) => ({ model, result: { ok: false, why: "conflict", table, id: at } as const });
  const create = (key: string, fields: object) =>
    rows.set(key, { version: 1, seq: (inserted += 1), createdAt: at, updatedAt: at, fields: { ...fields } });
  const change = (key: string, row: ModelRow, fields: object) =>
    rows.set(key, { ...row, version: row.version + 1, updatedAt: at, fields: { ...fields } });

  for (const { table, id, version } of expected) {
    if ((rows.get(`${table} ${id}`)?.version ?? 0) !== version) return conflict(table as "kv" | "usage", id);
  }
  for (const write of writes) {
    if (write.op === "audit") {
      audited += 1;
      continue;
    }
    const key = `${write.table} ${write.id}`;
    const row = rows.get(key);
    if (write.op === "insert" && row) return conflict("kv", write.id);
    if (write.op === "update" && row?.version !== write.version) return conflict("kv", write.id);
    if (write.op === "delete") rows.delete(key);
    else if (write.op === "update" && row) change(key, row, { ...row.fields, ...write.set });
    else if (write.op === "put" && row) change(key, row, write.fields);
    else if (write.op === "add" && row) change(key, row, { ...row.fields, ...sums(row.fields, write.add) });
    else if (write.op !== "update") create(key, write.fields);
  }
  return { model: { rows, inserted, audited }, result: { ok: true } };
}

function sums(fields: Readonly<Record<string, unknown>>, add: object): object {
  return Object.fromEntries(Object.entries(add).map(([field, by]) => [field, Number(fields[field]) + Number(by)]));
}

function rowsOf(model: Model, table: string, where: (fields: ModelRow["fields"]) => boolean = () => true): object[] {
  return [...model.rows]
    .filter(([key, row]) => key.startsWith(`${table} `) && where(row.fields))
    .toSorted(([, one], [, other]) => one.seq - other.seq)
    .map(([key, { version, createdAt, updatedAt, fields }]) => ({
      id: key.slice(table.length + 1),
      version,
      createdAt,
      updatedAt,
      ...fields,
    }));
}

/** Without what the model does not know: the numbers themselves, and who wrote. */
function plain(rows: readonly object[]): object[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !["seq", "tenantId", "host", "actorId"].includes(name))),
  );
}

async function agree(store: Store, model: Model): Promise<void> {
  expect(plain(await store.find("kv"))).toEqual(rowsOf(model, "kv"));
  expect(plain(await store.find("usage"))).toEqual(rowsOf(model, "usage"));
  expect(plain(await store.find("kv", { where: { expiresAt: null }, newestFirst: true }))).toEqual(
    rowsOf(model, "kv", ({ expiresAt }) => expiresAt === null).toReversed(),
  );
  expect(plain(await store.find("kv", { where: { expiresAt: { below: 2 } }, limit: 2 }))).toEqual(
    rowsOf(model, "kv", ({ expiresAt }) => expiresAt !== null && Number(expiresAt) < 2).slice(0, 2),
  );
  expect(await store.count("kv", { expiresAt: { in: [1, 2, null] } })).toBe(
    rowsOf(model, "kv", ({ expiresAt }) => [1, 2, null].includes(expiresAt as number | null)).length,
  );
  expect(plain(await store.find("kv", { idPrefix: "a" }))).toEqual(
    rowsOf(model, "kv").filter((row) => (row as { id: string }).id.startsWith("a")),
  );
  expect(await verifyAudit(store)).toEqual({ ok: true, entries: model.audited });
}

async function runSteps(store: Store, fence: Fence, steps: readonly Step[]): Promise<Model> {
  let model = EMPTY;
  for (const next of steps) {
    const origin = { ...testOrigin, at: next.at };
    const used = next.stale ? { ...fence, token: fence.token + 1 } : fence;
    const result = await store.commit({ fence: used, origin, expect: next.expect, writes: next.writes });
    const expected = next.stale ? { model, result: { ok: false, why: "fenced", lease: fence.lease } } : apply(model, next);
    expect(result).toEqual(expected.result);
    model = expected.model;
    await agree(store, model);
  }
  return model;
}

describeStores((engine) => {
  test("does what the model does", async () => {
    const numRuns = RUNS / engine.slowness;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const place = await engine.prepare();
        let store = await engine.open(place.location);
        try {
          const model = await runSteps(store, await takeFence(store), steps);
          await store.close();
          store = await engine.open(place.location);
          await agree(store, model);
          runs += 1;
        } finally {
          await store.close();
          await place.dispose();
        }
      }),
      { numRuns },
    );
    expect(runs).toBe(numRuns);
  });
});
