import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditId, EMPTY_HEAD, type Head, headOf } from "../../src/audit/chain.ts";
import { exportedLines, importedRows, writeHead, writtenHead } from "../../src/audit/export.ts";
import { type Expected, headOfLog, verifyAudit, verifyPages } from "../../src/audit/verify.ts";
import { audit, type Store } from "../../src/contract/store.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { committer, takeFence, temporaryFolder } from "../support/stores.ts";

const ENTRIES = 5;
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let text: string;
let heads: readonly Head[];

beforeAll(async () => {
  folder = temporaryFolder();
  store = await createSqliteStore({ file: join(folder.dir, "hub.db") });
  expect(await headOfLog(store)).toEqual(EMPTY_HEAD);
  const commit = committer(store, await takeFence(store));
  for (let n = 0; n < ENTRIES; n += 1) await commit([audit("tested", `s${n}`, { n, said: 'é\u2028\n"\uFFFD', 7: null })]);
  text = await exported();
  heads = (await store.find("audit")).map(headOf);
});
afterAll(async () => {
  await store.close();
  folder.dispose();
});

async function exported(since?: number): Promise<string> {
  let all = "";
  for await (const lines of exportedLines(store, since)) all += lines;
  return all;
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const verifyFile = (file: string | Uint8Array, expected?: Expected, size = 65_536) =>
  verifyPages(importedRows(inPieces(typeof file === "string" ? Buffer.from(file) : file, size)), expected);
const lines = () => text.trimEnd().split("\n");
const fileOf = (kept: readonly (string | undefined)[]) => kept.map((line) => `${line}\n`).join("");

test.each([1, 7, 65_536])("a file is whole, read %i bytes at a time", async (size) => {
  expect(await verifyFile(text, { head: heads.at(-1) }, size)).toEqual({ ok: true, entries: ENTRIES });
});

test("any byte that is changed shows, also where the JSON would mean the same", async () => {
  const bytes = Buffer.from(text);
  const missed: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (bytes[at] ?? 0) ^ 1;
    if ((await verifyFile(changed)).ok) missed.push(at);
  }
  expect(missed).toEqual([]);
  expect(await verifyFile(text.replace(",", ", "))).toMatchObject({ ok: false, why: "changed" });
});

test("a gap, another order, a line twice, and a last line cut in two", async () => {
  const [a, b, c, d, e] = lines();
  expect(await verifyFile(fileOf([a, b, d, e]))).toEqual({ ok: false, at: auditId(4), why: "gap" });
  expect(await verifyFile(fileOf([b, c, d, e]))).toEqual({ ok: false, at: auditId(2), why: "gap" });
  expect(await verifyFile(fileOf([a, c, b, d, e]))).toEqual({ ok: false, at: auditId(3), why: "gap" });
  expect(await verifyFile(fileOf([a, b, b, c]))).toEqual({ ok: false, at: auditId(2), why: "order" });
  expect(await verifyFile(text.slice(0, -1))).toMatchObject({ ok: false, why: "changed" });
  expect(await verifyFile(text.slice(0, -20))).toMatchObject({ ok: false, why: "changed" });
});

test("the end cut off: only a head kept elsewhere shows it, in a file and in the store", async () => {
  const short = fileOf(lines().slice(0, 3));
  expect(await verifyFile(short)).toEqual({ ok: true, entries: 3 });
  expect(await verifyFile(short, { head: heads[4] })).toEqual({ ok: false, at: auditId(5), why: "cut" });
  expect(await verifyFile("", { head: heads[0] })).toEqual({ ok: false, at: auditId(1), why: "cut" });
  expect(await verifyAudit(store, { head: heads[2] })).toEqual({ ok: true, entries: ENTRIES });
  expect(await verifyAudit(store, { head: { number: 9, hash: EMPTY_HEAD.hash } })).toEqual({ ok: false, at: auditId(9), why: "cut" });
  expect(await verifyAudit(store, { head: { number: 3, hash: EMPTY_HEAD.hash } })).toEqual({ ok: false, at: auditId(3), why: "changed" });
});

test("an export goes on from the head of the one before, and from no other", async () => {
  const later = await exported(3);
  expect(await verifyFile(later, { after: heads[2], head: heads[4] })).toEqual({ ok: true, entries: 2 });
  expect(await verifyFile(later)).toEqual({ ok: false, at: auditId(4), why: "gap" });
  expect(await verifyFile(later, { after: { number: 3, hash: EMPTY_HEAD.hash } })).toEqual({ ok: false, at: auditId(4), why: "changed" });
});

test("a head is read as it is written", async () => {
  const head = await headOfLog(store);
  expect(writtenHead.parse(writeHead(head))).toEqual(head);
  expect(writtenHead.safeParse("5").success).toBe(false);
});
