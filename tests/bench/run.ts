/**
 * `npm run bench`: how fast the hub starts, how much memory it keeps when idle and how long it drains, with the console alone and nothing
 * configured; what a long answer costs, how soon a decision is a grant, and how much of Telegram's pace is used; then how soon it is connected to all platforms at once, and
 * what it keeps then. Starts the real program under this runtime; exits 1 when a limit is passed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { measureDecision } from "./decision.ts";
import { measureFive } from "./five-platforms.ts";
import { residentMegabytes } from "./resident.ts";
import { splitCost } from "./split-cost.ts";
import { saturateTelegram } from "./telegram-pace.ts";

const BIN = path.resolve(import.meta.dirname, "../../src/cli/mos-hub.mjs");
const STARTS = 6;
const IDLE_MS = 5000;
const POLL_MS = 5;
/** A start that takes longer than this is broken, not slow. */
const START_DEADLINE_MS = 30_000;
const LIMITS = { laterStartMs: 1500, idleMegabytes: 110, telegramShare: 0.8, fiveConnectedMs: 6000, fiveMegabytes: 180 };

const runFile = z.object({ url: z.string() });

interface Measured {
  readonly readyMs: number;
  readonly idleMegabytes: number | undefined;
  readonly drainMs: number;
}

async function measure(dataDir: string, idle: boolean): Promise<Measured> {
  const env = { PATH: process.env["PATH"], HOME: dataDir, MOS_HUB_DATA_DIR: dataDir, MOS_HUB_PORT: "0", MOS_HUB_LOG_LEVEL: "error" };
  const started = performance.now();
  const hub = spawn(process.execPath, [BIN, "start"], { cwd: dataDir, env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(hub, "exit");
  try {
    await ready(hub, dataDir, started + START_DEADLINE_MS);
    const readyMs = performance.now() - started;
    if (idle) await wait(IDLE_MS);
    const idleMegabytes = idle ? residentMegabytes(hub.pid ?? 0) : undefined;
    const stopping = performance.now();
    hub.kill("SIGTERM");
    await ended;
    return { readyMs, idleMegabytes, drainMs: performance.now() - stopping };
  } finally {
    hub.kill("SIGKILL");
  }
}

async function ready(hub: ChildProcess, dataDir: string, deadline: number): Promise<void> {
  while (hub.exitCode === null && performance.now() < deadline) {
    if (await answers(dataDir)) return;
    await wait(POLL_MS);
  }
  throw new Error(hub.exitCode === null ? "the hub was not ready in time" : `the hub ended with code ${hub.exitCode} instead of starting`);
}

async function answers(dataDir: string): Promise<boolean> {
  try {
    const { url } = runFile.parse(JSON.parse(await readFile(path.join(dataDir, "run.json"), "utf8")));
    return (await fetch(new URL("/readyz", url))).ok;
  } catch {
    return false; // not written, half written or not listening yet
  }
}

const dataDir = await mkdtemp(path.join(tmpdir(), "mos-hub-bench-"));
try {
  const runs: Measured[] = [];
  for (let at = 0; at < STARTS; at += 1) runs.push(await measure(dataDir, at === STARTS - 1));
  const [first, ...later] = runs.map(({ readyMs }) => Math.round(readyMs));
  const slowest = Math.max(...later);
  const megabytes = Math.round(runs.at(-1)?.idleMegabytes ?? 0);
  const drain = Math.round(Math.max(...runs.map(({ drainMs }) => drainMs)));
  console.log(`start    first ${first} ms, then ${later.join(", ")} ms (limit ${LIMITS.laterStartMs} ms from the second on)`);
  console.log(`memory   ${megabytes} MB resident after ${IDLE_MS / 1000} s idle (limit ${LIMITS.idleMegabytes} MB)`);
  const [once, twice] = [splitCost(100_000), splitCost(200_000)];
  const longest = Math.round(once.longestMs);
  console.log(
    `split    ${Math.round(once.allMs)} ms for an answer of 100 kB, ${longest} ms at a time; ${Math.round(twice.allMs)} ms for twice that`,
  );
  console.log(`drain    ${drain} ms at most`);
  const { medianMs, worstMs } = await measureDecision();
  console.log(
    `decision ${Math.round(medianMs)} ms from a press to the grant in the asker's hands, ${Math.round(worstMs)} ms at most of 30`,
  );
  const { sent, refused, share } = await saturateTelegram();
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  console.log(
    `telegram ${percent(share)} of the possible rate for ${sent} messages to 200 groups, ${refused} refused (limit ${percent(LIMITS.telegramShare)}, none refused)`,
  );
  const isSlow = slowest > LIMITS.laterStartMs || share < LIMITS.telegramShare || refused > 0;
  if (isSlow || megabytes > LIMITS.idleMegabytes) process.exitCode = 1;
  const five = await measureFive(IDLE_MS);
  const connected = five.connectedMs.map(Math.round);
  const fiveMegabytes = Math.round(five.idleMegabytes);
  console.log(`five     connected to four platforms and the console after ${connected.join(", ")} ms (limit ${LIMITS.fiveConnectedMs} ms)`);
  console.log(`         ${fiveMegabytes} MB resident after ${IDLE_MS / 1000} s idle (limit ${LIMITS.fiveMegabytes} MB)`);
  if (Math.max(...connected) > LIMITS.fiveConnectedMs || fiveMegabytes > LIMITS.fiveMegabytes) process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
