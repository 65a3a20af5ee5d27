/** The `orchestrator` block of an agent that lives in a tmux session. Strict; every value has its unit in its name. */
import { z } from "zod";

/** tmux gives no session a name with a colon or a dot, since both part a target. */
export const sessionName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/, "must be letters, digits, _ and -");
export const socketName = z.string().regex(/^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99})?$/, "must be a socket's name, without a path");
export const hostName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/, "must be a host's name");
/** What ssh is given as its destination; never something it would read as an option. */
export const sshTarget = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._@:/-]{0,252}$/, "must be a destination for ssh, such as user@host");

export const tmuxConfig = z.strictObject({
  driver: z.literal("tmux"),
  /** What people see, e.g. `Mos`. */
  alias: z.string().min(1).max(60).optional(),
  /** The session the agent lives in, exactly. Default `orchestrator`. */
  session: sessionName.default("orchestrator").describe("the tmux session of the orchestrator. Default: orchestrator."),
  /** `tmux -L`; empty or absent: tmux's own default socket. */
  socket: socketName.default("").describe("the socket's name, as in tmux -L; empty for tmux's own default."),
  /** The host the agent runs on, as it stands in preambles. Default: this machine's name. */
  host: hostName.optional(),
  /** The name of this machine in preambles. Default: its host name. */
  hub_host: hostName.optional(),
  /** Where the agent's tmux is reached; absent: on this machine. */
  ssh: sshTarget.optional(),
  /** Program and arguments put in front of `ssh`'s destination. Default `["ssh", "-o", "BatchMode=yes"]`. */
  ssh_command: z.array(z.string().min(1)).min(1).default(["ssh", "-o", "BatchMode=yes"]),
  /** Between two looks at the pane while it is written to, ms. Minimum 20, default 150. */
  poll_ms: z.number().int().min(20).max(5000).default(150),
  /** Between two looks for replies and for the agent's life, ms. Minimum 50, default 1000. */
  watch_ms: z.number().int().min(50).max(60_000).default(1000),
  /** How long a prompt may take to obey Enter, ms. Default 5000. */
  confirm_within_ms: z.number().int().min(200).max(60_000).default(5000),
  /** How long a session that is not there is waited for, ms. Default 10 000. */
  start_timeout_ms: z.number().int().min(100).max(120_000).default(10_000),
  /** A reply printed without an end mark is whole when it has not changed for this long, ms. Default 3000. */
  settle_ms: z.number().int().min(100).max(60_000).default(3000),
  /** A turn without a reply ends after this time, ms; a later reply still comes. Default 30 minutes. */
  answer_within_ms: z
    .number()
    .int()
    .min(1000)
    .default(30 * 60_000),
  /** Healthy means: a heartbeat or a reply within this time, ms. Default 60 000. */
  health_within_ms: z.number().int().min(100).default(60_000),
  /** Where the fleet keeps its heartbeats. Default: MOSAIC_HEARTBEAT_RUN_DIR, else ~/.config/mosaic/fleet/run. */
  heartbeat_dir: z.string().min(1).optional(),
  /** The keys that interrupt the agent, by tmux's names. Default Escape. */
  cancel_keys: z
    .array(z.string().regex(/^[A-Za-z0-9-]{1,20}$/))
    .min(1)
    .default(["Escape"]),
});
export type TmuxConfig = z.infer<typeof tmuxConfig>;
