/** One life of the hub after the other, over one data folder: started to die at a named point, or to live. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "../support/repository.ts";
import type { PointName } from "./points.ts";

export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Life {
  readonly died: Promise<Death>;
  isAlive(): boolean;
  /** The hub's address once it is ready; undefined when it died before. */
  ready(): Promise<string | undefined>;
  signal(name: "SIGTERM" | "SIGKILL"): void;
  /** What it printed. */
  output(): string;
}

const START_MS = 30_000;

export interface Mortality {
  readonly point: PointName;
  readonly at: number;
}

export function beginLife(dataDir: string, env: Record<string, string>, fatal?: Mortality): Life {
  const runFile = join(dataDir, "run.json");
  rmSync(runFile, { force: true });
  const places: Record<string, string> = fatal ? { CHAOS_POINT: fatal.point, CHAOS_AT: String(fatal.at) } : {};
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, "tests/chaos/mortal-hub.ts")], {
    cwd: dataDir,
    env: { ...process.env, MOS_HUB_DATA_DIR: dataDir, ...env, ...places },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const died = new Promise<Death>((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    died,
    isAlive,
    async ready() {
      for (const end = Date.now() + START_MS; isAlive() && Date.now() < end; await pause(10)) {
        const url = urlIn(runFile);
        if (url !== undefined) return url;
      }
      if (isAlive()) throw new Error(`the hub is not ready after ${START_MS} ms: ${printed}`);
      return undefined;
    },
    signal: (name) => void child.kill(name),
    output: () => printed,
  };
}

function urlIn(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { url: string }).url;
  } catch {
    return undefined;
  }
}
