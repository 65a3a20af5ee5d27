/**
 * The tmux driver: one agent in one pane, many conversations typed into it, told apart by their preambles. It starts and ends no agent;
 * that is the fleet's business. It owns the driver contract and the order of writing; watch.ts hears the agent.
 * Invariant: one writer at a time, and a turn the agent may have ends with exactly one `turn_end`.
 */
import { hostname } from "node:os";
import type { CheckResult, Unsubscribe } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type {
  DeliverOutcome,
  DriverContext,
  DriverHealth,
  OpenedSession,
  OrchestratorDriver,
  SessionEvent,
  SessionRequest,
  Turn,
} from "../../contract/orchestrator.ts";
import { createSerial } from "../../serial.ts";
import type { DriverMachine } from "../machine.ts";
import { checkFleet } from "./check.ts";
import type { TmuxConfig } from "./config.ts";
import { createEvents, type Events } from "./events.ts";
import { askHealth } from "./health.ts";
import { createPane, isSameScreen, type Pane, type View } from "./pane.ts";
import { type Peer, plainName } from "./preamble.ts";
import { openSeat } from "./reply-box.ts";
import { openServer } from "./server-of.ts";
import { newSession, newTurn, openOn, type RunningTurn, type Session } from "./sessions.ts";
import { createWatch, type Watch } from "./watch.ts";
import { hubCommand, typedMessage } from "./words.ts";
import { isStillTyped, pause, type Written, writeInto } from "./write.ts";

export function createTmuxDriver(config: TmuxConfig, context: DriverContext, machine: DriverMachine): OrchestratorDriver {
  return new TmuxDriver(config, context, machine);
}

class TmuxDriver implements OrchestratorDriver {
  readonly driver = "tmux";
  readonly #config: TmuxConfig;
  readonly #context: DriverContext;
  readonly #machine: DriverMachine;
  readonly #events: Events;
  readonly #pane: Pane;
  readonly #watch: Watch;
  readonly #lane = createSerial();
  readonly #sessions = new Map<SessionKey, Session>();
  readonly #agent: Peer;
  readonly #hubHost: string;
  /** What may still stand at the prompt. */
  #unconfirmed: string | undefined;
  #isClosed = false;

  constructor(config: TmuxConfig, context: DriverContext, machine: DriverMachine) {
    this.#config = config;
    this.#context = context;
    this.#machine = machine;
    this.#hubHost = plainName(config.hub_host ?? hostname());
    this.#agent = { host: config.host ?? this.#hubHost, session: config.session };
    this.#events = createEvents(context.log);
    this.#pane = createPane(openServer(config, machine), config.session);
    this.#watch = createWatch({
      config,
      context,
      clock: machine.clock,
      pane: this.#pane,
      sessions: this.#sessions,
      events: this.#events,
      agent: this.#agent,
      hubHost: this.#hubHost,
    });
  }

  async open(request: SessionRequest): Promise<OpenedSession> {
    if (this.#isClosed) throw new HubError("hub_stopping", {});
    const { life } = await this.#there();
    const session = this.#sessions.get(request.session) ?? (await this.#begin(request));
    return openOn(session, life);
  }

  async deliver(turn: Turn): Promise<DeliverOutcome> {
    const { alias } = this.#context;
    const session = this.#sessions.get(turn.session);
    if (!session) return unavailable(new HubError("agent_session_lost", { alias }));
    if (session.turn) return unavailable(new HubError("agent_busy", { alias }));
    const running = newTurn(turn.turnId);
    session.turn = running;
    const outcome = await this.#lane.run("pane", () => this.#give(session, turn, running));
    const isKept = outcome.outcome === "accepted" || outcome.outcome === "queued" || outcome.outcome === "pasted";
    if (!isKept && session.turn === running) session.turn = undefined;
    return outcome;
  }

  async steer(turn: Turn): Promise<DeliverOutcome> {
    const session = this.#sessions.get(turn.session);
    if (!session?.turn) return unavailable(new HubError("agent_session_lost", { alias: this.#context.alias }));
    const { id } = session.turn;
    return this.#lane.run("pane", () => this.#give(session, turn, newTurn(id)));
  }

  async cancel(key: SessionKey): Promise<void> {
    const session = this.#sessions.get(key);
    const running = session?.turn;
    if (!session || !running) return;
    running.isCancelled = true;
    // What waits for the pane is not written at all; its own place in the lane says so.
    if (!running.isWritten) return;
    await this.#lane.run("pane", () => this.#pane.press(...this.#config.cancel_keys));
    this.#watch.end(session, running, "stopped");
  }

  /** Approvals and questions of such an agent come through the hub's MCP tools and are answered there. */
  answer(): Promise<boolean> {
    return Promise.resolve(false);
  }

  health(): Promise<DriverHealth> {
    return askHealth({ ...this.#parts(), lastReplyAt: this.#watch.lastReplyAt() });
  }

  check(): Promise<readonly CheckResult[]> {
    return checkFleet(this.#parts());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#events.close();
    this.#watch.close();
  }

  onEvent(handler: (event: SessionEvent) => Promise<void>): Unsubscribe {
    this.#watch.begin();
    return this.#events.onEvent(handler);
  }

  /** Once in a life of the hub: the agent may hold on to the access it was given. */
  async #begin({ session: key, agentSessionId }: SessionRequest): Promise<Session> {
    const session = newSession(key, agentSessionId);
    this.#sessions.set(key, session);
    await this.#context.state.set(`session/${session.name}`, key);
    await openSeat(this.#context.dataDir, session.name, this.#context.mcp(key));
    return session;
  }

  #parts() {
    const { alias } = this.#context;
    return { alias, config: this.#config, pane: this.#pane, clock: this.#machine.clock, baseEnv: this.#machine.baseEnv };
  }

  /** The agent's pane, waited for as long as a start may last: a program that draws its first screen does not read yet. */
  async #there(): Promise<View> {
    const { clock } = this.#machine;
    const end = clock.now() + this.#config.start_timeout_ms;
    let last: View | undefined;
    for (;;) {
      const looked = await this.#pane.look();
      const view = looked.ok && !looked.view.isDead ? looked.view : undefined;
      if (view && (view.life === this.#watch.life() || isReady(view, last) || (clock.now() >= end && last))) {
        this.#watch.sees(view.life);
        return view;
      }
      if (clock.now() >= end || this.#isClosed) {
        const reason = looked.ok ? "its program has ended" : looked.detail;
        throw new HubError("agent_not_there", { alias: this.#context.alias, reason });
      }
      last = view;
      await pause(clock, this.#config.poll_ms);
    }
  }

  async #give(session: Session, turn: Turn, running: RunningTurn): Promise<DeliverOutcome> {
    if (running.isCancelled) return this.#notGiven(session, running);
    let view: View;
    try {
      view = await this.#there();
    } catch (error) {
      return error instanceof HubError ? unavailable(error) : { outcome: "unknown", reason: "its terminal could not be looked at" };
    }
    if (running.isCancelled) return this.#notGiven(session, running);
    this.#watch.reopen(session, view.life);
    if (this.#unconfirmed !== undefined && isStillTyped(this.#unconfirmed, view)) {
      return unavailable(new HubError("agent_busy", { alias: this.#context.alias }));
    }
    const text = typedMessage({
      from: { host: this.#hubHost, session: session.name },
      to: this.#agent,
      text: turn.text,
      attachments: turn.attachments,
      isRemote: this.#config.ssh !== undefined,
      isFirst: !session.isIntroduced,
      command: hubCommand(this.#context.dataDir, this.#machine.baseEnv),
    });
    running.isWritten = true;
    running.waitsSince = this.#machine.clock.now();
    return this.#outcomeOf(session, running, { text, written: await this.#write(text) });
  }

  #write(text: string): Promise<Written> {
    const { poll_ms: pollMs, confirm_within_ms: confirmWithinMs } = this.#config;
    return writeInto({ pane: this.#pane, clock: this.#machine.clock, pollMs, confirmWithinMs }, text);
  }

  #outcomeOf(session: Session, running: RunningTurn, { text, written }: { text: string; written: Written }): DeliverOutcome {
    const { alias } = this.#context;
    this.#unconfirmed = undefined;
    switch (written.how) {
      case "not_written":
        running.isWritten = false;
        return unavailable(new HubError("agent_not_there", { alias, reason: written.detail }));
      case "unknown":
        return { outcome: "unknown", reason: `${alias} may have part of it: ${written.detail}` };
      case "pasted": {
        this.#unconfirmed = text;
        const said = `The message was typed into ${alias}'s terminal, but nothing shows that it was taken. Look at it with: mos-hub watch ${this.#config.session}`;
        void this.#events.emit({ session: session.key, turnId: running.id, event: { type: "notice", level: "warning", text: said } });
        break;
      }
      case "accepted":
      case "queued":
        break;
      default:
        return written satisfies never;
    }
    session.isIntroduced = true;
    running.isKept = true;
    // Behind another conversation's message it waits in the agent.
    const isBehind = [...this.#sessions.values()].some(({ turn }) => turn && turn !== running && turn.isWritten);
    return { outcome: written.how === "accepted" && isBehind ? "queued" : written.how };
  }

  #notGiven(session: Session, running: RunningTurn): DeliverOutcome {
    this.#watch.end(session, running, "stopped");
    return { outcome: "queued" };
  }
}

/** It shows something and has come to rest. */
function isReady(view: View, last: View | undefined): boolean {
  return view.rows.length > 0 && last !== undefined && isSameScreen(view, last);
}

function unavailable(error: HubError): DeliverOutcome {
  return { outcome: "unavailable", reason: error.message, code: error.code };
}
