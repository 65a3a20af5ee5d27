/** What a message means beside its turn: for the other places of its conversation, and for an orchestrator who does not answer here. */
import { addressedSeat } from "../src/conversations/choose.ts";
import { placesBeside, placeWords } from "../src/conversations/places.ts";
import { counted } from "../src/contract/counted.ts";
import { type FromPerson, say, type View } from "../src/contract/handler.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

type Said = FromPerson<Extract<PersonEvent, { type: "message" }>>;

/** The other places of a conversation read what was said in this one. */
export async function heardElsewhere({ row, event, person }: Said, session: Row<"sessions">, { store }: View): Promise<Write[]> {
  const files = event.attachments?.length ? `\n(${counted(event.attachments.length, "file")})` : "";
  const words = `${event.text}${files}`.trim().replaceAll("\n", "\n> ");
  const text = `**${person.name}** at ${placeWords(row.address)}:\n> ${words}`;
  const others = await placesBeside(store, session.id, row.address);
  return others.map((address) => say({ address, trace: row.trace, text, urgency: "notice" }).write);
}

/** In a place that somebody else's conversation has: it goes to that one, and who meant another is told how. */
export function meantAnother({ row, event }: Said, session: Row<"sessions">, { settings }: View): Write[] {
  const meant = addressedSeat(settings.orchestrators, event.text);
  if (!meant || meant.name === session.orchestrator) return [];
  const text = `${settings.aliasOf(session.orchestrator)} answers here. \`!bind ${meant.name}\` gives this place to ${meant.alias}.`;
  return [say({ address: row.address, trace: row.trace, text, urgency: "notice" }).write];
}
