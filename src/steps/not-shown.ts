/**
 * What is told, and to whom, when a handler could not take what an agent reported: the person in the thread, once for each kind of thing in
 * a trace, and the agent, whose ask is refused with the reason instead of waiting for ever. Pure.
 */
import { HubError, sentenceOf } from "../contract/errors.ts";
import { type Effect, endOfTurn, type FromOrchestrator, type HandlerEvent, say, type View, type Work } from "../contract/handler.ts";
import { audit, update, type Write } from "../contract/store.ts";

/** Of what is not here people see nothing anyway. */
const WHAT: { readonly [K in HandlerEvent["type"]]?: string } = {
  text: "words of the answer",
  file: "a file",
  approval_request: "a request for approval, which was refused",
  question: "a question, which was left unanswered",
  canvas: "a canvas",
  deploy: "news of a deploy",
  progress: "its progress",
  notice: "a notice",
  turn_end: "the end of the answer",
};

export async function notShownWork(from: FromOrchestrator, thrown: unknown, view: View): Promise<Work> {
  const { session, turn, trace, event } = from;
  const what = WHAT[event.type];
  if (what === undefined) return { writes: [] };
  const reason = reasonOf(thrown, trace, view.settings.redact);
  const subject = `not_shown:${trace}:${event.type}`;
  const text = `${sentenceOf("not_shown", { who: view.settings.aliasOf(session.orchestrator), what, trace })} ${reason}`;
  const isTold = (await view.store.count("outbox", { subject })) > 0;
  const card = { type: "notice", level: "error", text } as const;
  const told = isTold ? [] : [say({ address: turn?.address ?? session.address, trace, text, urgency: "reply", card, subject }).write];
  const writes = [...told, ...(event.type === "turn_end" ? await endedWrites(from, reason, view) : [])];
  const effect = refusal(from, reason);
  return effect ? { writes: [...writes, audit(`${effect.answer.type}.refused`, trace, { reason })], effects: [effect] } : { writes };
}

/** A reason of ours is worth reading; a fault of ours is in the log. */
function reasonOf(thrown: unknown, trace: string, redact: View["settings"]["redact"]): string {
  const { message } = thrown instanceof HubError && thrown.verdict === "drop" ? thrown : new HubError("internal", { trace });
  return redact(message);
}

function refusal({ session, event }: FromOrchestrator, reason: string): Extract<Effect, { type: "answer" }> | undefined {
  if (event.type !== "approval_request" && event.type !== "question") return undefined;
  const { handle, askId = "none" } = event;
  const answer =
    event.type === "question" ? ({ type: "question", handle } as const) : ({ type: "approval", handle, approved: false, reason } as const);
  return { type: "answer", orchestrator: session.orchestrator, approvalId: askId, answer };
}

/** The turn ends all the same: else its lane would stand still. */
async function endedWrites({ turn }: FromOrchestrator, reason: string, { store, now }: View): Promise<Write[]> {
  const fresh = turn && (await store.get("turns", turn.id));
  if (!fresh || !["queued", "prompting", "running"].includes(fresh.state)) return [];
  const failed = update("turns", fresh, { state: "failed", outcome: "failed", reason, times: { ...fresh.times, ended: now } });
  return [failed, ...[fresh, ...(fresh.joined ?? [])].map((at) => endOfTurn(at, "failed", reason))];
}
