/** The terminal agent of a configuration, for the commands that look at it or introduce the hub to it. */
import { hostname } from "node:os";
import { foregroundClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { HubError } from "../contract/errors.ts";
import { sessionName, type TmuxConfig, tmuxConfig } from "../orchestrators/tmux/config.ts";
import { plainName } from "../orchestrators/tmux/preamble.ts";
import { openServer } from "../orchestrators/tmux/server-of.ts";
import type { Tmux } from "../orchestrators/tmux/tmux.ts";
import type { CommandContext } from "./command.ts";

export interface TmuxAgent {
  readonly config: Config;
  readonly settings: TmuxConfig;
  /** The session asked for; default: the orchestrator's. */
  readonly session: string;
  readonly hubHost: string;
  readonly host: string;
  readonly tmux: Tmux;
}

/** Rejects with `bad_request` where the orchestrator lives in no terminal, or the name is none. */
export async function tmuxAgent(context: CommandContext, name: string | undefined): Promise<TmuxAgent> {
  const { config } = await context.wholeConfig();
  const { driver, options } = config.orchestrator;
  if (driver !== "tmux")
    throw new HubError("bad_request", { problems: `the orchestrator is run by ${driver}: there is no terminal of its own` });
  const settings = tmuxConfig.parse({ driver, ...options });
  const session = sessionName.safeParse(name ?? settings.session);
  if (!session.success) throw new HubError("bad_request", { problems: "a session's name is letters, digits, _ and -" });
  const hubHost = plainName(settings.hub_host ?? hostname());
  const machine = { clock: foregroundClock, baseEnv: config.baseEnv, withheld: config.withheld };
  return { config, settings, session: session.data, hubHost, host: settings.host ?? hubHost, tmux: openServer(settings, machine) };
}
