/** Another conversation in all places of one. Reads, and returns writes. Invariant: its places stay together, and each hears of it once. */
import { type OrchestratorSeat, say } from "../contract/handler.ts";
import { type Address, addressKey, type SessionKey } from "../contract/ids.ts";
import { type StoreReader, update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { newSession } from "./begin.ts";
import { bindingsOf } from "./places.ts";

export interface Replacing {
  readonly seat: Pick<OrchestratorSeat, "name" | "busyMode">;
  readonly tenantId: string;
  /** Where it was asked for, or became needed. */
  readonly here: Address;
  readonly trace: string;
  /** What the other places are told. */
  readonly words: string;
  /** Default: none, as what begins has no name yet. */
  readonly title?: string;
}

/** What the old one had been told before is still its to answer. */
export async function replaceSession(
  store: StoreReader,
  session: Row<"sessions">,
  { seat, tenantId, here, trace, words, title = "" }: Replacing,
): Promise<{ readonly key: SessionKey; readonly writes: Write[] }> {
  const places = await bindingsOf(store, session.id);
  const isHere = ({ id }: Row<"bindings">): boolean => id === addressKey(here);
  // Moved away at the same moment, it goes on where it is by now.
  const home = places.find(isHere) ?? places[0];
  const generation = 1 + (home?.generation ?? 0);
  const begun = await newSession(store, { seat, tenantId, address: home?.address ?? here, title, generation });
  const moved = places.flatMap((place): Write[] => {
    const bound = update("bindings", place, { sessionKey: begun.key, ...(place === home ? { generation: begun.generation } : {}) });
    return isHere(place) ? [bound] : [bound, say({ address: place.address, trace, text: words, urgency: "notice" }).write];
  });
  return { key: begun.key, writes: [update("sessions", session, { status: "closed" }), begun.write, ...moved] };
}

/** Said where another orchestrator, or the same one anew, goes on. */
export const FORGOTTEN = "What was said before is not known to it.";
