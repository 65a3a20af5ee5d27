/** What an operator says becomes a turn; what the orchestrator says becomes replies; the end of a turn is said exactly once. */
import { endWork } from "../src/approvals/record.ts";
import { updateCopies } from "../src/cards/copies.ts";
import { endOfTurn, type FromOrchestrator, type FromPerson, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { TurnOutcome } from "../src/contract/orchestrator.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { JoinedMessage, Row } from "../src/contract/tables.ts";
import { completeDraft } from "../src/turns/draft.ts";
import { messagesOf, ofMessages } from "../src/turns/messages.ts";
import { beginTurn } from "./begin-turn.ts";
import { withoutMessage } from "./waiting.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;

export const operatorMessage: Handler = {
  name: "operator-message",
  person: { message: beginTurn, edited: editQueued, deleted: dropQueued },
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

async function editQueued({ row, event, session }: FromPerson<Event<"edited">>, view: View): Promise<Work> {
  const found = await findQueued(row, event.messageEventId, { session, view });
  if (!found) return { writes: [] };
  const change = (message: JoinedMessage): JoinedMessage => (message === found.message ? { ...message, text: event.text } : message);
  const [first, ...others] = found.messages.map(change);
  return { writes: first ? [update("turns", found.turn, ofMessages([first, ...others]))] : [] };
}

async function dropQueued({ row, event, session }: FromPerson<Event<"deleted">>, view: View): Promise<Work> {
  const found = await findQueued(row, event.messageEventId, { session, view });
  return { writes: found ? withoutMessage(found.turn, found.message, "The message was deleted.") : [] };
}

/** An earlier message in its turn, while the agent has not seen it. */
async function findQueued(
  row: Row<"inbox">,
  messageEventId: string,
  { session, view }: { readonly session: Row<"sessions"> | undefined; readonly view: View },
): Promise<{ turn: Row<"turns">; messages: readonly JoinedMessage[]; message: JoinedMessage } | undefined> {
  const inboxId = JSON.stringify([row.account, messageEventId]);
  const alone = await view.store.find("turns", { where: { inboxId, state: "queued" }, limit: 1 });
  const joined = session ? await view.store.find("turns", { where: { sessionKey: session.id, state: "queued" } }) : [];
  for (const turn of [...alone, ...joined]) {
    const messages = messagesOf(turn);
    const message = messages.find((one) => one.inboxId === inboxId);
    if (message) return { turn, messages, message };
  }
  return undefined;
}

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
  return { writes: [...writes, ...withdrawn, update("turns", fresh, set), ...ends] };
}

/** What only this turn asked for through the hub's tools is no longer wanted. What an agent waits for itself, its driver withdraws. */
async function withdrawAsked(turn: Row<"turns">, view: View): Promise<Write[]> {
  const pending = await view.store.find("approvals", { where: { sessionKey: turn.sessionKey, state: "pending" } });
  const own = pending.filter(({ turnId, waiting }) => turnId === turn.id && waiting.every(({ requestId }) => requestId === turn.id));
  const ending = { state: "cancelled", decisionReason: "what asked for it was stopped" } as const;
  const ended = await Promise.all(own.map((row) => endWork({ ...row, waiting: [] }, ending, { view, via: "orchestrator" })));
  return ended.flatMap(({ writes }) => writes);
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
