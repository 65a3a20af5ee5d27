/** What an operator says becomes a turn; what the orchestrator says becomes replies; the end of a turn is said exactly once. */
import { answerEffect, DECIDED, endWork } from "../src/approvals/record.ts";
import { updateCopies } from "../src/cards/copies.ts";
import { type Effect, endOfTurn, type FromOrchestrator, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import type { TurnOutcome } from "../src/contract/orchestrator.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";
import { completeDraft } from "../src/turns/draft.ts";
import { messagesOf } from "../src/turns/messages.ts";
import { beginTurn } from "./begin-turn.ts";
import { editMessage, takeBack } from "./change-message.ts";

export const operatorMessage: Handler = {
  name: "operator-message",
  person: { message: beginTurn, edited: editMessage, deleted: takeBack },
  orchestrator: {
    async text({ session, turn, trace, event }, view) {
      const address = turn?.address ?? session.address;
      const saying = { address, trace, text: event.text, urgency: "reply" } as const;
      const fresh = turn && (await view.store.get("turns", turn.id));
      if (fresh?.draft === undefined) return { writes: [say(saying).write] };
      const draft = await view.store.get("outbox", fresh.draft);
      return { writes: [completeDraft(draft, saying), update("turns", fresh, { draft: undefined })] };
    },
    async file({ session, turn, trace, event }) {
      const address = turn?.address ?? session.address;
      return { writes: [say({ address, trace, text: "", urgency: "reply", attachments: [event.attachment] }).write] };
    },
    turn_end: endTurn,
  },
};

async function endTurn(
  { turn, event, session }: FromOrchestrator<{ type: "turn_end"; turnId: string; outcome: TurnOutcome; reason?: string | undefined }>,
  view: View,
): Promise<Work> {
  const fresh = turn && (await view.store.get("turns", turn.id));
  if (!fresh || !["queued", "prompting", "running"].includes(fresh.state)) return { writes: [] };
  const state = stateAfter(event.outcome);
  const set = { state, outcome: event.outcome, reason: event.reason, times: { ...fresh.times, ended: view.now } };
  const writes: Write[] = [
    ...(await words(fresh, event, view.settings.aliasOf(session.orchestrator))),
    ...(await lastProgress(fresh, state, view)),
  ];
  const ends = messagesOf(fresh).map((message) => endOfTurn(message, state, event.reason));
  const withdrawn = state === "stopped" ? await withdrawAsked(fresh, view) : [];
  return { writes: [...writes, ...withdrawn, update("turns", fresh, set), ...ends], effects: await untold(fresh, view) };
}

/** What only this turn asked for through the hub's tools is no longer wanted. What an agent waits for itself, its driver withdraws. */
async function withdrawAsked(turn: Row<"turns">, view: View): Promise<Write[]> {
  const pending = await view.store.find("approvals", { where: { sessionKey: turn.sessionKey, state: "pending" } });
  const own = pending.filter(({ turnId, waiting }) => turnId === turn.id && waiting.every(({ requestId }) => requestId === turn.id));
  const ending = { state: "cancelled", decisionReason: "what asked for it was stopped" } as const;
  const ended = await Promise.all(own.map((row) => endWork({ ...row, waiting: [] }, ending, { view, via: "orchestrator" })));
  return ended.flatMap(({ writes }) => writes);
}

/** Decisions on what a former delivery of this turn had asked: it has not asked again, so nobody waits for them. */
async function untold({ id, sessionKey }: Row<"turns">, { store }: View): Promise<Effect[]> {
  const decided = await store.find("approvals", { where: { sessionKey, state: { in: DECIDED } }, newestFirst: true });
  return decided.filter(({ turnId }) => turnId === id).flatMap((row) => row.waiting.map((handle) => answerEffect(row.id, row, handle)));
}

function stateAfter(outcome: TurnOutcome): "done" | "stopped" | "failed" {
  return outcome === "done" || outcome === "stopped" ? outcome : "failed";
}

/** A turn that did not end well says so in the thread. */
async function words(
  turn: Row<"turns">,
  { outcome, reason }: { outcome: TurnOutcome; reason?: string | undefined },
  alias: string,
): Promise<Write[]> {
  if (outcome === "done") return [];
  if (outcome === "stopped") return [say({ address: turn.address, trace: turn.trace, text: "Stopped.", urgency: "reply" }).write];
  const text = reason ?? `${alias} could not finish this.`;
  return [say({ address: turn.address, trace: turn.trace, text, urgency: "reply", card: { type: "notice", level: "error", text } }).write];
}

async function lastProgress(turn: Row<"turns">, state: "done" | "stopped" | "failed", view: View): Promise<Write[]> {
  if (!turn.progress) return [];
  return updateCopies(view, { subject: `progress:${turn.id}`, card: { ...turn.progress, state }, trace: turn.trace, urgency: "progress" });
}
