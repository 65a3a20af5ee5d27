/**
 * Facts about processes of this machine: since when one runs, as whom, and ending a whole group.
 * Linux is read from /proc, other systems from `ps`. Nothing here throws for a process that is gone.
 */
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

async function read(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

async function ps(pid: number, column: string): Promise<string | undefined> {
  const answer = await run("ps", ["-o", `${column}=`, "-p", String(pid)]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}

/**
 * A mark that no other process with the same number can have: boot and start time. Undefined when nothing runs under it;
 * a zombie counts as gone, since it only waits for its parent.
 */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") return ps(pid, "lstart");
  const stat = await read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // proc(5): the name in parentheses may hold anything; after it come the state (field 3) and, as field 22, the start in clock ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const boot = await read("/proc/sys/kernel/random/boot_id");
  return `${boot?.trim() ?? "boot"}:${fields[19] ?? ""}`;
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)));
  return lists.flatMap((list) => (list ?? "").trim().split(" ").filter(Boolean).map(Number));
}

async function uidOf(pid: number): Promise<number | undefined> {
  if (process.platform !== "linux") {
    const uid = await ps(pid, "uid");
    return uid === undefined ? undefined : Number(uid);
  }
  const line = /^Uid:\s+\d+\s+(\d+)/m.exec((await read(`/proc/${pid}/status`)) ?? "");
  return line?.[1] === undefined ? undefined : Number(line[1]);
}

/** The user ids that really run the agent: of the process itself, or of the last ones a wrapper such as `sudo` has started. */
export async function userIdsBelow(pid: number, depth = 0): Promise<number[]> {
  const children = depth < 10 ? await childrenOf(pid) : [];
  const below = (await Promise.all(children.map((child) => userIdsBelow(child, depth + 1)))).flat();
  if (below.length > 0) return [...new Set(below)];
  const own = await uidOf(pid);
  return own === undefined ? [] : [own];
}

/** False when there was nobody to signal, or it belongs to another user. */
export function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whether any process has this number now. */
export function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
