/**
 * One life of the agent: a process, its connection and what it said it can do. A restart is another life with another `epoch`.
 * Invariant: the process is recorded before it is told anything, so whatever dies next, it can be found and ended.
 */
import { randomUUID } from "node:crypto";
import { methods, PROTOCOL_VERSION, RequestError } from "@agentclientprotocol/sdk/unstable";
import { z } from "zod";
import { type Clock, within } from "../../clock.ts";
import type { ConnectorLog } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import { type AgentProcess, spawnAgent } from "./agent-process.ts";
import { type AcpConnection, type AgentListener, createConnection, type Prompted } from "./connection.ts";
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
  readonly pid: number;
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
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  /** Awaited before the agent is told anything. */
  readonly record: (pid: number) => Promise<void>;
  readonly forget: (pid: number) => Promise<void>;
}

/**
 * Rejects with a HubError: `agent_missing`, `agent_unstartable`, `agent_crashed` or `agent_silent`. Leaves no process behind then.
 * `signal` ends a start that is still going on.
 */
export async function startLife(setup: LifeSetup, listenerOf: (epoch: string) => AgentListener, signal?: AbortSignal): Promise<Life> {
  const process = await spawnAgent(setup);
  const stop = (): void => void process.end();
  signal?.addEventListener("abort", stop);
  try {
    await setup.record(process.pid);
    return await begin(setup, process, listenerOf);
  } catch (error) {
    await process.end();
    await setup.forget(process.pid);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function begin(setup: LifeSetup, process: AgentProcess, listenerOf: (epoch: string) => AgentListener): Promise<Life> {
  const epoch = randomUUID();
  const connection = createConnection({ process, listener: listenerOf(epoch), clock: setup.clock, onRubbish: rubbishLog(setup) });
  const ended = endOf(setup, process, connection);
  const request = createRequest(setup, connection, ended);
  const agent = await request(methods.agent.initialize, INTRODUCTION, initializeAnswer);
  if (agent.protocolVersion !== PROTOCOL_VERSION) {
    const reason = `it speaks version ${agent.protocolVersion} of the Agent Client Protocol, the hub version ${PROTOCOL_VERSION}`;
    throw new HubError("agent_unstartable", { command: setup.command.join(" "), reason });
  }
  return {
    epoch,
    pid: process.pid,
    agent,
    request,
    prompt: connection.prompt,
    notifyCancel: connection.notifyCancel,
    ping: (withinMs) => ping(connection, agent, withinMs),
    lastHeardAt: connection.lastHeardAt,
    rubbishLines: connection.rubbishLines,
    ended,
    async end() {
      await process.end();
      await within(setup.clock, STRIKE_OFF_MS, ended);
    },
  };
}

const INTRODUCTION = {
  protocolVersion: PROTOCOL_VERSION,
  clientInfo: { name: "mos-hub", title: "mos-hub", version: "1" },
  clientCapabilities: {
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    elicitation: { form: {}, url: {} },
    session: { notices: {} },
    subagents: {},
  },
};

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
function endOf(setup: LifeSetup, process: AgentProcess, connection: AcpConnection): Promise<HubError> {
  void connection.closed.then(process.end);
  return process.ended.then(async (how) => {
    connection.close();
    await setup.forget(process.pid).catch((error: unknown) => setup.log.warn({ error }, "an ended agent could not be struck off"));
    const words = process.lastWords();
    return new HubError("agent_crashed", { alias: setup.alias, reason: words === "" ? how : `${how}; it said: ${words}` });
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
