/** The whole hub on a small file system that fills up: nothing is acknowledged that is not written, it says so, and goes on by itself. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { HubAnswerError } from "../../src/client.ts";
import { systemClock } from "../../src/clock.ts";
import { openHubClient } from "../../src/cli/hub-client.ts";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";

const SIZE = "24m";

function mount(dir: string): boolean {
  return process.platform === "linux" && spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0700`, "tmpfs", dir]).status === 0;
}

let hub: HubProcess;
let isMounted = false;
beforeEach(async () => {
  hub = await createHubProcess({ REHEARSAL_PACE_MS: "150" });
  isMounted = mount(hub.dataDir);
});
afterEach(async () => {
  await hub.kill();
  if (isMounted) spawnSync("umount", ["-l", hub.dataDir]);
  await hub.end();
});

const ballast = (): string => join(hub.dataDir, "ballast");
const blocks = [64 * 1024, 4096, 512, 1].map((size) => Buffer.alloc(size));

/** To the last byte. */
function fill(): void {
  const file = openSync(ballast(), "a");
  for (const block of blocks) {
    try {
      for (;;) writeSync(file, block);
    } catch {
      // This block no longer fits; a smaller one may.
    }
  }
  closeSync(file);
}

const say = (text: string): Promise<Said> => hub.cli("chat", "--once", text, "--thread", "main", "--timeout", "30");
const answersOf = ({ stdout }: Said, text: string): number => stdout.split(`Echo: ${text}`).length - 1;
const isReady = async (): Promise<boolean> => (await hub.cli("health")).events[0]?.["ready"] === true;

/** Speaks until the hub refuses: the database still has some room of its own. */
async function fillJournal(): Promise<{ taken: string[]; refused: { text: string; code: string; status: number; message: string } }> {
  const client = openHubClient({ dataDir: hub.dataDir, clock: systemClock });
  const taken: string[] = [];
  for (let number = 1; number < 500; number += 1) {
    const text = `message ${number} ${"x".repeat(4000)}`;
    const body = { text, thread: `t-${number}`, clientId: `full-${number}` };
    try {
      await client.request("/connectors/console/messages", { method: "POST", body, answer: z.unknown() });
      taken.push(text);
    } catch (thrown) {
      if (!(thrown instanceof HubAnswerError)) throw thrown;
      return { taken, refused: { text, code: thrown.code, status: thrown.status, message: thrown.message } };
    }
  }
  throw new Error("the disk never was full");
}

describe("a disk that fills up", () => {
  test("refuses aloud, loses nothing that was taken, and recovers without a restart", async ({ skip }) => {
    if (!isMounted && process.env["MOS_HUB_REQUIRE_REAL"] !== "1") skip("this user may not mount a small file system");
    expect(isMounted).toBe(true);
    await hub.start();
    expect(answersOf(await say("before"), "before")).toBe(1);

    const streaming = say("slow 3");
    await until("the agent is at work", async () => (await hub.prompts()).length === 2);
    fill();
    const { taken, refused } = await fillJournal();
    expect(refused).toMatchObject({ code: "store_full", status: 503 });
    expect(refused.message).toContain("full");
    const health = await hub.cli("health");
    expect(health.code).toBe(69);
    expect(health.events[0]).toMatchObject({ ready: false });
    expect(health.stdout).toContain("full");

    rmSync(ballast());
    await until("the hub is well again", isReady);
    const finished = await streaming;
    expect(finished.events.at(-1), finished.stdout + finished.stderr).toMatchObject({ type: "turn_end", outcome: "done" });
    const again = await say("after it was full");
    expect(answersOf(again, "after it was full")).toBe(1);

    const prompts = await hub.prompts();
    expect(prompts.filter((text) => text === "slow 3")).toHaveLength(1);
    expect(prompts.filter((text) => text === "after it was full")).toHaveLength(1);
    await until("everything that was taken was answered", async () => {
      const given = await hub.prompts();
      return taken.every((text) => given.includes(text));
    });
    const given = await hub.prompts();
    expect(new Set(given).size, "nothing twice").toBe(given.length);
    expect(given).not.toContain(refused.text);
    expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
    const lines = hub.output().split("\n").length;
    expect(lines, "it does not fill the log either").toBeLessThan(200);
    expect(await hub.terminate()).toBe(0);
  }, 90_000);
});
