/** Opens one conversation on a living agent: resumed if it can, else loaded, else begun anew. */
import { methods, RequestError } from "@agentclientprotocol/sdk/unstable";
import { HubError } from "../../contract/errors.ts";
import type { OpenedSession } from "../../contract/orchestrator.ts";
import { AUTH_REQUIRED, type Life } from "./life.ts";
import { type InitializeAnswer, type Modes, newSessionAnswer, reopenedAnswer, type ConfigOption } from "./wire.ts";

export interface Opening {
  readonly alias: string;
  readonly agentSessionId: string | undefined;
  readonly cwd: string;
  readonly mcpServers: readonly unknown[];
}

export interface Opened extends OpenedSession {
  readonly agentSessionId: string;
  readonly configOptions?: readonly ConfigOption[] | null | undefined;
  readonly modes?: Modes | null | undefined;
}

/** Whether a conversation that was closed, or whose process has ended, can be found again. */
export function canReopen({ agentCapabilities: can }: InitializeAnswer): boolean {
  return Boolean(can?.sessionCapabilities?.resume ?? can?.loadSession);
}

/**
 * Rejects with a HubError (`agent_auth_required`, `agent_refused`, `agent_silent`, `agent_crashed`).
 * While it lasts the agent may replay the conversation as updates; nobody listens for them yet.
 */
export async function openConversation(life: Life, opening: Opening): Promise<Opened> {
  const { cwd, mcpServers, agentSessionId } = opening;
  try {
    if (agentSessionId !== undefined) {
      const reopened = await reopen(life, { sessionId: agentSessionId, cwd, mcpServers });
      if (reopened) return { agentSessionId, how: "resumed", ...reopened };
    }
    const begun = await life.request(methods.agent.session.new, { cwd, mcpServers }, newSessionAnswer);
    const { sessionId, configOptions, modes } = begun;
    return { agentSessionId: sessionId, how: agentSessionId === undefined ? "new" : "lost_and_new", configOptions, modes };
  } catch (error) {
    throw refusalOf(error, opening.alias, life.agent);
  }
}

/** Undefined when the agent cannot, or no longer knows the conversation. */
async function reopen(life: Life, params: { sessionId: string; cwd: string; mcpServers: readonly unknown[] }) {
  const can = life.agent.agentCapabilities;
  const ways = [
    can?.sessionCapabilities?.resume ? methods.agent.session.resume : undefined,
    can?.loadSession ? methods.agent.session.load : undefined,
  ];
  for (const method of ways) {
    if (method === undefined) continue;
    try {
      return (await life.request(method, params, reopenedAnswer)) ?? {};
    } catch (error) {
      if (!(error instanceof RequestError) || error.code === AUTH_REQUIRED) throw error;
    }
  }
  return undefined;
}

/** What a refusal of the agent means for a person; anything else as it is. */
export function refusalOf(error: unknown, alias: string, agent: InitializeAnswer): unknown {
  if (!(error instanceof RequestError)) return error;
  if (error.code !== AUTH_REQUIRED) return new HubError("agent_refused", { alias, reason: error.message.slice(0, 300) });
  const methodsOffered = (agent.authMethods ?? []).map((method) => method.name ?? method.id).join(", ");
  return new HubError("agent_auth_required", { alias, methods: methodsOffered || "it names no way" });
}
