/**
 * One agent process: spawned in its own process group, fed by lines, drained on both outputs, ended with its whole group.
 * It knows no protocol. Invariant: whatever the process prints or leaves unread, the hub neither waits for it nor keeps it all.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { type Clock, within } from "../../clock.ts";
import { HubError } from "../../contract/errors.ts";
import { signalGroup } from "./process-facts.ts";

/** How much of what it said last on stderr is kept for an error's sentence. */
const LAST_WORDS_CHARS = 500;
const GRACE_MS = 3_000;
/** Once the process is gone, what it printed is read for so long; a grandchild may hold the pipe open for ever. */
const LAST_OUTPUT_MS = 1_000;

export interface Spawning {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

export interface AgentProcess {
  readonly pid: number;
  readonly stdout: Readable;
  /** Resolves when the line has left for the process, rejects when it certainly has not. */
  write(line: string): Promise<void>;
  /** Resolves with how it ended, e.g. `exit code 3`, after its last output was read. Never rejects. */
  readonly ended: Promise<string>;
  /** The end of what it printed on stderr, on one line. */
  lastWords(): string;
  /** End of input and SIGTERM to the group, SIGKILL after 3 s. May be called twice. */
  end(): Promise<void>;
}

/** Rejects with `agent_missing` or `agent_unstartable`. */
export async function spawnAgent(spawning: Spawning): Promise<AgentProcess> {
  const [program = "", ...args] = spawning.command;
  if (!isFolder(spawning.cwd)) throw unstartable(program, `its folder ${spawning.cwd} does not exist`);
  const child = spawn(program, args, { cwd: spawning.cwd, env: spawning.env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "ENOENT"
          ? new HubError("agent_missing", { command: program })
          : unstartable(program, error.code ?? "unknown reason"),
      );
    });
  });
  return watch(child, child.pid ?? 0, spawning.clock);
}

function unstartable(command: string, reason: string): HubError {
  return new HubError("agent_unstartable", { command, reason });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function watch(child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable }, pid: number, clock: Clock): AgentProcess {
  // A pipe whose reader died reports it in the callback of the write; without a listener the same error would end the hub.
  for (const stream of [child, child.stdin, child.stdout, child.stderr]) stream.on("error", () => {});
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-LAST_WORDS_CHARS);
  });

  const outputEnded = new Promise<void>((resolve) => void child.stdout.once("close", resolve));
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`));
  });
  const ended = exited.then(async (reason) => {
    signalGroup(pid, "SIGKILL");
    await within(clock, LAST_OUTPUT_MS, outputEnded);
    child.stdout.destroy();
    return reason;
  });

  return {
    pid,
    stdout: child.stdout,
    ended,
    lastWords: () =>
      words
        .trim()
        .split(/\s*\n\s*/)
        .slice(-5)
        .join(" · "),
    write: (line) =>
      new Promise((resolve, reject) => {
        child.stdin.write(line, (error) => (error ? reject(error) : resolve()));
      }),
    async end() {
      child.stdin.end();
      signalGroup(pid, "SIGTERM");
      const inTime = await within(clock, GRACE_MS, exited);
      if (inTime === undefined) signalGroup(pid, "SIGKILL");
      await within(clock, GRACE_MS, ended);
    },
  };
}
