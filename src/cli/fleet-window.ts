/**
 * The chat's window beside a fleet's sessions. Invariant: the hub starts no tmux server, since a fleet started later would inherit the
 * hub's bare environment; and it opens the window once, so that whoever closes it has closed it.
 */
import { fileURLToPath } from "node:url";
import { parseConfig } from "../../connectors/tmux/config.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { openServer } from "../orchestrators/tmux/server-of.ts";

const BIN = fileURLToPath(new URL("./mos-hub.mjs", import.meta.url));
const LOOK_MS = 2000;

export interface FleetWindow {
  /** How a person gets there. */
  readonly command: string;
  stop(): void;
}

/** Undefined where no account is a fleet's terminal. */
export function openFleetWindow(config: Config, clock: Clock): FleetWindow | undefined {
  const login = config.accounts.find(({ kind }) => kind === "tmux");
  if (!login) return undefined;
  const { socket, session } = parseConfig(login.config);
  const tmux = openServer({ socket, ssh: undefined, ssh_command: [] }, { clock, baseEnv: config.baseEnv, withheld: config.withheld });
  let cancel = (): void => {};
  let isStopped = false;

  async function look(): Promise<void> {
    if (!(await tmux(["list-sessions"])).ok) return again();
    if ((await tmux(["has-session", "-t", `=${session}`])).ok) return;
    const chat = [process.execPath, BIN, "--data-dir", config.dataDir, "chat", "--account", login?.account ?? ""];
    await tmux(["new-session", "-d", "-s", session, "-c", config.dataDir, "-x", "100", "-y", "40", "--", ...chat]);
  }
  function again(): void {
    if (!isStopped) cancel = clock.setTimer(LOOK_MS, () => void look());
  }

  void look();
  return {
    command: `tmux${socket === "" ? "" : ` -L ${socket}`} attach -t ${session}`,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
