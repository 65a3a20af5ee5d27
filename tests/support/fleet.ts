/** A fleet as people run one: real tmux servers in a folder of their own, with stand-in agents in sessions named by role. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "./driver-bench.ts";

const run = promisify(execFile);
const TUI = fileURLToPath(new URL("./agents/tui.mjs", import.meta.url));

export interface AgentWish {
  /** Default `orchestrator`. */
  readonly session?: string;
  /** Default: the fleet's own; empty: tmux's default socket (of this folder). */
  readonly socket?: string;
  /** How its prompt behaves: the options of agents/tui.mjs. */
  readonly behaviour?: object;
  /** It is started again some two seconds after it has ended, as a fleet does. */
  readonly restarts?: boolean;
}

export interface Fleet {
  readonly dir: string;
  readonly socket: string;
  /** For whatever shall find these servers. */
  readonly env: Record<string, string | undefined>;
  add(wish?: AgentWish): Promise<void>;
  driverConfig(more?: object): object;
  /** What agents really took, message by message. */
  taken(session?: string): string[];
  screen(session?: string, socket?: string): Promise<string>;
  tmux(args: readonly string[], socket?: string): Promise<string>;
  end(): Promise<void>;
}

export function createFleet(): Fleet {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-fleet-"));
  const socket = "fleet";
  const used = new Set<string>();
  const dying = new Set<string>();
  const restarters: NodeJS.Timeout[] = [];
  const env = { PATH: process.env["PATH"], HOME: dir, LANG: "C.UTF-8", TMUX_TMPDIR: dir, MOSAIC_HEARTBEAT_RUN_DIR: dir };
  const ledgerOf = (session: string): string => join(dir, `${session}.ledger`);

  async function tmux(args: readonly string[], on = socket): Promise<string> {
    const { stdout } = await run("tmux", ["-u", ...(on === "" ? [] : ["-L", on]), ...args], { env: env as NodeJS.ProcessEnv });
    return stdout;
  }

  /** Not with a hook: tmux 3.3 at times misses the end of a program and then runs none. */
  async function again(session: string, on: string): Promise<void> {
    const target = `=${session}:0.0`;
    const isDead = await tmux(["display-message", "-p", "-t", target, "#{pane_dead}"], on).catch(() => "");
    if (isDead.trim() !== "1" || dying.has(target)) return;
    dying.add(target);
    setTimeout(() => {
      dying.delete(target);
      void tmux(["respawn-pane", "-k", "-t", target], on).catch(() => {});
    }, 1500);
  }

  return {
    dir,
    socket,
    env,
    tmux,
    async add({ session = "orchestrator", socket: on = socket, behaviour = {}, restarts = false } = {}) {
      const options = JSON.stringify({ ledger: ledgerOf(session), heartbeat: join(dir, `${session}.hb`), ...behaviour });
      const command = [process.execPath, TUI, options].map((word) => `'${word}'`).join(" ");
      const keep = used.has(on) ? [] : ["-f", "/dev/null"];
      used.add(on);
      await tmux(
        [
          ...keep,
          "new-session",
          "-d",
          "-s",
          session,
          "-x",
          "120",
          "-y",
          "40",
          `exec ${command}`,
          ";",
          "set-option",
          "-t",
          session,
          "remain-on-exit",
          "on",
        ],
        on,
      );
      await eventually(
        async () => /an agent[^]*(?:^>|help)|working/m.test(await tmux(["capture-pane", "-p", "-t", `=${session}:0.0`], on)),
        "the agent's first screen",
      );
      if (!restarts) return;
      restarters.push(setInterval(() => void again(session, on), 1000));
    },
    driverConfig: (more = {}) => ({
      driver: "tmux",
      socket,
      hub_host: "hub.example.internal",
      host: "fleet.example.internal",
      poll_ms: 60,
      watch_ms: 100,
      settle_ms: 1500,
      confirm_within_ms: 4000,
      ...more,
    }),
    taken: (session = "orchestrator") =>
      existsSync(ledgerOf(session))
        ? readFileSync(ledgerOf(session), "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => String(JSON.parse(line)))
        : [],
    screen: async (session = "orchestrator", on = socket) => tmux(["capture-pane", "-p", "-t", `=${session}:0.0`], on),
    async end() {
      restarters.forEach((timer) => clearInterval(timer));
      for (const on of used) await tmux(["kill-server"], on).catch(() => {});
      // A pane that is on its way out may still write there.
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
