/** One progress card per turn: who works, what is planned, which tools ran, and that it stopped and came back. Notices are words in the thread. */
import { showCard, updateCopies } from "../src/cards/copies.ts";
import { foldLife, foldProgress } from "../src/cards/progress.ts";
import { type FromOrchestrator, type Handler, type HandlerEvent, say, type View, type Work } from "../src/contract/handler.ts";
import { update, type Write } from "../src/contract/store.ts";

export const progress: Handler = {
  name: "progress",
  orchestrator: {
    async progress({ turn, trace, event, session }, view): Promise<Work> {
      const fresh = turn && (await view.store.get("turns", turn.id));
      if (!fresh) return { writes: [] };
      const card = foldProgress(fresh.progress, event, { turnId: fresh.id, asker: view.settings.aliasOf(session.orchestrator) });
      const showing = { subject: `progress:${fresh.id}`, card, trace, urgency: "progress" } as const;
      const shown = fresh.progress ? await updateCopies(view, showing) : showCard(showing, [fresh.address]);
      return { writes: [update("turns", fresh, { progress: card }), ...shown] };
    },
    async notice(from): Promise<Work> {
      return notice(from, from.event.level, from.event.text);
    },
    async lifecycle(from, view): Promise<Work> {
      const alias = view.settings.aliasOf(from.session.orchestrator);
      switch (from.event.phase) {
        case "crashed":
          return (
            (await onCard(from, view, "failed", "stopped unexpectedly; it is being started again")) ??
            notice(from, "warning", `${from.event.detail ?? `${alias} stopped unexpectedly.`} It is being started again.`)
          );
        case "session_lost": {
          const text = `${alias} no longer has this conversation; a new one was begun here. Repeat what it needs to know.`;
          const card = await onCard(from, view, "done", "started again, without this conversation");
          return { writes: [...notice(from, "warning", text).writes, ...(card?.writes ?? []), ...(await keepAgentSession(from, view))] };
        }
        case "session_new":
        case "session_resumed": {
          const card = await onCard(from, view, "done", "started again, with this conversation");
          return { writes: [...(card?.writes ?? []), ...(await keepAgentSession(from, view))] };
        }
        case "started":
        case "restarted":
          return (await onCard(from, view, "done", "started again")) ?? { writes: [] };
        default:
          return from.event.phase satisfies never;
      }
    },
  },
};

function notice({ session, turn, trace }: FromOrchestrator, level: "info" | "warning" | "error", text: string): Work {
  const address = turn?.address ?? session.address;
  return { writes: [say({ address, trace, text, urgency: "notice", card: { type: "notice", level, text } }).write] };
}

/** Shown on the card of the turn; undefined when it has none. */
async function onCard({ turn, trace }: FromOrchestrator, view: View, state: "done" | "failed", summary: string): Promise<Work | undefined> {
  const fresh = turn && (await view.store.get("turns", turn.id));
  if (!fresh?.progress) return undefined;
  const card = foldLife(fresh.progress, state, summary);
  const shown = await updateCopies(view, { subject: `progress:${fresh.id}`, card, trace, urgency: "progress" });
  return { writes: [update("turns", fresh, { progress: card }), ...shown] };
}

/** The agent's own name of the conversation, for the next life of the hub to resume it by. */
async function keepAgentSession(
  { session, event }: FromOrchestrator<Extract<HandlerEvent, { type: "lifecycle" }>>,
  view: View,
): Promise<Write[]> {
  const fresh = await view.store.get("sessions", session.id);
  if (!fresh || event.agentSessionId === undefined || event.agentSessionId === fresh.agentSessionId) return [];
  return [update("sessions", fresh, { agentSessionId: event.agentSessionId })];
}
