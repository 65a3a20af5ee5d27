/**
 * Turns on their way through the agent: given, ended, stopped or lost.
 * Invariant: a turn that was `accepted` ends with exactly one `turn_end`; one the agent certainly has not got ends with none.
 */
import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { z } from "zod";
import { type Clock, within } from "../../clock.ts";
import { asHubError, HubError, sentenceOf } from "../../contract/errors.ts";
import type { DeliverOutcome, OrchestratorEvent, Turn, TurnOutcome } from "../../contract/orchestrator.ts";
import { type Life, SESSION_NOT_FOUND } from "./life.ts";
import { refusalOf } from "./opening.ts";
import { promptOf } from "./prompt.ts";
import type { RunningTurn, Session } from "./session-table.ts";
import { usageEvent } from "./updates.ts";
import type { PromptAnswer } from "./wire.ts";

/** An agent that has not ended a cancelled turn by then is no longer waited for. ACP says it must; it names no time. */
const CANCEL_WITHIN_MS = 10_000;
const CANCEL_AGAIN_MS = 1_000;

export interface TurnsSetup {
  readonly alias: string;
  readonly clock: Clock;
  /** How long the agent may take to read a prompt. */
  readonly writeTimeoutMs: number;
  readonly healthWithinMs: number;
  /** The living agent with this session open on it. Rejects with a HubError. */
  readonly ready: (session: Session) => Promise<Life>;
  /** The attachments of a turn as blocks of a prompt. Rejects with a HubError. */
  readonly giveFiles: (turn: Turn, life: Life) => Promise<object[]>;
  /** Puts an event into the session's queue, under the turn that runs now. */
  readonly emit: (session: Session, event: OrchestratorEvent) => void;
}

export interface Turns {
  deliver(session: Session, turn: Turn): Promise<DeliverOutcome>;
  /** Asks the agent to stop; ends the turn itself if the agent does not. A turn that still waits for the agent is not given at all. */
  cancel(session: Session, life: Life | undefined): void;
  /** The life under a session is over. */
  lose(session: Session, reason: string): void;
}

export function createTurns(setup: TurnsSetup): Turns {
  const { alias, clock, emit } = setup;

  function end(session: Session, running: RunningTurn, outcome: TurnOutcome, reason?: string): void {
    if (session.turn !== running) return;
    emit(session, { type: "turn_end", turnId: running.id, outcome, reason });
    session.turn = undefined;
    session.translation.newTurn();
  }

  function endAnswered(session: Session, running: RunningTurn, answer: PromptAnswer): void {
    if (session.turn !== running) return;
    if (answer.usage) emit(session, usageEvent(answer.usage, alias, session.translation.model()));
    const { outcome, reason } = outcomeOf(answer.stopReason);
    end(session, running, outcome, reason);
  }

  /** A refusal is the agent's last word; when it is gone instead, `lose` says so. */
  function endRefused(session: Session, running: RunningTurn, error: unknown, life: Life): void {
    if (error instanceof z.ZodError) {
      end(session, running, "failed", "its answer could not be understood");
    } else if (error instanceof RequestError && error.code === SESSION_NOT_FOUND) {
      session.epoch = undefined;
      end(session, running, "lost", sentenceOf("agent_session_lost", { alias }));
    } else if (error instanceof RequestError) {
      const refusal = asHubError(refusalOf(error, alias, life.agent));
      end(session, running, refusal.code === "agent_auth_required" ? "rejected" : "failed", refusal.message);
    }
  }

  async function give(session: Session, turn: Turn, running: RunningTurn): Promise<DeliverOutcome> {
    const life = await setup.ready(session);
    const files = turn.attachments.length === 0 ? [] : await setup.giveFiles(turn, life);
    if (running.isCancelled) {
      session.turn = undefined;
      return { outcome: "rejected", reason: "it was stopped before the agent had it" };
    }
    const agentSessionId = session.agentSessionId ?? "";
    const { written, answer } = life.prompt(agentSessionId, promptOf(turn, agentSessionId, files));
    answer.then(
      (ended) => endAnswered(session, running, ended),
      (error: unknown) => endRefused(session, running, error, life),
    );
    const isWritten = await within(
      clock,
      setup.writeTimeoutMs,
      written.then(
        () => true,
        () => false,
      ),
    );
    if (isWritten) {
      running.isWritten = true;
      return { outcome: "accepted" };
    }
    if (session.turn === running) session.turn = undefined;
    if (isWritten === false) throw await life.ended;
    // Part of the prompt is in a pipe nobody reads: with the process it goes too, so it cannot be acted on late.
    void life.end();
    return { outcome: "unknown", reason: sentenceOf("agent_silent", { alias, seconds: setup.writeTimeoutMs / 1000 }) };
  }

  /** Agents take requests and notifications side by side: a stop that overtakes its prompt is forgotten, so it is said until it is heard. */
  function sayStop(session: Session, running: RunningTurn, life: Life): void {
    if (session.turn !== running || session.epoch !== life.epoch || session.agentSessionId === undefined) return;
    void life.notifyCancel(session.agentSessionId).catch(() => {});
    clock.setTimer(CANCEL_AGAIN_MS, () => sayStop(session, running, life));
  }

  async function giveUpOn(session: Session, running: RunningTurn, life: Life): Promise<void> {
    if (session.turn !== running) return;
    if (await life.ping(setup.healthWithinMs)) end(session, running, "stopped", `${alias} did not confirm that it stopped`);
    else await life.end();
  }

  return {
    async deliver(session, turn) {
      if (session.turn) return unavailable(new HubError("agent_busy", { alias }));
      const running: RunningTurn = { id: turn.turnId, isWritten: false, isCancelled: false, answerChars: 0 };
      session.turn = running;
      session.asideChars = 0;
      try {
        return await give(session, turn, running);
      } catch (error) {
        if (session.turn === running) session.turn = undefined;
        const why = asHubError(error, turn.trace);
        // A file that is gone does not come back.
        return why.code === "not_found" ? { outcome: "rejected", reason: why.message } : unavailable(why);
      }
    },
    cancel(session, life) {
      const running = session.turn;
      if (!running) return;
      running.isCancelled = true;
      if (!life || session.epoch !== life.epoch || session.agentSessionId === undefined) return;
      sayStop(session, running, life);
      clock.setTimer(CANCEL_WITHIN_MS, () => void giveUpOn(session, running, life));
    },
    lose(session, reason) {
      const running = session.turn;
      if (!running?.isWritten) return;
      // What a person has stopped must not come back by itself.
      if (running.isCancelled) end(session, running, "stopped", reason);
      else end(session, running, "lost", reason);
    },
  };
}

export function unavailable(error: HubError): DeliverOutcome {
  return { outcome: "unavailable", reason: error.message, code: error.code };
}

function outcomeOf(stopReason: string): { outcome: TurnOutcome; reason?: string } {
  switch (stopReason) {
    case "end_turn":
      return { outcome: "done" };
    case "cancelled":
      return { outcome: "stopped" };
    case "refusal":
      return { outcome: "rejected", reason: "it declined to go on with this" };
    case "max_tokens":
      return { outcome: "failed", reason: "its answer reached the length limit" };
    case "max_turn_requests":
      return { outcome: "failed", reason: "it reached its limit of steps in one turn" };
    default:
      return { outcome: "failed", reason: `it stopped with "${stopReason.slice(0, 60)}"` };
  }
}
