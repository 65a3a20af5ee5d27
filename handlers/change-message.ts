/**
 * What people change or take away of what they said. Until the agent has seen it that counts, wherever the message waits: for its thread, in its
 * lane or in a turn. While the agent works on it they are told privately that it does not; after that it is theirs to correct their own words.
 */
import { endOfTurn, type FromPerson, type View, type Work } from "../src/contract/handler.ts";
import { inboxId } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { update } from "../src/contract/store.ts";
import type { JoinedMessage, Row } from "../src/contract/tables.ts";
import { messagesOf, ofMessages } from "../src/turns/messages.ts";
import { withoutMessage } from "./waiting.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;
type Said = Row<"inbox"> & { readonly event: Event<"message"> };

const NOTHING: Work = { writes: [] };

export async function editMessage({ row, event }: FromPerson<Event<"edited">>, view: View): Promise<Work> {
  const said = await findSaid(row, event.messageEventId, view);
  if (!said || said.sender !== row.sender) return NOTHING;
  const { text } = event;
  if (isOnItsWay(said)) return { writes: [update("inbox", said, { event: { ...said.event, text } })] };
  const { turn, message } = (await findInTurn(said, view)) ?? {};
  if (!turn || !message || message.text === text) return NOTHING;
  if (turn.state !== "queued")
    return tooLate(row, `${view.settings.aliasOf(turn.orchestrator)} has read this already. Say what you meant in a new message.`);
  const [first, ...others] = messagesOf(turn).map((each): JoinedMessage => (each.inboxId === said.id ? { ...each, text } : each));
  return first ? { writes: [update("turns", turn, ofMessages([first, ...others]))] } : NOTHING;
}

export async function takeBack({ row, event }: FromPerson<Event<"deleted">>, view: View): Promise<Work> {
  const said = await findSaid(row, event.messageEventId, view);
  if (!said) return NOTHING;
  if (isOnItsWay(said)) return { writes: [update("inbox", said, { status: "done" }), endOfTurn(said, "stopped", DELETED)] };
  const { turn, message } = (await findInTurn(said, view)) ?? {};
  if (!turn || !message) return NOTHING;
  if (turn.state !== "queued")
    return tooLate(row, `${view.settings.aliasOf(turn.orchestrator)} has read this already. \`!stop\` ends what came of it.`);
  return { writes: withoutMessage(turn, message, DELETED) };
}

const DELETED = "The message was deleted.";

async function findSaid({ account }: Row<"inbox">, eventId: string, { store }: View): Promise<Said | undefined> {
  const said = await store.get("inbox", inboxId(account, eventId));
  return said?.event?.type === "message" ? (said as Said) : undefined;
}

/** Its handler has not run. */
function isOnItsWay({ status }: Said): boolean {
  return status === "recorded" || status === "routed";
}

/** The turn that is not over of which it is a part. */
async function findInTurn(
  { id, sessionKey }: Said,
  { store }: View,
): Promise<{ readonly turn: Row<"turns">; readonly message: JoinedMessage } | undefined> {
  if (sessionKey === null) return undefined;
  const live = await store.find("turns", { where: { sessionKey, state: { in: ["queued", "prompting", "running"] } } });
  for (const turn of live) {
    const message = messagesOf(turn).find((one) => one.inboxId === id);
    if (message) return { turn, message };
  }
  return undefined;
}

function tooLate({ trace }: Row<"inbox">, text: string): Work {
  return { writes: [], ack: { type: "privateText", text, trace } };
}
