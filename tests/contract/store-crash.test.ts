/** The writer is killed with -9 in the middle of its commits: what it was told is written is there, whole, and nothing else is damaged. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify.ts";
import type { Store } from "../../src/contract/store.ts";
import { describeStores } from "../support/describe-stores.ts";

const LOOP = fileURLToPath(new URL("../support/commit-loop.ts", import.meta.url));
const KILLS = 20;

/** Kills it `afterMs` after its first commit, and gives the number of the last one it was told of. */
async function runAndKill(args: readonly string[], afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [LOOP, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise<string | null>((resolve) => child.once("close", (_code, signal) => resolve(signal)));
  let last = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    if (last < 0) setTimeout(() => child.kill("SIGKILL"), afterMs);
    last = Number(line);
  }
  expect(await closed, "it must have been at work to the end").toBe("SIGKILL");
  return last;
}

/** Returns how many units of this run are there. */
async function checkRun(store: Store, run: string, acknowledged: number): Promise<number> {
  const units = await store.find("usage", { idPrefix: `${run}:`, limit: 1_000_000 });
  expect(units.map(({ input }) => input)).toEqual(units.map((_, n) => n));
  // One more may have been written whose word never came out.
  expect(units.length).toBeGreaterThanOrEqual(acknowledged + 1);
  expect(units.length).toBeLessThanOrEqual(acknowledged + 2);
  const others = await store.find("kv", { idPrefix: `${run}:`, limit: 1_000_000 });
  expect(others.map(({ id }) => id)).toEqual(units.map(({ id }) => id));
  expect((await store.get("kv", run))?.expiresAt).toBe(units.length - 1);
  return units.length;
}

describeStores((engine) => {
  test(`keeps every acknowledged commit through ${KILLS} kills`, { timeout: 120_000 }, async () => {
    const place = await engine.prepare();
    let written = 0;
    let acknowledged = 0;
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const last = await runAndKill([engine.name, place.location, `run${kill}`], (kill * 37) % 250);
        const store = await engine.open(place.location);
        try {
          acknowledged += last + 1;
          written += await checkRun(store, `run${kill}`, last);
          expect(await verifyAudit(store)).toEqual({ ok: true, entries: written });
        } finally {
          await store.close();
        }
      }
    } finally {
      await place.dispose();
    }
    console.log(`${engine.name}: ${KILLS} kills, ${acknowledged} commits acknowledged, ${written} found`);
    expect(acknowledged).toBeGreaterThan(KILLS);
  });
});
