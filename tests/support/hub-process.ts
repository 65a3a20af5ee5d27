/**
 * The started program, as a user starts it: the pinned runtime on the `mos-hub` bin, a data folder and a port of its own, and the
 * commands run beside it as processes. Everything it tells comes from their output or from the rehearsal agent's ledger.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "./repository.ts";

const BIN = join(ROOT, "src/cli/mos-hub.mjs");

export interface Said {
  readonly code: number;
  /** The JSON lines printed, in order. */
  readonly events: readonly Record<string, unknown>[];
  readonly stdout: string;
  readonly stderr: string;
}

export interface HubProcess {
  readonly dataDir: string;
  /** `more`: variables for this life and those after it. */
  start(more?: Record<string, string>): Promise<void>;
  /** Resolves once everything it needs answers, each account among it. */
  ready(): Promise<void>;
  /** As the machine's power does: no farewell. */
  kill(): Promise<void>;
  isAlive(): boolean;
  /** Where it listens in this life. */
  address(): Promise<{ readonly url: string; readonly token: string; readonly pid: number }>;
  /** As systemd does; the exit code. */
  terminate(): Promise<number | null>;
  /** What the hub printed so far. */
  output(): string;
  /** A command beside the running hub, with `--json`. */
  cli(...args: string[]): Promise<Said>;
  /** The same as a person reads it. */
  shell(...args: string[]): Promise<Said>;
  /** The rehearsal's own list of the prompts it was given. */
  prompts(): Promise<string[]>;
  end(): Promise<void>;
}

/** `bin`: another copy of the command than this repository's. `program`: what is started, where it is not the command. */
export async function createHubProcess(env: Record<string, string> = {}, bin = BIN, program = bin): Promise<HubProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "mos-hub-journey-"));
  const environment = { ...process.env, MOS_HUB_DATA_DIR: dataDir, MOS_HUB_PORT: "0", REHEARSAL_PACE_MS: "10", ...env };
  let child: ChildProcess | undefined;
  let printed = "";

  async function start(more: Record<string, string> = {}): Promise<void> {
    Object.assign(environment, more);
    await rm(join(dataDir, "run.json"), { force: true });
    child = spawn(process.execPath, [program, "start"], { cwd: dataDir, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
    await until("the hub is ready", () => existsSync(join(dataDir, "run.json"))).catch((thrown: Error) => {
      throw new Error(`${thrown.message}; it printed: ${printed}`);
    });
  }

  const address: HubProcess["address"] = async () => JSON.parse(await readFile(join(dataDir, "run.json"), "utf8"));

  async function ready(): Promise<void> {
    const { url } = await address();
    let reasons = "";
    const isReady = async (): Promise<boolean> => {
      const answer = await fetch(new URL("/readyz", url));
      reasons = await answer.text();
      return answer.ok;
    };
    await until("it can do its work", isReady).catch((thrown: Error) => {
      throw new Error(`${thrown.message}: ${reasons}`);
    });
  }

  const isAlive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function stop(signal: NodeJS.Signals): Promise<number | null> {
    const running = child;
    if (!running || !isAlive()) return running?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => running.once("exit", resolve));
    running.kill(signal);
    return exited;
  }

  return {
    dataDir,
    start,
    ready,
    kill: async () => void (await stop("SIGKILL")),
    isAlive,
    address,
    terminate: () => stop("SIGTERM"),
    output: () => printed,
    cli: (...args) => runCommand([bin, "--json", ...args], environment),
    shell: (...args) => runCommand([bin, ...args], environment),
    async prompts() {
      const text = await readFile(join(dataDir, "agents", "rehearsal-ledger.jsonl"), "utf8").catch(() => "");
      const lines = text.split("\n").filter(Boolean);
      return lines
        .map((line) => JSON.parse(line) as { event: string; text: string })
        .flatMap(({ event, text: said }) => (event === "prompt" ? [said] : []));
    },
    async end() {
      await stop("SIGTERM");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  return new Promise((resolve) => {
    const command = spawn(process.execPath, [...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    command.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    command.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    command.on("close", (code) => resolve({ code: code ?? -1, events: jsonLines(stdout), stdout, stderr }));
  });
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
}

/** A machine that is busy with other tests takes its time. */
const DEADLINE_MS = 60_000;

/** Asks until it is so; fails loudly when it never is. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(25);
  }
}
