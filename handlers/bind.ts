/** Whom a conversation is with: `!new` begins another one with the same orchestrator, `!bind NAME` with another. Its places stay together. */
import { bindHere, howToBegin, newSession } from "../src/conversations/begin.ts";
import { seatNamed } from "../src/conversations/choose.ts";
import { bindingsOf } from "../src/conversations/places.ts";
import { type FromPerson, type OrchestratorSeat, say, type View } from "../src/contract/handler.ts";
import { addressKey } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

export async function beginAnew({ row, event, session }: Message, view: View): Promise<Reply> {
  const fresh = session && (await view.store.get("sessions", session.id));
  if (fresh?.status !== "open") return { text: `There is no conversation here yet. ${howToBegin(event)} to begin one.` };
  const { orchestrator: name, busyMode } = fresh;
  const writes = await replaced(fresh, { row, seat: { name, busyMode }, words: BEGINS }, view);
  return { text: `${BEGINS} ${FORGOTTEN}`, writes };
}

export async function bind({ row, event, session }: Message, view: View, argument: string): Promise<Reply> {
  const { orchestrators, tenantId } = view.settings;
  const fresh = session && (await view.store.get("sessions", session.id));
  const lines = orchestrators.map(
    (seat) => `- \`!bind ${seat.name}\`: ${seat.alias}${seat.name === fresh?.orchestrator ? " (here now)" : ""}`,
  );
  if (argument === "") return { text: `Whom this place is to talk with:\n\n${lines.join("\n")}` };
  const seat = seatNamed(orchestrators, argument);
  if (!seat) return { text: `Nobody here is called so. There are:\n\n${lines.join("\n")}` };
  if (fresh?.orchestrator === seat.name) return { text: `${seat.alias} answers here already.` };
  const words = `${seat.alias} answers here from now on.`;
  if (fresh) return { text: `${words} ${FORGOTTEN}`, writes: await replaced(fresh, { row, seat, words }, view) };
  const begun = await newSession(view.store, { seat, tenantId, address: row.address, title: "" });
  return { text: words, writes: [begun.write, bindHere(row.address, begun, event)] };
}

const BEGINS = "A new conversation begins here.";
const FORGOTTEN = "What was said before is not known to it.";

interface Replacing {
  readonly row: Row<"inbox">;
  readonly seat: Pick<OrchestratorSeat, "name" | "busyMode">;
  /** What the other places are told. */
  readonly words: string;
}

/** Another session in all places of one; what it had been told before is still its to answer. */
async function replaced(session: Row<"sessions">, { row, seat, words }: Replacing, view: View): Promise<Write[]> {
  const places = await bindingsOf(view.store, session.id);
  const generation = 1 + (places.find(({ id }) => id === addressKey(row.address))?.generation ?? 0);
  const { tenantId } = view.settings;
  const begun = await newSession(view.store, { seat, tenantId, address: row.address, title: "", generation });
  return [
    update("sessions", session, { status: "closed" }),
    begun.write,
    ...places.flatMap((place): Write[] => {
      const isHere = place.id === addressKey(row.address);
      const bound = update("bindings", place, { sessionKey: begun.key, ...(isHere ? { generation: begun.generation } : {}) });
      const told = say({ address: place.address, trace: row.trace, text: words, urgency: "notice" }).write;
      return isHere ? [bound] : [bound, told];
    }),
  ];
}
