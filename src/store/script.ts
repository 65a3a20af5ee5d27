/**
 * Work on the store as a script: statements one after the other, each written in sight of what those before it found. The same for every engine,
 * which plays it inside one transaction. Invariant: a script waits for nothing but the answers to its statements.
 */
import type { RawRow, SqlValue } from "./columns.ts";

export interface Statement {
  /** With `?` for each value. */
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** What is wanted of it: its first row, or how many rows it changed. */
  readonly gives: "row" | "changes";
}

export interface Reply {
  readonly row?: RawRow | undefined;
  readonly changes: number;
}

export type Script<T> = Generator<Statement, T, Reply>;

export function* readOne(sql: string, values: readonly SqlValue[] = []): Script<RawRow | undefined> {
  const { row } = yield { sql, values, gives: "row" };
  return row;
}

/** How many rows changed. */
export function* change(sql: string, values: readonly SqlValue[] = []): Script<number> {
  const { changes } = yield { sql, values, gives: "changes" };
  return changes;
}
