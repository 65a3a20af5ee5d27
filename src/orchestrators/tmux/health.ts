/** Whether the agent answers: a heartbeat or a reply within the configured time. That its pane is there is a fact beside it, no answer. */
import type { Clock } from "../../clock.ts";
import type { DriverHealth } from "../../contract/orchestrator.ts";
import { userIdsBelow } from "../acp/process-facts.ts";
import type { DriverMachine } from "../machine.ts";
import type { TmuxConfig } from "./config.ts";
import { heartbeatDir, lastHeartbeat } from "./heartbeat.ts";
import type { Looked, Pane } from "./pane.ts";

export interface HealthSetup {
  readonly alias: string;
  readonly config: TmuxConfig;
  readonly pane: Pane;
  readonly clock: Clock;
  readonly baseEnv: DriverMachine["baseEnv"];
  readonly lastReplyAt?: number | undefined;
}

export async function askHealth({ alias, config, pane, clock, baseEnv, lastReplyAt }: HealthSetup): Promise<DriverHealth> {
  const dir = config.heartbeat_dir ?? heartbeatDir(baseEnv);
  const [looked, beat] = await Promise.all([pane.look(), lastHeartbeat(dir, config.session)]);
  const last = Math.max(beat ?? 0, lastReplyAt ?? 0);
  const answered = last > 0 && clock.now() - last <= config.health_within_ms;
  const facts = { session: config.session, socket: config.socket || "default", ...(await processFacts(looked, config)) };
  return {
    answered,
    lastAnswerAt: last || undefined,
    detail: answered ? undefined : silence({ alias, config, looked, last, dir, now: clock.now() }),
    facts,
  };
}

async function processFacts(looked: Looked, { ssh }: TmuxConfig): Promise<{ pid?: number; uid?: number }> {
  if (!looked.ok || looked.view.isDead) return {};
  const { pid } = looked.view;
  const uid = ssh === undefined ? (await userIdsBelow(pid))[0] : undefined;
  return { pid, ...(uid === undefined ? {} : { uid }) };
}

interface Silence {
  readonly alias: string;
  readonly config: TmuxConfig;
  readonly looked: Looked;
  readonly last: number;
  readonly dir: string;
  readonly now: number;
}

function silence({ alias, config, looked, last, dir, now }: Silence): string {
  if (!looked.ok) return `${alias}'s session ${config.session} cannot be seen: ${looked.detail}.`;
  if (looked.view.isDead) return `${alias}'s program in session ${config.session} has ended.`;
  if (last === 0) return `${alias}'s session is there, but it has given no sign: no heartbeat in ${dir}, and no reply yet.`;
  return `${alias} last gave a sign ${Math.round((now - last) / 1000)} s ago, and ${config.health_within_ms / 1000} s are allowed.`;
}
