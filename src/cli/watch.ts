/** `mos-hub watch`: looks over an agent's shoulder. Nothing typed here reaches it. */
import { spawn } from "node:child_process";
import { HubError } from "../contract/errors.ts";
import { agentEnvironment } from "../orchestrators/acp/environment.ts";
import { serverOf } from "../orchestrators/tmux/server-of.ts";
import { commandLine } from "../orchestrators/tmux/tmux.ts";
import type { AddCommand } from "./command.ts";
import { type TmuxAgent, tmuxAgent } from "./tmux-agent.ts";

export const addWatch: AddCommand = (program, act) => {
  program
    .command("watch [session]")
    .description("look at an agent's terminal, read-only (default: the orchestrator's)")
    .option("--once", "print what it shows now and leave, as is done where this is no terminal")
    .action(
      act(async (context, name: string | undefined, { once = false }: { once?: boolean }) => {
        const agent = await tmuxAgent(context, name);
        const isTty = process.stdin.isTTY === true && process.stdout.isTTY === true;
        if (isTty && !once && !context.json) return attach(agent);
        const shown = await agent.tmux(["capture-pane", "-p", "-t", `=${agent.session}:0.0`]);
        if (!shown.ok) throw new HubError("agent_not_there", { alias: agent.session, reason: shown.detail });
        context.print({ type: "screen", session: agent.session, text: shown.output }, () => shown.output.trimEnd());
        return 0;
      }),
    );
};

/** tmux itself keeps what is typed from the agent, but for its own keys (C-b d leaves); the window keeps its size. */
function attach({ config, settings, session }: TmuxAgent): Promise<number> {
  const { remote, ...server } = serverOf(settings);
  const seen = remote === undefined ? server : { ...server, remote: [...remote.slice(0, -1), "-t", ...remote.slice(-1)] };
  const [program = "tmux", ...args] = commandLine(seen, ["attach-session", "-f", "read-only,ignore-size", "-t", `=${session}`]);
  const env = agentEnvironment(config, { env: {}, env_allow: ["TMUX_TMPDIR", "SSH_AUTH_SOCK"] });
  const child = spawn(program, args, { stdio: "inherit", env });
  return new Promise((resolve) => {
    child.on("error", () => resolve(69));
    child.on("close", (code) => resolve(code ?? 1));
  });
}
