/**
 * Remembers which process groups are ours, so that a hub that was killed can end its orphaned agent, and the commands that ran for it, in its
 * next life.
 * Invariant: a process is ended only if its start mark is the recorded one; a number used again by somebody else is left alone.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { ConnectorLog } from "../../contract/connector.ts";
import { createSerial } from "../../serial.ts";
import { signalGroup, startMark } from "./process-facts.ts";

const AGENT = "agent-process";
const COMMANDS = "agent-commands";
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 50;

const recorded = z.object({ pid: z.number().int().positive(), mark: z.string().min(1) });
type Recorded = z.infer<typeof recorded>;

/** To be awaited before the agent is told anything. A process that is gone already is not recorded. */
export async function recordProcess(state: Keyv, pid: number): Promise<void> {
  const mark = await startMark(pid);
  if (mark !== undefined) await state.set(AGENT, { pid, mark });
}

export async function forgetProcess(state: Keyv, pid: number): Promise<void> {
  const known = recorded.safeParse(await state.get(AGENT));
  if (known.success && known.data.pid === pid) await state.delete(AGENT);
}

export interface CommandRecord {
  /** To be awaited before the agent hears of the command. */
  add(pid: number): Promise<void>;
  /** Never rejects: what is struck off too late is not found at the next start. */
  remove(pid: number): Promise<void>;
}

/** Remembers the commands the hub runs for an agent, one list for them all. */
export function createCommandRecord(state: Keyv): CommandRecord {
  const running = new Map<number, string>();
  const oneByOne = createSerial();
  const write = (): Promise<void> =>
    oneByOne.run(COMMANDS, async () => {
      const list = [...running].map(([pid, mark]) => ({ pid, mark }));
      await (list.length > 0 ? state.set(COMMANDS, list) : state.delete(COMMANDS));
    });
  return {
    async add(pid) {
      const mark = await startMark(pid);
      if (mark === undefined) return;
      running.set(pid, mark);
      await write();
    },
    async remove(pid) {
      if (running.delete(pid)) await write().catch(() => {});
    },
  };
}

/** Ends what a former life of the hub left running, the agent and commands it had asked for: SIGTERM, then SIGKILL after 3 s. */
export async function endLeftovers(state: Keyv, clock: Clock, log: ConnectorLog): Promise<void> {
  const agent = recorded.safeParse(await state.get(AGENT));
  const commands = z.array(recorded).safeParse(await state.get(COMMANDS));
  const endOne = async (what: string, { pid, mark }: Recorded): Promise<void> => {
    if ((await startMark(pid)) !== mark) return;
    if (await endGroup(pid, mark, clock)) log.warn({ pid }, `${what} left over from a former run was ended`);
    else log.warn({ pid }, `${what} of a former run could not be ended; end it by hand`);
  };
  await Promise.all([
    ...(agent.success ? [endOne("an agent", agent.data)] : []),
    ...(commands.success ? commands.data.map((command) => endOne("a command", command)) : []),
  ]);
  await state.delete(AGENT);
  await state.delete(COMMANDS);
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
