import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditId, CHAIN_START, chainHash, headOf, verifyChain } from "../../src/audit/chain.ts";
import { verifyAudit } from "../../src/audit/verify.ts";
import { audit, type Store } from "../../src/contract/store.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { committer, takeFence, temporaryFolder, testOrigin } from "../support/stores.ts";

const entry = { what: "approval.decided", subject: "apr_1", facts: { by: "per_1", ok: true } };
const base = { id: auditId(1), tenantId: "main", host: "node-1", actorId: "per_1", createdAt: 1000 };

describe("a link", () => {
  test("is the same for the same entry, in whatever order its facts are", () => {
    expect(chainHash(CHAIN_START, entry, base)).toMatch(/^[0-9a-f]{64}$/);
    expect(chainHash(CHAIN_START, { ...entry, facts: { ok: true, by: "per_1" } }, base)).toBe(chainHash(CHAIN_START, entry, base));
  });

  const changed: readonly (readonly [string, string])[] = [
    ["hash before", chainHash("1".repeat(64), entry, base)],
    ["what", chainHash(CHAIN_START, { ...entry, what: "x" }, base)],
    ["subject", chainHash(CHAIN_START, { ...entry, subject: "x" }, base)],
    ["facts", chainHash(CHAIN_START, { ...entry, facts: { ...entry.facts, ok: false } }, base)],
    ["id", chainHash(CHAIN_START, entry, { ...base, id: auditId(2) })],
    ["tenant", chainHash(CHAIN_START, entry, { ...base, tenantId: "x" })],
    ["host", chainHash(CHAIN_START, entry, { ...base, host: "x" })],
    ["actor", chainHash(CHAIN_START, entry, { ...base, actorId: "x" })],
    ["time", chainHash(CHAIN_START, entry, { ...base, createdAt: 1001 })],
  ];
  test.each(changed)("covers the %s", (_what, hash) => expect(hash).not.toBe(chainHash(CHAIN_START, entry, base)));
});

test("an id that is none of ours was changed", () => {
  const row = { ...base, ...entry, id: "x", version: 1, seq: 1, updatedAt: 1000, previousHash: CHAIN_START, hash: "" };
  expect(verifyChain([row])).toEqual({ ok: false, at: "x", why: "changed" });
});

test("nothing is a whole chain", () => expect(verifyChain([])).toEqual({ ok: true, entries: 0 }));

describe("tampering with the file shows", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  let store: Store;

  beforeEach(async () => {
    folder = temporaryFolder();
    file = join(folder.dir, "hub.db");
    store = await createSqliteStore({ file });
    await append(5);
  });
  afterEach(async () => {
    await store.close();
    folder.dispose();
  });

  async function append(count: number): Promise<void> {
    const commit = committer(store, await takeFence(store));
    for (let n = 0; n < count; n += 1) await commit([audit("tested", `s${n}`, { n })]);
  }

  async function tamper(sql: string): Promise<void> {
    await store.close();
    const raw = new DatabaseSync(file);
    raw.exec(sql);
    raw.close();
    store = await createSqliteStore({ file });
  }

  test("whole before", async () => expect(await verifyAudit(store)).toEqual({ ok: true, entries: 5 }));

  test.each([
    ["a fact", `UPDATE audit SET data = replace(data, '"n":2', '"n":3') WHERE seq = 3`, "changed", 3],
    ["what is no longer text", `UPDATE audit SET data = replace(data, '"n":2', '"n":"\\ud800"') WHERE seq = 3`, "changed", 3],
    ["a subject", "UPDATE audit SET subject = 'x' WHERE seq = 5", "changed", 5],
    ["the actor", "UPDATE audit SET actor_id = 'somebody else' WHERE seq = 1", "changed", 1],
    ["the tenant", "UPDATE audit SET tenant_id = 'other' WHERE seq = 2", "changed", 2],
    ["the time", "UPDATE audit SET created_at = 1 WHERE seq = 2", "changed", 2],
    ["the id", "UPDATE audit SET id = 'aud_000000000009' WHERE seq = 2", "gap", 9],
    ["an entry taken out", "DELETE FROM audit WHERE seq = 3", "gap", 4],
    ["the first taken out", "DELETE FROM audit WHERE seq = 1", "gap", 2],
    [
      "an entry taken out and the rest moved up",
      "DELETE FROM audit WHERE seq = 3; UPDATE audit SET id = 'aud_000000000003' WHERE seq = 4",
      "changed",
      3,
    ],
    [
      "two exchanged",
      "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 99",
      "gap",
      3,
    ],
    [
      "one told twice",
      "INSERT INTO audit SELECT 9, 'aud_000000000006', version, tenant_id, host, actor_id, created_at, updated_at, what, subject, data FROM audit WHERE seq = 5",
      "changed",
      6,
    ],
  ])("%s", async (_what, sql, why, number) => {
    await tamper(sql);
    expect(await verifyAudit(store)).toEqual({ ok: false, at: auditId(number), why });
  });

  test("an entry forged together with its own hash, at the one that follows", async () => {
    const rows = await store.find("audit");
    const forged = rows.map((row) => {
      if (row.seq !== 3) return row;
      const lie = { what: row.what, subject: row.subject, facts: { n: 7 } };
      return { ...row, ...lie, hash: chainHash(row.previousHash, lie, row) };
    });
    expect(verifyChain(forged)).toEqual({ ok: false, at: auditId(4), why: "changed" });
  });

  test("the end cut off, once another entry follows", async () => {
    await tamper("DELETE FROM audit WHERE seq > 3");
    await append(1);
    expect(await verifyAudit(store)).toEqual({ ok: false, at: auditId(6), why: "gap" });
  });

  test("a page that does not follow the one before", async () => {
    const rows = await store.find("audit");
    const [first, second, , fourth] = rows.map(headOf);
    expect(verifyChain(rows.slice(2), second)).toEqual({ ok: true, entries: 3 });
    expect(verifyChain(rows.slice(2), first)).toMatchObject({ ok: false, why: "gap" });
    expect(verifyChain(rows.slice(2), fourth)).toMatchObject({ ok: false, why: "order" });
    expect(rows[0]).toMatchObject({ previousHash: CHAIN_START, createdAt: testOrigin.at });
  });
});
