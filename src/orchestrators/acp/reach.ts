/** How an agent is started or reached, and in which folder it works: what the configuration says, made ready for one life. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HubError } from "../../contract/errors.ts";
import type { DriverContext } from "../../contract/orchestrator.ts";
import type { DriverMachine } from "../machine.ts";
import { spawnAgent } from "./agent-process.ts";
import type { AcpConfig } from "./config.ts";
import { agentEnvironment, forbiddenNames } from "./environment.ts";
import { forgetProcess, recordProcess } from "./leftovers.ts";
import type { LifeSetup } from "./life.ts";
import { processLink } from "./link.ts";
import { reachAgent } from "./remote-link.ts";

export interface Reach {
  readonly setup: LifeSetup;
  /** The folder sessions are opened in, on the agent's machine. */
  readonly cwd: string;
  /** The folder on this machine whose files the agent may give and is given; undefined where the agent is on another one. */
  readonly workspace: string | undefined;
  /** What the agent, and what it has the hub run, is given of the hub's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly isForbidden: (name: string) => boolean;
}

export async function reachOf(config: AcpConfig, context: DriverContext, machine: DriverMachine): Promise<Reach> {
  const { command, url } = config;
  const isForbidden = forbiddenNames(machine);
  if (url !== undefined) {
    const setup = remoteSetup(url, config, { context, machine });
    return { setup, cwd: config.cwd ?? "/", workspace: undefined, env: {}, isForbidden };
  }
  const own = join(context.dataDir, "agents", context.ownFolder ?? "", "workspace");
  if (config.cwd === undefined) await mkdir(own, { recursive: true, mode: 0o700 });
  const cwd = config.cwd === undefined ? own : resolve(config.cwd);
  const env = agentEnvironment(machine, config);
  const link: LifeSetup["link"] = async () => processLink(await spawnAgent({ command: command ?? [], cwd, env, clock: machine.clock }));
  const lost: LifeSetup["lost"] = (reason) => new HubError("agent_crashed", { alias: context.alias, reason });
  return {
    setup: { ...commonSetup(config, context, machine), name: (command ?? []).join(" "), link, lost },
    cwd,
    workspace: cwd,
    env,
    isForbidden,
  };
}

function remoteSetup(
  url: string,
  config: AcpConfig,
  { context, machine }: { readonly context: DriverContext; readonly machine: DriverMachine },
): LifeSetup {
  const place = new URL(url).host;
  const { token_env: name } = config;
  const link: LifeSetup["link"] = async () => {
    const token = name === undefined ? undefined : (machine.secretOf?.(name) ?? machine.baseEnv[name]);
    if (name !== undefined && !token) throw lost(`the variable ${name} is not set`);
    return reachAgent({ url, token, clock: machine.clock });
  };
  const lost = (reason: string): HubError => new HubError("agent_unreachable", { alias: context.alias, place, reason });
  return { ...commonSetup(config, context, machine), name: place, link, lost };
}

function commonSetup({ start_timeout_ms, fs, terminal }: AcpConfig, { alias, log, state }: DriverContext, { clock }: DriverMachine) {
  return {
    alias,
    can: { fs, terminal },
    startTimeoutMs: start_timeout_ms,
    clock,
    log,
    record: (pid: number) => recordProcess(state, pid),
    forget: (pid: number) => forgetProcess(state, pid),
  };
}
