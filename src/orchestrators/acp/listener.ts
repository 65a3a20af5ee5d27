/** What the agent does by itself, brought to the session it concerns: updates become events, requests become asks for people. */
import type { Answer, AskHandle, OrchestratorEvent } from "../../contract/orchestrator.ts";
import type { Asks } from "./asks.ts";
import type { AgentListener, Asked, HostRequest } from "./connection.ts";
import { DONE_VALUES, elicitationAnswer, questionOf } from "./elicitation.ts";
import type { EventQueues } from "./event-queues.ts";
import type { Offer } from "./offered-files.ts";
import { approvalOf, canAllowOnce, outcomeOf } from "./permission.ts";
import type { Session, SessionTable } from "./session-table.ts";
import type { Told } from "./updates.ts";

export interface ListenerParts {
  readonly sessions: SessionTable;
  readonly asks: Asks;
  readonly queues: EventQueues;
  readonly emit: (session: Session, event: OrchestratorEvent) => void;
  /** As `emit`, for a file that has yet to be looked at. */
  readonly offer: (session: Session, offer: Offer) => void;
  readonly host: readonly HostRequest[];
  /** The most of an answer that is passed on, in characters of one turn. */
  readonly answerChars: number;
  /** Called once for a turn whose answer is longer. */
  readonly onTooLong: (session: Session) => void;
}

/** Requests of one session that wait for people at once; nobody answers more, and each is a card. */
const MAX_ASKS = 50;

const ONLY_ALWAYS = "The agent wanted leave to do something for ever, with no way to allow it once. It was refused.";

function tooLong(most: number): string {
  return `This answer is longer than ${most} characters. The rest is not shown, and the agent is asked to stop.`;
}

export function createListener(parts: ListenerParts): (epoch: string) => AgentListener {
  const { sessions, asks, queues, emit, offer } = parts;
  /** Questions about an address, by the agent's name of the errand. */
  const errands = new Map<string, () => void>();
  const openAsk = (session: Session, epoch: string, asked: Asked) =>
    asks.open({ session: session.key, epoch, signal: asked.signal, sent: asked.sent });

  async function finish(session: Session, handle: AskHandle): Promise<void> {
    if (await asks.answer({ type: "question", handle, values: DONE_VALUES }))
      emit(session, { type: "ask_withdrawn", handle, because: "done" });
  }

  function tell(session: Session, told: Told): void {
    if (told.type === "offer") return offer(session, told.offer);
    if (told.type === "text_delta" && isTooLong(session, told.text.length)) return;
    emit(session, told);
  }

  /** The answer of a turn, and what the agent says on its own until the next one, have the same limit each. */
  function isTooLong(session: Session, chars: number): boolean {
    const { turn } = session;
    const before = turn ? turn.answerChars : session.asideChars;
    if (turn) turn.answerChars += chars;
    else session.asideChars += chars;
    if (before + chars <= parts.answerChars) return false;
    if (before <= parts.answerChars) {
      emit(session, { type: "notice", level: "warning", text: tooLong(parts.answerChars) });
      parts.onTooLong(session);
    }
    return true;
  }

  return (epoch) => ({
    room: queues.room,
    host: parts.host,
    elicitationDone: (elicitationId) => errands.get(elicitationId)?.(),

    update(agentSessionId, update) {
      const found = sessions.of(agentSessionId);
      if (!found) return;
      const child = childIn(update);
      if (child !== undefined) sessions.adopt(found.session, child);
      // What helpers say to each other stays with the agent; that they work and how they ended is shown.
      if (found.isChild && child === undefined) return;
      for (const told of found.session.translation.events(update)) tell(found.session, told);
    },

    async permission(request, asked) {
      const found = sessions.of(request.sessionId);
      if (!found) return { outcome: "cancelled" };
      if (!canAllowOnce(request.options)) {
        emit(found.session, { type: "notice", level: "warning", text: ONLY_ALWAYS });
        return outcomeOf(request.options, false);
      }
      const known = found.isChild ? undefined : found.session.translation.tool(request.toolCall.toolCallId);
      if (asks.waiting(found.session.key) >= MAX_ASKS) return { outcome: "cancelled" };
      const ask = openAsk(found.session, epoch, asked);
      emit(found.session, { type: "approval_request", ask: approvalOf(request, known), handle: ask.handle });
      const answer = await ask.answer;
      return outcomeOf(request.options, isOf(answer, "approval") ? answer.approved : undefined);
    },

    async elicitation(request, asked) {
      const found = sessions.of(request.sessionId ?? "");
      const question = questionOf(request);
      if (!found || !question || asks.waiting(found.session.key) >= MAX_ASKS) return { action: "cancel" };
      const ask = openAsk(found.session, epoch, asked);
      const { elicitationId } = request;
      if (request.mode === "url" && elicitationId !== undefined) errands.set(elicitationId, () => void finish(found.session, ask.handle));
      emit(found.session, { type: "question", ask: question, handle: ask.handle });
      const answer = await ask.answer;
      errands.delete(elicitationId ?? "");
      return elicitationAnswer(request, isOf(answer, "question") ? answer : undefined);
    },
  });
}

function isOf<T extends Answer["type"]>(answer: Answer | undefined, type: T): answer is Extract<Answer, { type: T }> {
  return answer?.type === type;
}

function childIn(update: unknown): string | undefined {
  if (typeof update !== "object" || update === null || !("sessionUpdate" in update) || update.sessionUpdate !== "subagent_update")
    return undefined;
  return "sessionId" in update && typeof update.sessionId === "string" ? update.sessionId : undefined;
}
