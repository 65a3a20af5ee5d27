/**
 * Commands the hub runs for an agent where the configuration allows it: in the workspace, with the agent's environment, as the hub's user.
 * Invariant: of the output of each only the end is kept, there are never more than {@link MAX_TERMINALS}, and none outlives the agent:
 * each is recorded before the agent hears of it, so that the next life of the hub can end it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { RequestError } from "@agentclientprotocol/sdk/unstable";
import type { CommandRecord } from "./leftovers.ts";
import { isTaken, signalGroup } from "./process-facts.ts";
import type { TerminalRequest } from "./wire.ts";

const MAX_TERMINALS = 16;
const OUTPUT_BYTES = 1024 * 1024;

type Exit = { readonly exitCode: number | null; readonly signal: string | null };

interface Terminal {
  readonly sessionId: string;
  readonly child: ChildProcess;
  output: Buffer;
  isCut: boolean;
  exit: Exit | undefined;
  readonly ended: Promise<Exit>;
}

export interface Terminals {
  create(asked: TerminalRequest): Promise<{ terminalId: string }>;
  output(sessionId: string, terminalId: string): { output: string; truncated: boolean; exitStatus?: Exit };
  waitForExit(sessionId: string, terminalId: string): Promise<Exit>;
  kill(sessionId: string, terminalId: string): void;
  /** Ends it and forgets it. */
  release(sessionId: string, terminalId: string): void;
  /** With the agent they were for; none begins after it. */
  endAll(): void;
}

export interface TerminalsSetup {
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  /** No variable an agent may set, whatever it asks for. */
  readonly isForbidden: (name: string) => boolean;
  readonly record: CommandRecord;
}

export function createTerminals({ workspace, env, isForbidden, record }: TerminalsSetup): Terminals {
  const open = new Map<string, Terminal>();
  let isOver = false;

  function found(sessionId: string, terminalId: string): Terminal {
    const terminal = open.get(terminalId);
    if (terminal?.sessionId !== sessionId) throw RequestError.resourceNotFound(terminalId);
    return terminal;
  }

  function release(terminalId: string, terminal: Terminal): void {
    end(terminal);
    open.delete(terminalId);
  }

  async function create(asked: TerminalRequest): Promise<{ terminalId: string }> {
    if (open.size >= MAX_TERMINALS) throw RequestError.invalidParams(undefined, `no more than ${MAX_TERMINALS} commands at once`);
    const cwd = await folderInside(workspace, asked.cwd ?? workspace);
    const wanted = (asked.env ?? []).filter(({ name }) => !isForbidden(name)).map(({ name, value }) => [name, value] as const);
    if (isOver) throw RequestError.internalError(undefined, "the agent has ended");
    const child = spawn(asked.command, asked.args ?? [], {
      cwd,
      env: { ...env, ...Object.fromEntries(wanted) },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const terminal = follow(child, asked.sessionId, Math.min(asked.outputByteLimit ?? OUTPUT_BYTES, OUTPUT_BYTES));
    const terminalId = randomUUID();
    open.set(terminalId, terminal);
    const { pid } = child;
    if (pid !== undefined) {
      await record.add(pid).catch((error: unknown) => {
        release(terminalId, terminal);
        throw error;
      });
      void terminal.ended.then(() => record.remove(pid));
    }
    return { terminalId };
  }

  return {
    create,
    output(sessionId, terminalId) {
      const { output, isCut, exit } = found(sessionId, terminalId);
      return { output: asText(output), truncated: isCut, ...(exit ? { exitStatus: exit } : {}) };
    },
    waitForExit: async (sessionId, terminalId) => found(sessionId, terminalId).ended,
    kill: (sessionId, terminalId) => end(found(sessionId, terminalId)),
    release: (sessionId, terminalId) => release(terminalId, found(sessionId, terminalId)),
    endAll() {
      isOver = true;
      for (const terminal of open.values()) end(terminal);
      open.clear();
    },
  };
}

function follow(child: ChildProcess, sessionId: string, keptBytes: number): Terminal {
  let tell = (_exit: Exit): void => {};
  const ended = new Promise<Exit>((resolve) => (tell = resolve));
  const terminal: Terminal = { sessionId, child, output: Buffer.alloc(0), isCut: false, exit: undefined, ended };
  const finish = (exit: Exit): void => {
    terminal.exit ??= exit;
    tell(terminal.exit);
  };
  const keep = (chunk: Buffer): void => {
    const all = Buffer.concat([terminal.output, chunk]);
    terminal.isCut ||= all.length > keptBytes;
    terminal.output = Buffer.from(all.subarray(Math.max(0, all.length - keptBytes)));
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  child.once("error", (error) => {
    keep(Buffer.from(error.message));
    finish({ exitCode: 127, signal: null });
  });
  child.once("close", (exitCode, signal) => finish({ exitCode, signal }));
  return terminal;
}

/** With what it left in the background, which is in its group still. A number that belongs to somebody else by now is left alone. */
function end({ child: { pid }, exit }: Terminal): void {
  if (pid !== undefined && (!exit || !isTaken(pid))) signalGroup(pid, "SIGKILL");
}

async function folderInside(workspace: string, path: string): Promise<string> {
  const root = await realpath(workspace);
  const real = await realpath(resolve(root, path)).catch(() => undefined);
  const way = real === undefined ? ".." : relative(root, real);
  if (real === undefined || way === ".." || way.startsWith(`..${sep}`))
    throw RequestError.invalidParams(undefined, "it lies outside the workspace");
  return real;
}

/** What was cut off begins with the first whole character. */
function asText(bytes: Buffer): string {
  let from = 0;
  while (from < 4 && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return bytes.subarray(from).toString("utf8");
}
