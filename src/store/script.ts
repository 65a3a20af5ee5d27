/**
 * Work on the store as a script: statements one after the other, each written in sight of what those before it found. The same for every engine,
 * which plays it inside one transaction. Invariant: a script waits for nothing but the answers to its statements.
 */
import type { RawRow, SqlValue } from "./columns.ts";

export interface Statement {
  /** With `?` for each value. */
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Whether its rows are wanted; else how many it changed. */
  readonly gives: "rows" | "changes";
}

export interface Reply {
  readonly rows: readonly RawRow[];
  readonly changes: number;
}

export type Script<T> = Generator<Statement, T, Reply>;

export function* readOne(sql: string, values: readonly SqlValue[] = []): Script<RawRow | undefined> {
  const { rows } = yield { sql, values, gives: "rows" };
  return rows[0];
}

/** How many rows changed. */
export function* change(sql: string, values: readonly SqlValue[] = []): Script<number> {
  const { changes } = yield { sql, values, gives: "changes" };
  return changes;
}
