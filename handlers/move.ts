/**
 * Where a conversation lives: `!move NAME` brings it to the place where that is said, `!mirror NAME` shows it there, too, `!leave` takes the place
 * out again. Invariant: a place has one conversation, and a conversation that is open has a place.
 */
import { showFurther } from "../src/approvals/record.ts";
import { bindHere, howToBegin } from "../src/conversations/begin.ts";
import { bindingsOf, findConversation, placeWords } from "../src/conversations/places.ts";
import { type FromPerson, say, type View } from "../src/contract/handler.ts";
import { addressKey, conversationName } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { type Expectation, remove, update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
  /** What was read of the conversation's places must still be so. */
  readonly expect?: readonly Expectation[];
}

export const move = (from: Message, view: View, argument: string): Promise<Reply> => bring(from, view, { argument, stays: false });
export const mirror = (from: Message, view: View, argument: string): Promise<Reply> => bring(from, view, { argument, stays: true });

interface Wanted {
  readonly argument: string;
  /** It stays where it is, too. */
  readonly stays: boolean;
}

async function bring({ row, event }: Message, view: View, { argument, stays }: Wanted): Promise<Reply> {
  const here = row.address;
  if (argument === "") return { text: "Say which conversation: `!sessions` names them." };
  const session = await findConversation(view.store, argument);
  if (!session) return { text: "No open conversation is called so. `!sessions` names them." };
  const places = await bindingsOf(view.store, session.id);
  const others = places.filter(({ id }) => id !== addressKey(here));
  const lives = await view.store.get("bindings", addressKey(here));
  if (lives && lives.sessionKey !== session.id) return { text: "Another conversation lives here. `!leave` takes it away from here first." };
  if (lives && (stays || others.length === 0)) return { text: "It lives here already." };
  const told = stays
    ? `This conversation is shown at ${placeWords(here)}, too. What is said there reaches it as well.`
    : `This conversation goes on at ${placeWords(here)}. Mention me here to begin another one; where we are alone, just write.`;
  return {
    text: `${titleOf(session, view)} ${stays ? "is shown here, too: what is said at either place reaches it." : "goes on here."}`,
    writes: [
      ...(lives ? [] : [bindHere(here, { key: session.id, generation: 0 }, event)]),
      ...(stays ? [] : others.map(({ id }) => remove("bindings", id))),
      update("sessions", session, stays ? {} : { address: here }),
      ...others.map(({ address }) => say({ address, trace: row.trace, text: told, urgency: "notice" }).write),
      ...(await askedHere(session, row, view)),
    ],
    expect: expectOf(others),
  };
}

export async function leave({ row, event }: Message, view: View): Promise<Reply> {
  const here = await view.store.get("bindings", addressKey(row.address));
  const session = here && (await view.store.get("sessions", here.sessionKey));
  if (!here || !session) return { text: "There is no conversation here." };
  const others = (await bindingsOf(view.store, session.id)).filter(({ id }) => id !== here.id);
  const [next] = others;
  if (!next)
    return {
      text: `The conversation here has ended. ${howToBegin(event)} to begin another one.`,
      writes: [remove("bindings", here.id), update("sessions", session, { status: "closed" })],
      expect: expectOf([here]),
    };
  const isHome = addressKey(session.address) === here.id;
  const told = `This conversation is no longer shown at ${placeWords(row.address)}.`;
  return {
    text: `${titleOf(session, view)} is no longer shown here. It goes on at ${others.map(({ address }) => placeWords(address)).join(", ")}.`,
    writes: [
      remove("bindings", here.id),
      update("sessions", session, isHome ? { address: next.address } : {}),
      ...others.map(({ address }) => say({ address, trace: row.trace, text: told, urgency: "notice" }).write),
    ],
    expect: expectOf([here, ...others]),
  };
}

/** What people are asked is asked in the new place as well; an answer in either counts. */
async function askedHere(session: Row<"sessions">, row: Row<"inbox">, view: View): Promise<Write[]> {
  const pending = await view.store.find("approvals", { where: { sessionKey: session.id, state: "pending" } });
  return (await Promise.all(pending.map((asked) => showFurther(asked, [row.address], view)))).flat();
}

function expectOf(places: readonly Row<"bindings">[]): Expectation[] {
  return places.map(({ id, version }) => ({ table: "bindings", id, version }));
}

function titleOf(session: Row<"sessions">, view: View): string {
  const title = session.title ? `"${session.title}"` : conversationName(session.id);
  return `${title}, with ${view.settings.aliasOf(session.orchestrator)},`;
}
