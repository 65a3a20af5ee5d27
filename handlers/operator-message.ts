/** What an operator says becomes a turn; what the orchestrator says becomes replies; the end of a turn is said exactly once. */
import { updateCopies } from "../src/cards/copies.ts";
import { endOfTurn, type FromOrchestrator, type FromPerson, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import { newId } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { TurnOutcome } from "../src/contract/orchestrator.ts";
import { insert, update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;

export const operatorMessage: Handler = {
  name: "operator-message",
  person: { message: beginTurn, edited: editQueued, deleted: dropQueued },
  orchestrator: {
    async text({ session, turn, trace, event }) {
      const address = turn?.address ?? session.address;
      return { writes: [say({ address, trace, text: event.text, urgency: "reply" }).write] };
    },
    async file({ session, turn, trace, event }) {
      const address = turn?.address ?? session.address;
      return { writes: [say({ address, trace, text: "", urgency: "reply", attachments: [event.attachment] }).write] };
    },
    turn_end: endTurn,
  },
};

async function beginTurn({ row, event, person, session }: FromPerson<Event<"message">>, view: View): Promise<Work> {
  const at = { address: row.address, trace: row.trace };
  if (!session) return { writes: [endOfTurn(at, "failed", "There is no conversation here.")] };
  const ahead = await view.store.count("turns", {
    sessionKey: session.id,
    state: { in: ["queued", "prompting", "running"] },
  });
  const alias = view.settings.aliasOf(session.orchestrator);
  if (ahead >= view.settings.queuePerSession) {
    const reason = `${ahead} messages already wait for ${alias} here; this one was not taken. Send it again later, or use \`!stop all\`.`;
    return { writes: [say({ ...at, text: reason, urgency: "reply" }).write, endOfTurn(at, "refused", reason)] };
  }
  const turn = insert("turns", newId("trn"), {
    sessionKey: session.id,
    orchestrator: session.orchestrator,
    trace: row.trace,
    state: "queued",
    address: row.address,
    personId: person.id,
    inboxId: row.id,
    text: event.text,
    attachments: event.attachments ?? [],
    attempt: 0,
    times: {},
  });
  const waiting =
    ahead > 0 ? [say({ ...at, text: `Queued: ${alias} is still busy (${ahead} before this one).`, urgency: "progress" }).write] : [];
  return { writes: [turn, ...waiting] };
}

async function editQueued({ row, event }: FromPerson<Event<"edited">>, view: View): Promise<Work> {
  const turn = await queuedTurnOf(row, event.messageEventId, view);
  return { writes: turn ? [update("turns", turn, { text: event.text })] : [] };
}

async function dropQueued({ row, event }: FromPerson<Event<"deleted">>, view: View): Promise<Work> {
  const turn = await queuedTurnOf(row, event.messageEventId, view);
  return { writes: turn ? [update("turns", turn, { state: "stopped" }), endOfTurn(turn, "stopped", "The message was deleted.")] : [] };
}

/** The turn of an earlier message, while the agent has not seen it. */
async function queuedTurnOf(row: Row<"inbox">, messageEventId: string, view: View): Promise<Row<"turns"> | undefined> {
  const inboxId = JSON.stringify([row.account, messageEventId]);
  const [turn] = await view.store.find("turns", { where: { inboxId, state: "queued" }, limit: 1 });
  return turn;
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
  return { writes: [...writes, update("turns", fresh, set), endOfTurn(fresh, state, event.reason)] };
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
