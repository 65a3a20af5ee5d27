/** Parts of the file whose keys are partly the hub's and partly those of a connector or a driver. Pure. */
import type { z } from "zod";
import { keysAt, schemaShape } from "./shape.ts";

export type Block = Readonly<Record<string, unknown>>;

/** A driver, as far as its configuration goes; a DriverDefinition is one. */
export interface DriverSchema {
  readonly driver: string;
  readonly config: z.ZodType;
}

/** What is no mapping is reported by the schema; here it has no keys. */
export function blockOf(value: unknown): Block {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Block) : {};
}

/** A block with those of the hub's own keys that its schema does not know taken out; the rest as it was written. */
export function ownPart(block: Block, hubKeys: readonly string[], schema: z.ZodType | undefined): Block {
  const known = schema ? keysAt(schemaShape(schema), []) : [];
  return Object.fromEntries(Object.entries(block).filter(([key]) => !hubKeys.includes(key) || known.includes(key)));
}
