/**
 * The ACP driver: one agent process, many sessions on it, started again after a crash with its sessions reopened.
 * It owns the driver contract and the order of things in a restart; process, connection and translation are files of their own.
 * Invariant: while a session has a turn the hub was told of, either the agent lives or the hub is told that it does not.
 */
import { within } from "../../clock.ts";
import type { CheckResult, Unsubscribe } from "../../contract/connector.ts";
import { HubError, sentenceOf } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type {
  AgentOption,
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
import { type Conversations, createConversations } from "./conversations.ts";
import { createEventQueues, type EventQueues, type Later } from "./event-queues.ts";
import { giveFiles } from "./given-files.ts";
import { createHost } from "./host.ts";
import { type CommandRecord, createCommandRecord, endLeftovers } from "./leftovers.ts";
import { type Life, startLife } from "./life.ts";
import { createListener } from "./listener.ts";
import { createLives, type Lives } from "./lives.ts";
import { createTakeOffer, type Offer } from "./offered-files.ts";
import { userIdsBelow } from "./process-facts.ts";
import { type Reach, reachOf } from "./reach.ts";
import { createSessionTable, type Session, type SessionTable } from "./session-table.ts";
import { createTurns, type Turns, unavailable } from "./turns.ts";

/** How often a connection over a network is tried. A proxy in between commonly gives up after a minute of silence. */
const PING_EVERY_MS = 30_000;

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
  readonly #conversations: Conversations;
  readonly #turns: Turns;
  readonly #commands: CommandRecord;
  readonly #takeOffer: (offer: Offer) => Promise<OrchestratorEvent | undefined>;
  /** Open when the life before ended. */
  readonly #interrupted: Session[] = [];
  #hasCleared = false;
  #isClosed = false;

  constructor(driver: string, parts: Parts) {
    const { config, context, machine } = parts;
    this.driver = driver;
    this.healthWithinMs = config.health_within_ms;
    this.#parts = parts;
    this.#queues = createEventQueues(context.log);
    this.#asks = createAsks((session, handle) => this.#emit(session, { type: "ask_withdrawn", handle, because: "cancelled" }));
    this.#commands = createCommandRecord(context.state);
    this.#lives = createLives({
      clock: machine.clock,
      start: (signal) => this.#start(signal),
      onStart: (life, isRestart) => this.#onStart(life, isRestart),
      onEnd: (life, reason) => this.#onEnd(life, reason),
      onRest: () => this.#sessions.unbindAll(),
    });
    this.#takeOffer = createTakeOffer({ ...context, workspace: async () => (await this.#reach()).workspace });
    const emit = (session: Session, event: OrchestratorEvent): void => this.#emit(session.key, event);
    this.#conversations = createConversations({
      context: { ...context, mcp: config.mcp ? context.mcp : () => undefined },
      clock: machine.clock,
      sessions: this.#sessions,
      lives: this.#lives,
      cwd: async () => (await this.#reach()).cwd,
      mostOpen: config.open_sessions,
      idleAfterMs: config.idle_after_ms,
      isAsking: ({ key }) => this.#asks.waiting(key) > 0,
      emit,
    });
    this.#turns = createTurns({
      alias: context.alias,
      clock: machine.clock,
      writeTimeoutMs: config.start_timeout_ms,
      healthWithinMs: config.health_within_ms,
      ready: (session) => this.#ready(session),
      giveFiles: async (turn, { agent }) => giveFiles(turn, { ...context, agent, workspace: (await this.#reach()).workspace }),
      emit,
    });
  }

  async open(request: SessionRequest): Promise<OpenedSession> {
    const session = this.#sessions.ensure(request.session, request.agentSessionId);
    session.wishes = request.wishes ?? {};
    return this.#conversations.openOn(await this.#life(), session, false);
  }

  options(key: SessionKey): readonly AgentOption[] | undefined {
    return this.#sessions.get(key)?.options.list();
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
    if (this.#lives.isResting()) return { answered: true, detail: `${context.alias} rests until it is needed`, facts: { resting: true } };
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
    const { setup } = await this.#reach();
    return checkAgent({ ...setup, record: async () => {}, forget: async () => {} }, this.#parts.config.command ?? []);
  }

  // Lives

  #reach(): Promise<Reach> {
    const { config, context, machine } = this.#parts;
    return reachOf(config, context, machine);
  }

  async #start(signal: AbortSignal): Promise<Life> {
    const { context, machine } = this.#parts;
    if (!this.#hasCleared) await endLeftovers(context.state, machine.clock, context.log);
    this.#hasCleared = true;
    const reach = await this.#reach();
    const host = createHost(reach, this.#commands);
    const listenerOf = createListener({
      sessions: this.#sessions,
      asks: this.#asks,
      queues: this.#queues,
      emit: (session, event) => this.#emit(session.key, event),
      offer: (session, offer) => this.#emit(session.key, () => this.#takeOffer(offer)),
      answerChars: this.#parts.config.answer_chars,
      onTooLong: (session) => void this.cancel(session.key),
      host: host.requests,
    });
    try {
      const life = await startLife(reach.setup, listenerOf, signal);
      void life.ended.then(host.end);
      return life;
    } catch (error) {
      host.end();
      throw error;
    }
  }

  #onStart(life: Life, isRestart: boolean): void {
    if (life.pid === undefined) this.#listenTo(life);
    if (isRestart) void this.#reopen(this.#interrupted.splice(0));
  }

  /** A network may end without a word: a connection that no longer answers is begun anew. */
  #listenTo(life: Life): void {
    const { config, machine } = this.#parts;
    machine.clock.setTimer(PING_EVERY_MS, () => {
      if (this.#lives.now() !== life) return;
      void life.ping(config.health_within_ms).then((answered) => (answered ? this.#listenTo(life) : life.end()));
    });
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
    this.#interrupted.push(...open);
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
    const uid = life.pid === undefined ? undefined : (await userIdsBelow(life.pid))[0];
    return {
      ...(life.pid === undefined ? {} : { pid: life.pid }),
      ...(uid === undefined ? {} : { uid }),
      rubbishLines: life.rubbishLines(),
      sessions: this.#sessions.all().filter((session) => session.epoch === life.epoch).length,
    };
  }

  // Sessions

  #emit(key: SessionKey, event: OrchestratorEvent | Later): void {
    const session = this.#sessions.get(key);
    if (session) session.usedAt = this.#parts.machine.clock.now();
    this.#queues.push({ session: key, turnId: session?.turn?.id, event });
  }

  #withdraw(session: Session, because: "agent_died" | "cancelled"): void {
    for (const handle of this.#asks.withdraw({ session: session.key })) this.#emit(session.key, { type: "ask_withdrawn", handle, because });
  }

  async #ready(session: Session): Promise<Life> {
    const life = await this.#life();
    await this.#conversations.openOn(life, session, true);
    return life;
  }

  async #reopen(interrupted: readonly Session[]): Promise<void> {
    for (const session of interrupted) {
      if (session.agentSessionId === undefined || this.#isClosed) continue;
      await this.#ready(session).catch((error: unknown) => {
        this.#parts.context.log.warn({ session: session.key, error }, "a session could not be reopened yet");
      });
    }
  }
}
