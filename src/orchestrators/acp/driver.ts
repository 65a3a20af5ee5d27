/**
 * The ACP driver: one agent process, many sessions on it, started again after a crash with its sessions reopened.
 * It owns the driver contract and the order of things in a restart; process, connection and translation are files of their own.
 * Invariant: while a session has a turn the hub was told of, either the agent lives or the hub is told that it does not.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { within } from "../../clock.ts";
import type { CheckResult, Unsubscribe } from "../../contract/connector.ts";
import { HubError, sentenceOf } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type {
  Answer,
  DeliverOutcome,
  DriverContext,
  DriverHealth,
  OpenedSession,
  OrchestratorDriver,
  OrchestratorEvent,
  SessionEvent,
  SessionRequest,
  Turn,
} from "../../contract/orchestrator.ts";
import type { DriverMachine } from "../machine.ts";
import { type Asks, createAsks } from "./asks.ts";
import { checkAgent } from "./check.ts";
import type { AcpConfig } from "./config.ts";
import { agentEnvironment } from "./environment.ts";
import { createEventQueues, type EventQueues, type Later } from "./event-queues.ts";
import { giveFiles } from "./given-files.ts";
import { endLeftover, forgetProcess, recordProcess } from "./leftovers.ts";
import { type Life, type LifeSetup, startLife } from "./life.ts";
import { createListener } from "./listener.ts";
import { createLives, type Lives } from "./lives.ts";
import { mcpServersFor } from "./mcp-servers.ts";
import { createTakeOffer, type Offer } from "./offered-files.ts";
import { openConversation } from "./opening.ts";
import { userIdsBelow } from "./process-facts.ts";
import { createSessionTable, type Session, type SessionTable } from "./session-table.ts";
import { createTurns, type Turns, unavailable } from "./turns.ts";

export function createAcpDriver(config: AcpConfig, context: DriverContext, machine: DriverMachine, driver = "acp"): OrchestratorDriver {
  return new AcpDriver(driver, { config, context, machine });
}

interface Parts {
  readonly config: AcpConfig;
  readonly context: DriverContext;
  readonly machine: DriverMachine;
}

class AcpDriver implements OrchestratorDriver {
  readonly driver: string;
  readonly healthWithinMs: number;
  readonly #parts: Parts;
  readonly #queues: EventQueues;
  readonly #asks: Asks;
  readonly #sessions: SessionTable = createSessionTable();
  readonly #lives: Lives;
  readonly #turns: Turns;
  readonly #takeOffer: (offer: Offer) => Promise<OrchestratorEvent | undefined>;
  #hasCleared = false;
  #isClosed = false;

  constructor(driver: string, parts: Parts) {
    const { config, context, machine } = parts;
    this.driver = driver;
    this.healthWithinMs = config.health_within_ms;
    this.#parts = parts;
    this.#queues = createEventQueues(context.log);
    this.#asks = createAsks((session, handle) => this.#emit(session, { type: "ask_withdrawn", handle, because: "cancelled" }));
    this.#lives = createLives({
      clock: machine.clock,
      start: (signal) => this.#start(signal),
      onStart: (_life, isRestart) => void (isRestart && this.#reopenAll()),
      onEnd: (life, reason) => this.#onEnd(life, reason),
    });
    const workspace = async (): Promise<string> => (await this.#lifeSetup()).cwd;
    this.#takeOffer = createTakeOffer({ ...context, workspace });
    this.#turns = createTurns({
      alias: context.alias,
      clock: machine.clock,
      writeTimeoutMs: config.start_timeout_ms,
      healthWithinMs: config.health_within_ms,
      ready: (session) => this.#ready(session),
      giveFiles: async (turn, { agent }) => giveFiles(turn, { ...context, agent, workspace: await workspace() }),
      emit: (session, event) => this.#emit(session.key, event),
    });
  }

  async open(request: SessionRequest): Promise<OpenedSession> {
    const session = this.#sessions.ensure(request.session, request.agentSessionId);
    return this.#openOn(await this.#life(), session, false);
  }

  async deliver(turn: Turn): Promise<DeliverOutcome> {
    const session = this.#sessions.get(turn.session);
    if (!session) return unavailable(new HubError("agent_session_lost", { alias: this.#parts.context.alias }));
    return this.#turns.deliver(session, turn);
  }

  async cancel(key: SessionKey): Promise<void> {
    const session = this.#sessions.get(key);
    if (!session) return;
    this.#turns.cancel(session, this.#lives.now());
    this.#withdraw(session, "cancelled");
  }

  answer(answer: Answer): Promise<boolean> {
    return this.#asks.answer(answer);
  }

  async health(): Promise<DriverHealth> {
    const { config, context, machine } = this.#parts;
    const silent = sentenceOf("agent_silent", { alias: context.alias, seconds: config.health_within_ms / 1000 });
    try {
      const life = this.#lives.now() ?? (await within(machine.clock, config.health_within_ms, this.#lives.current()));
      if (!life) return { answered: false, detail: this.#lives.lastError()?.message ?? silent };
      const isRecent = machine.clock.now() - (life.lastHeardAt() ?? 0) <= config.health_within_ms;
      const answered = isRecent || (await life.ping(config.health_within_ms));
      return { answered, lastAnswerAt: life.lastHeardAt(), detail: answered ? undefined : silent, facts: await this.#facts(life) };
    } catch (error) {
      return { answered: false, detail: error instanceof HubError ? error.message : silent };
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queues.close();
    this.#asks.withdraw({});
    await this.#lives.close();
  }

  onEvent(handler: (event: SessionEvent) => Promise<void>): Unsubscribe {
    return this.#queues.onEvent(handler);
  }

  async check(): Promise<readonly CheckResult[]> {
    return checkAgent({ ...(await this.#lifeSetup()), record: async () => {}, forget: async () => {} });
  }

  // Lives

  async #lifeSetup(): Promise<LifeSetup> {
    const { config, context, machine } = this.#parts;
    const workspace = join(context.dataDir, "agents", "workspace");
    if (config.cwd === undefined) await mkdir(workspace, { recursive: true, mode: 0o700 });
    return {
      alias: context.alias,
      command: config.command,
      cwd: config.cwd === undefined ? workspace : resolve(config.cwd),
      env: agentEnvironment(machine, config),
      startTimeoutMs: config.start_timeout_ms,
      clock: machine.clock,
      log: context.log,
      record: (pid) => recordProcess(context.state, pid),
      forget: (pid) => forgetProcess(context.state, pid),
    };
  }

  async #start(signal: AbortSignal): Promise<Life> {
    const { context, machine } = this.#parts;
    if (!this.#hasCleared && (await endLeftover(context.state, machine.clock, context.log))) {
      context.log.warn({}, "an agent left over from a former run was ended");
    }
    this.#hasCleared = true;
    const listenerOf = createListener({
      sessions: this.#sessions,
      asks: this.#asks,
      queues: this.#queues,
      emit: (session, event) => this.#emit(session.key, event),
      offer: (session, offer) => this.#emit(session.key, () => this.#takeOffer(offer)),
    });
    return startLife(await this.#lifeSetup(), listenerOf, signal);
  }

  /** Every session hears of what concerns it before any reopening can begin. */
  #onEnd(life: Life, reason: HubError): boolean {
    const open = this.#sessions.all().filter((session) => session.epoch === life.epoch);
    for (const session of open) {
      const hadTurn = session.turn?.isWritten === true;
      if (hadTurn) {
        session.isToldOfCrash = true;
        this.#emit(session.key, { type: "lifecycle", phase: "crashed", detail: reason.message });
      }
      this.#withdraw(session, "agent_died");
      this.#turns.lose(session, reason.message);
    }
    this.#sessions.unbindAll();
    if (!this.#isClosed) this.#parts.context.log.warn({ reason: reason.message }, "the agent stopped");
    return !this.#isClosed && open.length > 0;
  }

  /** The life there is or the one being started, for as long as a start may last. */
  async #life(): Promise<Life> {
    const { config, context, machine } = this.#parts;
    const life = await within(machine.clock, config.start_timeout_ms, this.#lives.current());
    if (life) return life;
    throw this.#lives.lastError() ?? new HubError("agent_silent", { alias: context.alias, seconds: config.start_timeout_ms / 1000 });
  }

  async #facts(life: Life): Promise<Record<string, string | number | boolean>> {
    const ids = await userIdsBelow(life.pid);
    const uid = ids[0];
    return {
      pid: life.pid,
      ...(uid === undefined ? {} : { uid }),
      rubbishLines: life.rubbishLines(),
      sessions: this.#sessions.all().filter((session) => session.epoch === life.epoch).length,
    };
  }

  // Sessions

  #emit(session: SessionKey, event: OrchestratorEvent | Later): void {
    this.#queues.push({ session, turnId: this.#sessions.get(session)?.turn?.id, event });
  }

  #withdraw(session: Session, because: "agent_died" | "cancelled"): void {
    for (const handle of this.#asks.withdraw({ session: session.key })) this.#emit(session.key, { type: "ask_withdrawn", handle, because });
  }

  async #ready(session: Session): Promise<Life> {
    const life = await this.#life();
    await this.#openOn(life, session, true);
    return life;
  }

  async #reopenAll(): Promise<void> {
    for (const session of this.#sessions.all()) {
      if (session.agentSessionId === undefined || this.#isClosed) continue;
      await this.#ready(session).catch((error: unknown) => {
        this.#parts.context.log.warn({ session: session.key, error }, "a session could not be reopened yet");
      });
    }
  }

  /** `isOwnIdea`: the hub has not asked for it, so it hears of the result as events. */
  #openOn(life: Life, session: Session, isOwnIdea: boolean): Promise<OpenedSession> {
    if (session.epoch === life.epoch) return Promise.resolve({ agentSessionId: session.agentSessionId, how: "resumed" });
    session.opening ??= this.#openAnew(life, session, isOwnIdea).finally(() => {
      session.opening = undefined;
    });
    return session.opening;
  }

  async #openAnew(life: Life, session: Session, isOwnIdea: boolean): Promise<OpenedSession> {
    const { alias, mcp } = this.#parts.context;
    const { cwd } = await this.#lifeSetup();
    const mcpServers = mcpServersFor(life.agent, mcp(session.key));
    const opened = await openConversation(life, { alias, agentSessionId: session.agentSessionId, cwd, mcpServers });
    if (this.#lives.now() !== life) throw await life.ended;
    this.#sessions.bind(session, opened.agentSessionId, life.epoch);
    session.translation.learn(opened.configOptions);
    if (isOwnIdea) this.#tellReopened(session, opened);
    session.isToldOfCrash = false;
    return { agentSessionId: opened.agentSessionId, how: opened.how };
  }

  #tellReopened(session: Session, { how, agentSessionId }: OpenedSession): void {
    const { alias } = this.#parts.context;
    if (session.isToldOfCrash) this.#emit(session.key, { type: "lifecycle", phase: "restarted", detail: `${alias} is running again.` });
    if (how === "lost_and_new") {
      this.#emit(session.key, {
        type: "lifecycle",
        phase: "session_lost",
        detail: sentenceOf("agent_session_lost", { alias }),
        agentSessionId,
      });
    } else if (how === "new") {
      this.#emit(session.key, { type: "lifecycle", phase: "session_new", agentSessionId });
    } else if (session.isToldOfCrash) {
      this.#emit(session.key, { type: "lifecycle", phase: "session_resumed", agentSessionId });
    }
  }
}
