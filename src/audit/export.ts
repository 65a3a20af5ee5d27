/**
 * The audit log as JSON Lines: one whole row a line, with its hashes, so that the file can be verified without the hub.
 * Invariant: an entry has one spelling only, so that any changed byte of a line shows.
 */
import { z } from "zod";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { auditId, type Head } from "./chain.ts";
import { auditPages } from "./verify.ts";

/** A head as it is told and kept: `42:9f3c…`. */
export const writtenHead = z
  .string()
  .regex(/^\d{1,15}:[0-9a-f]{64}$/, "the head of an audit log is written NUMBER:HASH, as `audit head` prints it")
  .transform((text): Head => ({ number: Number(text.slice(0, text.indexOf(":"))), hash: text.slice(text.indexOf(":") + 1) }));

export function writeHead({ number, hash }: Head): string {
  return `${number}:${hash}`;
}

/** A page of lines each time, the oldest entry first. */
export async function* exportedLines(store: StoreReader, afterNumber = 0): AsyncGenerator<string> {
  for await (const page of auditPages(store, afterNumber)) yield page.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const fact = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const exportedRow = z
  .strictObject({
    id: z.string(),
    seq: z.number().int(),
    version: z.literal(1),
    tenantId: z.string(),
    host: z.string(),
    actorId: z.string(),
    createdAt: z.number(),
    updatedAt: z.number(),
    what: z.string(),
    subject: z.string(),
    facts: z.record(z.string(), fact),
    previousHash: z.string(),
    hash: z.string(),
  })
  // What the hash leaves out says nothing of its own: it follows from what the hash covers.
  .refine(({ id, seq, createdAt, updatedAt }) => id === auditId(seq) && updatedAt === createdAt);

/** The rows of a file, one at a time. What is no entry, or is spelled in another way, comes as a row that fits no chain. */
export async function* importedRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Row<"audit">[]> {
  let number = 0;
  for await (const line of linesOf(bytes)) yield [rowOf(line, (number += 1))];
}

function rowOf(line: string, number: number): Row<"audit"> {
  const noEntry = { ...NO_ENTRY, id: `line ${number}` };
  try {
    const raw: unknown = JSON.parse(line);
    const { success } = exportedRow.safeParse(raw);
    return success && JSON.stringify(raw) === line ? (raw as Row<"audit">) : noEntry;
  } catch {
    return noEntry;
  }
}

const NO_ENTRY: Omit<Row<"audit">, "id"> = {
  seq: 0,
  version: 1,
  tenantId: "",
  host: "",
  actorId: "",
  createdAt: 0,
  updatedAt: 0,
  what: "",
  subject: "",
  facts: {},
  previousHash: "",
  hash: "",
};

/** Lines end with a line feed and nothing else: other separators may stand inside of JSON. A last line without one counts as cut in two. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield `${rest}\n`;
}
