/** What is left in the end, as files: each side's own ledger and the exported audit log. Nothing of the hub is asked afterwards. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JSONWebKeySet } from "jose";
import type { Row } from "../../../src/contract/tables.ts";
import { importedRows } from "../../../src/audit/export.ts";
import { verifyPages } from "../../../src/audit/verify.ts";
import type { Ledger } from "../../support/wire/ledger.ts";

/** One request as the program that asked kept it. */
export interface Asked {
  readonly title: string;
  readonly id: string;
  readonly code: string;
  readonly digest: string;
  readonly action: Record<string, unknown>;
  /** What the hub answered in the end. */
  readonly state: string;
  readonly decidedBy: string | undefined;
  /** The grant it was given, if it was. */
  readonly grant: string | undefined;
  /** How often an executor was told to go on, and why it was told not to. */
  readonly uses: number;
  readonly refusals: readonly string[];
}

export type Platform = Pick<Ledger, "kept" | "said">;

export interface Books {
  readonly asked: readonly Asked[];
  readonly hook: Platform;
  readonly line: Platform;
  readonly keys: JSONWebKeySet;
  readonly audit: readonly Row<"audit">[];
  /** Whether the chain of the exported log is whole. */
  readonly isWhole: boolean;
}

/** Books as they are written down: the audit log as its export. */
export interface Kept extends Omit<Books, "audit" | "isWhole"> {
  readonly auditExport: string;
}

export async function keepBooks(dir: string, { auditExport, ...rest }: Kept): Promise<void> {
  await writeFile(join(dir, "audit.jsonl"), auditExport);
  for (const [name, book] of Object.entries(rest)) await writeFile(join(dir, `${name}.json`), JSON.stringify(book));
}

export async function readBooks(dir: string): Promise<Books> {
  const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(dir, `${name}.json`), "utf8")) as T;
  const bytes = await readFile(join(dir, "audit.jsonl"));
  const audit: Row<"audit">[] = [];
  for await (const rows of importedRows(one(bytes))) audit.push(...rows);
  const { ok } = await verifyPages(importedRows(one(bytes)));
  return { asked: await read("asked"), hook: await read("hook"), line: await read("line"), keys: await read("keys"), audit, isWhole: ok };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
