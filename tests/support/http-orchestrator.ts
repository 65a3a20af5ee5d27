/** The door of an HTTP driver without a hub around it, and a stand-in process that uses it and is started again when it has ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { listen } from "../../src/api/listen.ts";
import type { ApiParts } from "../../src/api/parts.ts";
import { problem } from "../../src/api/problem.ts";
import { mount } from "../../src/api/route.ts";
import { orchestratorRoutes } from "../../src/api/routes/orchestrators.ts";
import { SCOPES } from "../../src/contract/tables.ts";
import type { OrchestratorDriver } from "../../src/contract/orchestrator.ts";

const PULLER = fileURLToPath(new URL("./agents/puller.mjs", import.meta.url));
const RESTART_MS = 200;

export interface Door {
  readonly url: string;
  attach(driver: OrchestratorDriver): void;
  end(): Promise<void>;
}

/** What the routes need of a hub where nobody asks for anything. */
export async function openDoor(): Promise<Door> {
  const drivers = new Map<string, OrchestratorDriver>();
  const app = new Hono();
  app.onError((thrown) => problem(thrown));
  const caller = { caller: { type: "token" }, personId: "per_1", name: "test", scopes: SCOPES, id: "test", ambient: false } as const;
  mount(app, orchestratorRoutes({ drivers } as unknown as ApiParts), { guard: async () => caller, mask: (answer) => answer });
  const { localUrl, close } = await listen(app, { host: "127.0.0.1", port: 0 });
  return { url: localUrl, attach: (driver) => void drivers.set("mos", driver), end: close };
}

export interface Puller {
  readonly lives: () => number;
  /** As the machine's power does. */
  kill(): void;
  end(): Promise<void>;
}

export function startPuller(url: string, token = "any", name = "mos"): Puller {
  let child: ChildProcess;
  let lives = 0;
  let isOver = false;
  function start(): void {
    lives += 1;
    child = spawn(process.execPath, [PULLER, url, token, name], { stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", () => void (isOver || setTimeout(() => isOver || start(), RESTART_MS)));
  }
  start();
  return {
    lives: () => lives,
    kill: () => void child.kill("SIGKILL"),
    async end() {
      isOver = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
