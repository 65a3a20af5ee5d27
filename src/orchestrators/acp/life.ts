/**
 * One life of the agent: the link to it, its connection and what it said it can do. A restart is another life with another `epoch`.
 * Invariant: a process is recorded before it is told anything, so whatever dies next, it can be found and ended.
 */
import { randomUUID } from "node:crypto";
import { methods, PROTOCOL_VERSION, RequestError } from "@agentclientprotocol/sdk/unstable";
import { z } from "zod";
import { type Clock, within } from "../../clock.ts";
import type { ConnectorLog } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import { type AcpConnection, type AgentListener, createConnection, type Prompted } from "./connection.ts";
import type { AgentLink } from "./link.ts";
import { type InitializeAnswer, initializeAnswer } from "./wire.ts";

/** JSON-RPC codes an ACP agent refuses with. */
export const AUTH_REQUIRED = -32000;
export const SESSION_NOT_FOUND = -32002;
/** Rubbish lines of one life that are logged; the rest is only counted. */
const RUBBISH_LOGGED = 5;
/** Time for the record of an ended process to be removed; kept longer it only costs a look at the next start. */
const STRIKE_OFF_MS = 2_000;

export interface Life {
  /** Fresh for each life; a request of an earlier one can no longer be answered. */
  readonly epoch: string;
  /** Undefined for an agent that is reached over a network. */
  readonly pid: number | undefined;
  readonly agent: InitializeAnswer;
  /** Rejects with a HubError when the agent is silent or dies, with a `RequestError` when it refuses. */
  request<T>(method: string, params: unknown, answer: z.ZodType<T>): Promise<T>;
  prompt(agentSessionId: string, params: unknown): Prompted;
  notifyCancel(agentSessionId: string): Promise<void>;
  /** True when it answered anything at all within `withinMs`. */
  ping(withinMs: number): Promise<boolean>;
  lastHeardAt(): number | undefined;
  rubbishLines(): number;
  /** Resolves with the reason, `agent_crashed`, when the process is gone. Never rejects. */
  readonly ended: Promise<HubError>;
  /** May be called twice. */
  end(): Promise<void>;
}

export interface LifeSetup {
  readonly alias: string;
  /** What an operator wrote to name it: its command, or where it is. */
  readonly name: string;
  /** Starts or reaches it. Rejects with a HubError. */
  readonly link: () => Promise<AgentLink>;
  /** What it means that it is gone. */
  readonly lost: (how: string) => HubError;
  /** What the agent may ask of this machine. */
  readonly can: { readonly fs: "off" | "read" | "write"; readonly terminal: boolean };
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  /** Awaited before the agent is told anything. */
  readonly record: (pid: number) => Promise<void>;
  readonly forget: (pid: number) => Promise<void>;
}

/**
 * Rejects with a HubError: `agent_missing`, `agent_unstartable`, `agent_crashed` or `agent_silent`. Leaves nothing behind then.
 * `signal` ends a start that is still going on.
 */
export async function startLife(setup: LifeSetup, listenerOf: (epoch: string) => AgentListener, signal?: AbortSignal): Promise<Life> {
  const link = await setup.link();
  const stop = (): void => void link.end();
  signal?.addEventListener("abort", stop);
  try {
    if (link.pid !== undefined) await setup.record(link.pid);
    return await begin(setup, link, listenerOf);
  } catch (error) {
    await link.end();
    if (link.pid !== undefined) await setup.forget(link.pid);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function begin(setup: LifeSetup, link: AgentLink, listenerOf: (epoch: string) => AgentListener): Promise<Life> {
  const epoch = randomUUID();
  const connection = createConnection({ link, listener: listenerOf(epoch), clock: setup.clock, onRubbish: rubbishLog(setup) });
  const ended = endOf(setup, link, connection);
  const request = createRequest(setup, connection, ended);
  const agent = await request(methods.agent.initialize, introduction(setup.can), initializeAnswer);
  if (agent.protocolVersion !== PROTOCOL_VERSION) {
    const reason = `it speaks version ${agent.protocolVersion} of the Agent Client Protocol, the hub version ${PROTOCOL_VERSION}`;
    throw new HubError("agent_unstartable", { command: setup.name, reason });
  }
  return {
    epoch,
    pid: link.pid,
    agent,
    request,
    prompt: connection.prompt,
    notifyCancel: connection.notifyCancel,
    ping: (withinMs) => ping(connection, agent, withinMs),
    lastHeardAt: connection.lastHeardAt,
    rubbishLines: connection.rubbishLines,
    ended,
    async end() {
      await link.end();
      await within(setup.clock, STRIKE_OFF_MS, ended);
    },
  };
}

function introduction({ fs, terminal }: LifeSetup["can"]): object {
  return {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: "mos-hub", title: "mos-hub", version: "1" },
    clientCapabilities: {
      fs: { readTextFile: fs !== "off", writeTextFile: fs === "write" },
      terminal,
      elicitation: { form: {}, url: {} },
      session: { notices: {}, configOptions: { boolean: {} } },
      subagents: {},
    },
  };
}

function createRequest(setup: LifeSetup, connection: AcpConnection, ended: Promise<HubError>): Life["request"] {
  return async (method, params, answer) => {
    try {
      const reply = await connection.request(method, params, answer, setup.startTimeoutMs);
      if (reply) return reply.value;
    } catch (error) {
      if (error instanceof RequestError) throw error;
      if (error instanceof z.ZodError)
        throw new HubError("agent_refused", { alias: setup.alias, reason: `its answer to ${method} is not ACP` });
      throw await ended;
    }
    setup.log.warn({ method }, "the agent did not answer");
    throw new HubError("agent_silent", { alias: setup.alias, seconds: setup.startTimeoutMs / 1000 });
  };
}

/** A connection that closes while the process lives (it closed its output) ends the process too. */
function endOf(setup: LifeSetup, link: AgentLink, connection: AcpConnection): Promise<HubError> {
  void connection.closed.then(link.end);
  return link.ended.then(async (how) => {
    connection.close();
    if (link.pid !== undefined)
      await setup.forget(link.pid).catch((error: unknown) => setup.log.warn({ error }, "an ended agent could not be struck off"));
    const words = link.lastWords();
    return setup.lost(words === "" ? how : `${how}; it said: ${words}`);
  });
}

/** ACP has no ping: a list where the agent has one, else a method nobody knows; a refusal is an answer as good as any. */
async function ping(connection: AcpConnection, agent: InitializeAnswer, withinMs: number): Promise<boolean> {
  const canList = Boolean(agent.agentCapabilities?.sessionCapabilities?.list);
  const method = canList ? methods.agent.session.list : "_mos_hub/ping";
  try {
    return (await connection.request(method, {}, z.unknown(), withinMs)) !== undefined;
  } catch (error) {
    return error instanceof RequestError;
  }
}

function rubbishLog(setup: LifeSetup): (line: string, count: number) => void {
  return (line, count) => {
    if (count <= RUBBISH_LOGGED) setup.log.warn({ line, count }, "the agent printed something that is not ACP");
  };
}
