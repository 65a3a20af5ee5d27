/**
 * A query of the contract as SQL text and values, with `?` for each value. Pure.
 * Invariant: equal shapes give equal text, so that an engine can keep its statements prepared.
 */
import type { Query } from "../contract/store.ts";
import type { TableName } from "../contract/tables.ts";
import { searchColumn, sqlValue, type SqlValue } from "./columns.ts";

export interface SqlText {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const DEFAULT_LIMIT = 1000;

export function selectSql<T extends TableName>(table: T, query: Query<T>): SqlText {
  const terms = [...whereTerms(table, query.where)];
  if (query.afterSeq !== undefined) terms.push({ sql: query.newestFirst ? "seq < ?" : "seq > ?", values: [query.afterSeq] });
  if (query.idPrefix) terms.push(prefixTerm(query.idPrefix));
  const order = query.newestFirst ? "DESC" : "ASC";
  const limit = Math.min(query.limit ?? DEFAULT_LIMIT, Number.MAX_SAFE_INTEGER);
  const where = query.firstPer === undefined ? joined(terms) : firstOfEach(table, joined(terms), { by: query.firstPer, order });
  return {
    sql: `SELECT * FROM ${table}${where} ORDER BY seq ${order} LIMIT ?`,
    values: [...terms.flatMap((term) => term.values), limit],
  };
}

export function countSql<T extends TableName>(table: T, where: Query<T>["where"]): SqlText {
  const terms = whereTerms(table, where);
  return { sql: `SELECT count(*) AS n FROM ${table}${joined(terms)}`, values: terms.flatMap((term) => term.values) };
}

function firstOfEach(table: TableName, where: string, { by, order }: { by: string; order: "ASC" | "DESC" }): string {
  const column = searchColumn(table, by);
  if (column === undefined) throw new TypeError(`${table} cannot be searched by "${by}"`);
  return ` WHERE seq IN (SELECT ${order === "ASC" ? "min" : "max"}(seq) FROM ${table}${where} GROUP BY ${column})`;
}

function joined(terms: readonly SqlText[]): string {
  return terms.length === 0 ? "" : ` WHERE ${terms.map((term) => term.sql).join(" AND ")}`;
}

function whereTerms<T extends TableName>(table: T, where: Query<T>["where"]): SqlText[] {
  return Object.entries(where ?? {}).map(([field, condition]) => {
    const column = searchColumn(table, field);
    if (column === undefined) throw new TypeError(`${table} cannot be searched by "${field}"`);
    return conditionTerm(column, condition);
  });
}

function conditionTerm(column: string, condition: unknown): SqlText {
  // Taken as "any", an undefined condition would widen a search or a count without a word.
  if (condition === undefined) throw new TypeError(`the condition on "${column}" is undefined`);
  if (condition === null) return { sql: `${column} IS NULL`, values: [] };
  if (typeof condition !== "object") return { sql: `${column} = ?`, values: [sqlValue(condition)] };
  if ("in" in condition && Array.isArray(condition.in)) return inTerm(column, condition.in);
  if ("below" in condition) return { sql: `${column} < ?`, values: [sqlValue(condition.below)] };
  if ("from" in condition) return { sql: `${column} >= ?`, values: [sqlValue(condition.from)] };
  throw new TypeError(`the condition on "${column}" is none that is known`);
}

function inTerm(column: string, candidates: readonly unknown[]): SqlText {
  const values = candidates.filter((candidate) => candidate !== null).map(sqlValue);
  const orNull = values.length < candidates.length;
  if (values.length === 0) return { sql: orNull ? `${column} IS NULL` : "1 = 0", values: [] };
  // The list is filled up to a power of two, so that lists of all lengths need a handful of statements only.
  const width = 2 ** Math.ceil(Math.log2(values.length));
  const padded = [...values, ...Array<SqlValue>(width - values.length).fill(values[0] ?? null)];
  const listed = `${column} IN (${padded.map(() => "?").join(", ")})`;
  return { sql: orNull ? `(${listed} OR ${column} IS NULL)` : listed, values: padded };
}

/** As a range, which the index on `id` answers; ids are compared by code point. */
function prefixTerm(prefix: string): SqlText {
  const end = prefixEnd(prefix);
  return end === undefined ? { sql: "id >= ?", values: [prefix] } : { sql: "id >= ? AND id < ?", values: [prefix, end] };
}

/** The least text above all that begin with `prefix`; undefined when there is none. */
function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix.toWellFormed(), (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // U+D800 to U+DFFF are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
