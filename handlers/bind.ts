/** Whom a conversation is with: `!new` begins another one with the same orchestrator, `!bind NAME` with another. Its places stay together. */
import { bindHere, howToBegin, newSession } from "../src/conversations/begin.ts";
import { seatNamed } from "../src/conversations/choose.ts";
import { FORGOTTEN, replaceSession } from "../src/conversations/replace.ts";
import type { FromPerson, OrchestratorSeat, View } from "../src/contract/handler.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { Write } from "../src/contract/store.ts";
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

interface Replacing {
  readonly row: Row<"inbox">;
  readonly seat: Pick<OrchestratorSeat, "name" | "busyMode">;
  readonly words: string;
}

async function replaced(session: Row<"sessions">, { row, seat, words }: Replacing, { store, settings }: View): Promise<readonly Write[]> {
  const { address: here, trace } = row;
  return (await replaceSession(store, session, { seat, tenantId: settings.tenantId, here, trace, words })).writes;
}
