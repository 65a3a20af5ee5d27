/**
 * Hearing the agent: replies left for the hub, replies printed in the pane, and whether it is still the same life of the agent.
 * The pane is looked at with `capture-pane`, not `pipe-pane`: what an interface draws is a screen, and only tmux knows what that looks like.
 * Invariant: a reply leaves its box only after the hub has it; a turn is lost only when tmux itself says that the agent is gone.
 */
import type { Clock } from "../../clock.ts";
import { sentenceOf } from "../../contract/errors.ts";
import type { SessionKey } from "../../contract/ids.ts";
import type { DriverContext, OrchestratorEvent, TurnOutcome } from "../../contract/orchestrator.ts";
import type { TmuxConfig } from "./config.ts";
import type { Events } from "./events.ts";
import type { Looked, Pane } from "./pane.ts";
import { type Peer, preamble } from "./preamble.ts";
import { printedReply } from "./printed-replies.ts";
import { type LeftReply, listReplies, takeAway } from "./reply-box.ts";
import { openOn, type RunningTurn, type Session } from "./sessions.ts";

export interface WatchSetup {
  readonly config: TmuxConfig;
  readonly context: DriverContext;
  readonly clock: Clock;
  readonly pane: Pane;
  readonly sessions: ReadonlyMap<SessionKey, Session>;
  readonly events: Events;
  readonly agent: Peer;
  readonly hubHost: string;
}

export interface Watch {
  /** Looks from now on. May be called again. */
  begin(): void;
  close(): void;
  /** The life of the agent that was last seen. */
  life(): string | undefined;
  sees(life: string): void;
  /** Makes the session one of this life; its people hear of a life that is over. */
  reopen(session: Session, life: string): void;
  /** Nothing happens when the turn has ended already. */
  end(session: Session, running: RunningTurn, outcome: TurnOutcome, reason?: string): void;
  lastReplyAt(): number | undefined;
}

export function createWatch({ config, context, clock, pane, sessions, events, agent, hubHost }: WatchSetup): Watch {
  const { alias, dataDir, log, state } = context;
  const underWay = new Set<string>();
  let life: string | undefined;
  let lastReplyAt: number | undefined;
  let cancel: (() => void) | undefined;
  let isClosed = false;

  function emit(session: Session, event: OrchestratorEvent, turnId = session.turn?.id): Promise<boolean> {
    return events.emit({ session: session.key, turnId, event });
  }

  function end(session: Session, running: RunningTurn, outcome: TurnOutcome, reason?: string): void {
    if (session.turn !== running) return;
    session.turn = undefined;
    void emit(session, { type: "turn_end", turnId: running.id, outcome, reason }, running.id);
  }

  // Replies left for the hub

  async function takeReplies(): Promise<void> {
    for (const left of await listReplies(dataDir)) {
      if (underWay.has(left.file)) continue;
      underWay.add(left.file);
      void takeReply(left)
        .catch((error: unknown) => log.error({ error }, "a reply could not be taken"))
        .finally(() => underWay.delete(left.file));
    }
  }

  async function takeReply({ file, session: name, text, more }: LeftReply): Promise<void> {
    const session = [...sessions.values()].find((one) => one.name === name);
    const key = session?.key ?? (await state.get<SessionKey>(`session/${name}`));
    // Another orchestrator's, who lives in a terminal, too: its own driver takes it.
    if (key === undefined) return;
    lastReplyAt = clock.now();
    const running = session?.turn?.isWritten ? session.turn : undefined;
    const isTaken = await events.emit({ session: key, turnId: running?.id, event: { type: "text", text } });
    if (!isTaken) return;
    await takeAway(file);
    if (session && running && !more) end(session, running, "done");
  }

  // What the pane shows

  async function lookAtPane(): Promise<void> {
    const waiting = [...sessions.values()].filter(({ turn, isToldOfCrash }) => turn?.isWritten || isToldOfCrash);
    if (waiting.length === 0) return;
    const looked = await pane.look({ withHistory: true });
    const now = lifeNow(looked);
    if (now === undefined) return;
    for (const session of waiting) {
      const running = session.turn;
      if (now.life !== session.life) lose(session, now.why);
      if (now.life !== undefined) reopen(session, now.life);
      if (looked.ok && running?.isWritten && session.turn === running) hear(session, running, looked.view.history);
    }
    life = now.life;
  }

  function hear(session: Session, running: RunningTurn, history: string): void {
    const hub = { host: hubHost, session: session.name };
    const reply = printedReply(history, { asked: preamble(hub, agent), answered: preamble(agent, hub) });
    if (!reply || reply.text === "") return giveUpOn(session, running);
    if (running.printed?.text !== reply.text) running.printed = { text: reply.text, since: clock.now() };
    if (!reply.isMarked && clock.now() - running.printed.since < config.settle_ms) return;
    lastReplyAt = clock.now();
    void emit(session, { type: "text", text: reply.text }, running.id);
    end(session, running, "done");
  }

  function giveUpOn(session: Session, running: RunningTurn): void {
    if (clock.now() - running.waitsSince < config.answer_within_ms) return;
    const minutes = Math.round(config.answer_within_ms / 60_000);
    end(session, running, "failed", `${alias} has not replied within ${minutes} minutes; a later reply still comes here`);
  }

  function lose(session: Session, why: string): void {
    const running = session.turn;
    if (!running?.isKept) return;
    session.isToldOfCrash = true;
    void emit(session, { type: "lifecycle", phase: "crashed", detail: sentenceOf("agent_crashed", { alias, reason: why }) });
    // What a person has stopped must not come back by itself.
    end(session, running, running.isCancelled ? "stopped" : "lost", why);
  }

  function reopen(session: Session, newLife: string): void {
    if (session.life === newLife) return;
    const { agentSessionId, how } = openOn(session, newLife);
    if (session.isToldOfCrash) void emit(session, { type: "lifecycle", phase: "restarted", detail: `${alias} is running again.` });
    session.isToldOfCrash = false;
    if (how !== "lost_and_new") return;
    const detail = sentenceOf("agent_session_lost", { alias });
    void emit(session, { type: "lifecycle", phase: "session_lost", detail, agentSessionId });
  }

  async function look(): Promise<void> {
    await takeReplies();
    await lookAtPane();
  }

  function again(): void {
    if (isClosed) return;
    cancel = clock.setTimer(config.watch_ms, () => {
      void look()
        .catch((error: unknown) => log.error({ error }, "the agent's terminal could not be watched"))
        .finally(again);
    });
  }

  return {
    begin: () => void (cancel === undefined && again()),
    close() {
      isClosed = true;
      cancel?.();
    },
    life: () => life,
    sees: (seen) => void (life = seen),
    reopen,
    end,
    lastReplyAt: () => lastReplyAt,
  };
}

/** Undefined: nobody can say. Without a `life` it is gone. */
function lifeNow(looked: Looked): { readonly life?: string; readonly why: string } | undefined {
  if (looked.ok && !looked.view.isDead) return { life: looked.view.life, why: "its program was started again" };
  if (looked.ok) return { why: looked.view.exitCode === undefined ? "its program has ended" : `exit code ${looked.view.exitCode}` };
  return looked.why === "gone" ? { why: "its session is gone" } : undefined;
}
