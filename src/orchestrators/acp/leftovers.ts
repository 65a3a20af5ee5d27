/**
 * Remembers which process group is ours, so that a hub that was killed can end its orphaned agent in its next life.
 * Invariant: a process is ended only if its start mark is the recorded one; a number used again by somebody else is left alone.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { ConnectorLog } from "../../contract/connector.ts";
import { signalGroup, startMark } from "./process-facts.ts";

const KEY = "agent-process";
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 50;

const recorded = z.object({ pid: z.number().int().positive(), mark: z.string().min(1) });

/** To be awaited before the agent is told anything. A process that is gone already is not recorded. */
export async function recordProcess(state: Keyv, pid: number): Promise<void> {
  const mark = await startMark(pid);
  if (mark !== undefined) await state.set(KEY, { pid, mark });
}

export async function forgetProcess(state: Keyv, pid: number): Promise<void> {
  const known = recorded.safeParse(await state.get(KEY));
  if (known.success && known.data.pid === pid) await state.delete(KEY);
}

/** Ends what a former life of the hub left running: SIGTERM, then SIGKILL after 3 s. True when there was something to end. */
export async function endLeftover(state: Keyv, clock: Clock, log: ConnectorLog): Promise<boolean> {
  const known = recorded.safeParse(await state.get(KEY));
  if (!known.success) return false;
  const { pid, mark } = known.data;
  const isOurs = (await startMark(pid)) === mark;
  if (isOurs && !(await endGroup(pid, mark, clock))) {
    log.warn({ pid }, "an agent of a former run could not be ended; end it by hand");
  }
  await state.delete(KEY);
  return isOurs;
}

async function endGroup(pid: number, mark: string, clock: Clock): Promise<boolean> {
  signalGroup(pid, "SIGTERM");
  if (await isGoneWithin(pid, mark, clock)) {
    signalGroup(pid, "SIGKILL");
    return true;
  }
  signalGroup(pid, "SIGKILL");
  return isGoneWithin(pid, mark, clock);
}

async function isGoneWithin(pid: number, mark: string, clock: Clock): Promise<boolean> {
  const end = clock.now() + GRACE_MS;
  while ((await startMark(pid)) === mark) {
    if (clock.now() >= end) return false;
    await new Promise<void>((resolve) => void clock.setTimer(LOOK_EVERY_MS, resolve));
  }
  return true;
}
