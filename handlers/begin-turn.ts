/** What an operator says becomes a turn of its own, or joins one that waits; what happens to the turn that runs is the conversation's busy mode. */
import { type Effect, endOfTurn, type FromPerson, say, type View, type Work } from "../src/contract/handler.ts";
import { newId } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { insert, update, type Write } from "../src/contract/store.ts";
import type { BusyMode, JoinedMessage, Row } from "../src/contract/tables.ts";
import { messagesOf } from "../src/turns/messages.ts";
import { heardElsewhere, meantAnother } from "./elsewhere.ts";

type Said = FromPerson<Extract<PersonEvent, { type: "message" }>>;

interface Busy {
  readonly mode: BusyMode;
  /** The turn the agent works on. */
  readonly running: Row<"turns"> | undefined;
  /** The last one that waits. */
  readonly waiting: Row<"turns"> | undefined;
  /** Messages that are not done with. */
  readonly ahead: number;
  readonly alias: string;
  /** The code of what the agent has asked people here. */
  readonly waitsFor: string | undefined;
}

export async function beginTurn(said: Said, view: View): Promise<Work> {
  const { row, event } = said;
  const at = { address: row.address, trace: row.trace };
  const session = said.session && (await view.store.get("sessions", said.session.id));
  if (!session) return { writes: [endOfTurn(at, "failed", "There is no conversation here.")] };
  const busy = await busyOf(session, view);
  if (busy.ahead >= view.settings.queuePerSession) {
    const reason = `${busy.ahead} messages already wait for ${busy.alias} here; this one was not taken. Send it again later, or use \`!stop all\`.`;
    return { writes: [say({ ...at, text: reason, urgency: "reply" }).write, endOfTurn(at, "refused", reason)] };
  }
  const message: JoinedMessage = { ...at, inboxId: row.id, text: event.text, attachments: event.attachments ?? [] };
  const joins = canJoin(busy, said);
  const turn = joins ? update("turns", joins, { joined: [...(joins.joined ?? []), message] }) : newTurn(said, session, message, busy);
  const words = wordsOf(busy, joins !== undefined);
  const told = words === undefined ? [] : [say({ ...at, text: words, urgency: "progress" }).write];
  const { writes, effects } = interruption(busy, session);
  const seen: readonly Effect[] = busy.ahead > 0 ? [{ type: "seen", address: row.address, messageId: event.eventId }] : [];
  const echoed = [...(await heardElsewhere(said, session, view)), ...meantAnother(said, session, view)];
  return { writes: [turn, ...writes, ...told, ...echoed], effects: [...effects, ...seen] };
}

async function busyOf(session: Row<"sessions">, { store, settings }: View): Promise<Busy> {
  const [asked] = await store.find("approvals", { where: { sessionKey: session.id, state: "pending" }, limit: 1 });
  const live = await store.find("turns", { where: { sessionKey: session.id, state: { in: ["queued", "prompting", "running"] } } });
  return {
    mode: session.busyMode,
    running: live.find(({ state }) => state !== "queued"),
    waiting: live.findLast(({ state }) => state === "queued"),
    ahead: live.reduce((count, turn) => count + messagesOf(turn).length, 0),
    alias: settings.aliasOf(session.orchestrator),
    waitsFor: asked?.code,
  };
}

/** What one person says becomes one prompt; of two people each has their own. A turn that is delivered again stays as it was. */
function canJoin({ mode, waiting }: Busy, { person }: Said): Row<"turns"> | undefined {
  if (mode !== "collect" && mode !== "interrupt") return undefined;
  return waiting?.personId === person.id && waiting.attempt === 0 && waiting.mark === undefined ? waiting : undefined;
}

function newTurn({ person }: Said, session: Row<"sessions">, message: JoinedMessage, { mode, running }: Busy): Write {
  return insert("turns", newId("trn"), {
    ...message,
    sessionKey: session.id,
    orchestrator: session.orchestrator,
    state: "queued",
    personId: person.id,
    steers: mode === "steer" && running !== undefined,
    attempt: 0,
    times: {},
  });
}

/** On record before it is asked for, so that what is stopped does not begin again after a crash. */
function interruption({ mode, running }: Busy, session: Row<"sessions">): { writes: Write[]; effects: Effect[] } {
  if (mode !== "interrupt" || !running || running.stopping) return { writes: [], effects: [] };
  const { orchestrator } = session;
  return {
    writes: [update("turns", running, { stopping: true })],
    effects: [{ type: "cancel", orchestrator, session: session.id, turnId: running.id }],
  };
}

function wordsOf({ mode, running, ahead, alias, waitsFor }: Busy, joined: boolean): string | undefined {
  if (ahead === 0) return undefined;
  if (mode === "interrupt" && running) return `Stopping what ${alias} was doing; this goes next.`;
  if (joined) return `Added to what waits for ${alias}.`;
  // Whether it could be passed on is said once it is known.
  if (mode === "steer" && running) return undefined;
  if (waitsFor !== undefined) return `Queued: ${alias} waits for an answer to ${waitsFor} first (${ahead} before this one).`;
  return `Queued: ${alias} is still busy (${ahead} before this one).`;
}
