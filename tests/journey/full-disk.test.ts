/** The whole hub on a small file system that fills up: nothing is acknowledged that is not written, it says so, and goes on by itself. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { HubAnswerError } from "../../src/client.ts";
import { systemClock } from "../../src/clock.ts";
import { openHubClient, runFile } from "../../src/cli/hub-client.ts";
import { createHubProcess, type HubProcess, type Said, until } from "../support/hub-process.ts";

const SIZE = "24m";

function mount(dir: string): boolean {
  return process.platform === "linux" && spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0700`, "tmpfs", dir]).status === 0;
}

let hub: HubProcess;
let isMounted = false;
/** The agent is a program of its own, which has room for its ledger. */
let elsewhere: string;
beforeEach(async () => {
  hub = await createHubProcess({ REHEARSAL_PACE_MS: "150" });
  isMounted = mount(hub.dataDir);
  elsewhere = mkdtempSync(join(tmpdir(), "mos-hub-agents-"));
  symlinkSync(elsewhere, join(hub.dataDir, "agents"));
});
afterEach(async () => {
  await hub.kill();
  if (isMounted) spawnSync("umount", ["-l", hub.dataDir]);
  await hub.end();
  rmSync(elsewhere, { recursive: true, force: true });
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

const say = (text: string): Promise<Said> => hub.cli("chat", "--once", text, "--thread", "main", "--timeout", "120");
const answersOf = ({ stdout }: Said, text: string): number => stdout.split(`Echo: ${text}`).length - 1;
const isReady = async (): Promise<boolean> => (await hub.cli("health")).events[0]?.["ready"] === true;

const client = () => openHubClient({ dataDir: hub.dataDir, clock: systemClock });

interface Sent {
  readonly text: string;
  readonly thread: string;
  readonly clientId: string;
}

/** Rejects with what the hub says against it. */
const send = (body: Sent): Promise<{ eventId: string }> =>
  client().request("/connectors/console/messages", { method: "POST", body, answer: z.looseObject({ eventId: z.string() }) });

/** Speaks until the hub refuses: the database still has some room of its own. */
async function fillJournal(): Promise<{ taken: Sent[]; refused: Sent; error: HubAnswerError }> {
  const taken: Sent[] = [];
  for (let number = 1; number < 500; number += 1) {
    const sent = { text: `message ${number} ${"x".repeat(4000)}`, thread: `t-${number}`, clientId: `full-${number}` };
    try {
      await send(sent);
      taken.push(sent);
    } catch (error) {
      if (!(error instanceof HubAnswerError)) throw error;
      return { taken, refused: sent, error };
    }
  }
  throw new Error("the disk never was full");
}

async function readiness(): Promise<number> {
  const { url } = runFile.parse(JSON.parse(readFileSync(join(hub.dataDir, "run.json"), "utf8")));
  return (await fetch(`${url}/readyz`)).status;
}

/** The thread as whoever opens it now reads it. */
async function readBack(thread: string): Promise<string[]> {
  const answer = z.object({ messages: z.array(z.looseObject({ text: z.string() })) });
  return (await client().request(`/connectors/console/threads/${thread}`, { answer })).messages.map(({ text }) => text);
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
    const { taken, refused, error } = await fillJournal();
    expect(error).toMatchObject({ code: "store_full", status: 503, message: expect.stringContaining("full") as string });
    const health = await hub.cli("health");
    expect(health.code).toBe(69);
    expect(health.events[0]).toMatchObject({ ready: false });
    expect(health.stdout).toContain("full");
    expect(await readiness()).toBe(503);

    rmSync(ballast());
    await until("the hub is well again", isReady);
    expect(await readiness()).toBe(200);
    const finished = await streaming;
    expect(finished.events.at(-1), finished.stdout + finished.stderr).toMatchObject({ type: "turn_end", outcome: "done" });
    expect(answersOf(await say("after it was full"), "after it was full")).toBe(1);

    // What was refused is the sender's to send again; sent twice it is one message still.
    const { eventId } = await send(refused);
    expect((await send(refused)).eventId).toBe(eventId);
    const all = [...taken, refused];
    await until(
      "everything that was taken is answered in its thread",
      async () => {
        const threads = await Promise.all(all.map(({ thread }) => readBack(thread).catch(() => [])));
        return threads.every((texts, at) => texts.some((text) => text.includes(`Echo: ${all[at]?.text}`)));
      },
      180_000,
    );
    for (const { text, thread } of all) {
      const texts = await readBack(thread);
      expect(
        texts.filter((one) => one === text),
        "said once",
      ).toHaveLength(1);
      expect(
        texts.filter((one) => one.includes(`Echo: ${text}`)),
        "answered once",
      ).toHaveLength(1);
    }
    const main = await readBack("main");
    for (const text of ["before", "slow 3", "after it was full"])
      expect(
        main.filter((one) => one === text),
        text,
      ).toHaveLength(1);
    const streamed = main.filter((text) => text.includes("Done."));
    expect(streamed, "one whole answer").toEqual([expect.stringMatching(/1 s\s[^]*2 s\s[^]*3 s\s[^]*Done\.$/)]);

    const given = await hub.prompts();
    expect(new Set(given).size, "nothing twice").toBe(given.length);
    expect(new Set(given)).toEqual(new Set(["before", "slow 3", "after it was full", ...all.map(({ text }) => text)]));
    expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
    expect(hub.output().split("\n").length, "it does not fill the log either").toBeLessThan(200);
    expect(await hub.terminate()).toBe(0);
  }, 300_000);
});
