import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyv } from "keyv";
import { expect, test } from "vitest";
import { createGrants } from "../../../src/approvals/grants.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { openSeal } from "../../../src/store/seal.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const DAY_MS = 86_400_000;
const WINDOW_MS = 600_000;

async function setUp(dir = mkdtempSync(join(tmpdir(), "mos-hub-grants-"))) {
  const clock = createHandClock();
  const state = new Keyv();
  const open = async (from = dir) => {
    const seal = await openSeal({ dataDir: from, given: undefined });
    return createGrants({ state, seal, issuer: "mos-hub:test", longestMs: WINDOW_MS, now: clock.now });
  };
  const row = () =>
    ({
      id: "apr_1",
      digest: "d",
      code: "C",
      class: "red",
      orchestrator: "mos",
      votes: [],
      decidedAt: clock.now(),
      policy: { executionWindowMs: WINDOW_MS },
    }) as unknown as Row<"approvals">;
  return { dir, clock, open, row };
}

test("a grant is good until its window ends", async () => {
  const { clock, open, row } = await setUp();
  const grants = await open();
  const grant = await grants.sign(row());
  await clock.tick(WINDOW_MS - 1000);
  expect(await grants.verify(grant)).toMatchObject({ jti: "apr_1", digest: "d", sub: "mos" });
  await clock.tick(1000);
  await expect(grants.verify(grant)).rejects.toThrow("its time is over");
});

test("keys change every thirty days; the former is published while a grant of its may be good, and no longer", async () => {
  const { clock, open, row } = await setUp();
  const grants = await open();
  const first = (await grants.keys()).keys[0]?.kid;
  await clock.tick(30 * DAY_MS - 1000);
  const late = await grants.sign(row());
  await clock.tick(2000);
  const both = (await grants.keys()).keys.map(({ kid }) => kid);
  expect(both).toHaveLength(2);
  expect(both[1]).toBe(first);
  expect(await grants.verify(late)).toMatchObject({ jti: "apr_1" });
  await clock.tick(30 * DAY_MS);
  expect((await grants.keys()).keys.map(({ kid }) => kid)).not.toContain(first);
});

test("what one life signed the next one verifies", async () => {
  const { open, row } = await setUp();
  const grant = await (await open()).sign(row());
  expect(await (await open()).verify(grant)).toMatchObject({ jti: "apr_1" });
});

test("two that sign first at the same time draw one key", async () => {
  const { open, row } = await setUp();
  const grants = await open();
  await Promise.all(Array.from({ length: 5 }, () => grants.sign(row())));
  expect((await grants.keys()).keys).toHaveLength(1);
});

test("the sealing key is the hub's alone, and without it the signing keys are of no use", async () => {
  const { dir, open, row } = await setUp();
  await (await open()).sign(row());
  expect(statSync(join(dir, "seal.key")).mode & 0o777).toBe(0o600);
  const elsewhere = mkdtempSync(join(tmpdir(), "mos-hub-grants-"));
  await expect((await open(elsewhere)).sign(row())).rejects.toThrow(expect.objectContaining({ code: "seal_broken" }) as Error);
  expect(readFileSync(join(elsewhere, "seal.key"), "utf8")).not.toBe(readFileSync(join(dir, "seal.key"), "utf8"));
  writeFileSync(join(dir, "seal.key"), "short");
  await expect(open()).rejects.toThrow("needs 32");
});
