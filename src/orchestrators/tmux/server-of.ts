/** Which tmux server a configuration means, and how its commands run there. */
import { agentEnvironment } from "../acp/environment.ts";
import type { DriverMachine } from "../machine.ts";
import type { TmuxConfig } from "./config.ts";
import { createTmux, type Tmux, type TmuxServer } from "./tmux.ts";

/** One command; the network is slower than a socket. */
const LOCAL_TIMEOUT_MS = 5000;
const REMOTE_TIMEOUT_MS = 15_000;

/** Where tmux keeps its sockets, and what ssh signs in with. `TMUX` is left out: it would stand in for the default socket. */
const PASSED = ["TMUX_TMPDIR", "SSH_AUTH_SOCK"];

type Place = Pick<TmuxConfig, "socket" | "ssh" | "ssh_command">;

export function serverOf({ socket, ssh, ssh_command }: Place): TmuxServer {
  return { socket, remote: ssh === undefined ? undefined : [...ssh_command, ssh] };
}

export function openServer(place: Place, { clock, ...machine }: DriverMachine): Tmux {
  return createTmux({
    ...serverOf(place),
    env: agentEnvironment(machine, { env: {}, env_allow: PASSED }),
    clock,
    timeoutMs: place.ssh === undefined ? LOCAL_TIMEOUT_MS : REMOTE_TIMEOUT_MS,
  });
}
