/** What the agent does by itself, brought to the session it concerns: updates become events, requests become asks for people. */
import type { Answer, OrchestratorEvent } from "../../contract/orchestrator.ts";
import type { Asks } from "./asks.ts";
import type { AgentListener, Asked } from "./connection.ts";
import { elicitationAnswer, questionOf } from "./elicitation.ts";
import type { EventQueues } from "./event-queues.ts";
import type { Offer } from "./offered-files.ts";
import { approvalOf, canAllowOnce, outcomeOf } from "./permission.ts";
import type { Session, SessionTable } from "./session-table.ts";

export interface ListenerParts {
  readonly sessions: SessionTable;
  readonly asks: Asks;
  readonly queues: EventQueues;
  readonly emit: (session: Session, event: OrchestratorEvent) => void;
  /** As `emit`, for a file that has yet to be looked at. */
  readonly offer: (session: Session, offer: Offer) => void;
}

const ONLY_ALWAYS = "The agent wanted leave to do something for ever, with no way to allow it once. It was refused.";

export function createListener({ sessions, asks, queues, emit, offer }: ListenerParts): (epoch: string) => AgentListener {
  const openAsk = (session: Session, epoch: string, asked: Asked) =>
    asks.open({ session: session.key, epoch, signal: asked.signal, sent: asked.sent });

  return (epoch) => ({
    room: queues.room,

    update(agentSessionId, update) {
      const found = sessions.of(agentSessionId);
      if (!found) return;
      const child = childIn(update);
      if (child !== undefined) sessions.adopt(found.session, child);
      // What helpers say to each other stays with the agent; that they work and how they ended is shown.
      if (found.isChild && child === undefined) return;
      for (const told of found.session.translation.events(update)) {
        if (told.type === "offer") offer(found.session, told.offer);
        else emit(found.session, told);
      }
    },

    async permission(request, asked) {
      const found = sessions.of(request.sessionId);
      if (!found) return { outcome: "cancelled" };
      if (!canAllowOnce(request.options)) {
        emit(found.session, { type: "notice", level: "warning", text: ONLY_ALWAYS });
        return outcomeOf(request.options, false);
      }
      const known = found.isChild ? undefined : found.session.translation.tool(request.toolCall.toolCallId);
      const ask = openAsk(found.session, epoch, asked);
      emit(found.session, { type: "approval_request", ask: approvalOf(request, known), handle: ask.handle });
      const answer = await ask.answer;
      return outcomeOf(request.options, isOf(answer, "approval") ? answer.approved : undefined);
    },

    async elicitation(request, asked) {
      const found = sessions.of(request.sessionId ?? "");
      const question = questionOf(request);
      if (!found || !question) return { action: "cancel" };
      const ask = openAsk(found.session, epoch, asked);
      emit(found.session, { type: "question", ask: question, handle: ask.handle });
      const answer = await ask.answer;
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
