/**
 * When an agent of a fleet last gave a sign of itself: the newest of its heartbeat files. What is in them is the fleet's own business;
 * the time of writing is the sign.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Its files are called like the agent, or like the agent and an ending. Undefined: there is none. */
export async function lastHeartbeat(dir: string, agent: string): Promise<number | undefined> {
  const names = await readdir(dir).catch(() => []);
  const mine = names.filter((name) => name === agent || name.startsWith(`${agent}.`));
  const times = await Promise.all(mine.map(async (name) => (await stat(join(dir, name)).catch(() => undefined))?.mtimeMs ?? 0));
  const newest = Math.max(0, ...times);
  return newest > 0 ? newest : undefined;
}

/** Where the fleet keeps them, as its own variables say. */
export function heartbeatDir(env: Readonly<Record<string, string | undefined>>): string {
  return env["MOSAIC_HEARTBEAT_RUN_DIR"] || join(env["MOSAIC_HOME"] || join(env["HOME"] ?? ".", ".config", "mosaic"), "fleet", "run");
}
