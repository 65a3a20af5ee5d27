/** The rows of a new conversation. Reads, and returns writes. */
import type { OrchestratorSeat } from "../contract/handler.ts";
import { type Address, addressKey, type SessionKey, sessionKey } from "../contract/ids.ts";
import type { PersonEvent } from "../contract/message.ts";
import { insert, type StoreReader, type Write } from "../contract/store.ts";

export interface Beginning {
  readonly seat: Pick<OrchestratorSeat, "name" | "busyMode">;
  readonly tenantId: string;
  /** Where it begins. */
  readonly address: Address;
  readonly title: string;
  /** How many conversations this place had at least. Default 0. */
  readonly generation?: number;
}

/** A session that has never been: a place whose conversation has moved away begins another one. */
export async function newSession(
  store: StoreReader,
  { seat, tenantId, address, title, generation = 0 }: Beginning,
): Promise<{ readonly key: SessionKey; readonly generation: number; readonly write: Write }> {
  const keyAt = (at: number): SessionKey => sessionKey({ orchestrator: seat.name, type: "chat", tenantId, first: address, generation: at });
  let free = generation;
  while (await store.get("sessions", keyAt(free))) free += 1;
  const key = keyAt(free);
  const fields = { orchestrator: seat.name, address, agentSessionId: null, title, status: "open", busyMode: seat.busyMode } as const;
  return { key, generation: free, write: insert("sessions", key, fields) };
}

/** A binding of a place that has none: of two made at once one conflicts. */
export function bind(address: Address, session: { key: SessionKey; generation: number }, event: PersonEvent): Write {
  const { key, generation } = session;
  return insert("bindings", addressKey(address), { address, sessionKey: key, generation, needsMention: isAmongPeople(address, event) });
}

/** The binding of a place that a person chose for it with a command. */
export function bindHere(address: Address, session: { key: SessionKey; generation: number }, event: PersonEvent): Write {
  const { key, generation } = session;
  const needsMention = isAmongPeople(address, event);
  return insert("bindings", addressKey(address), { address, sessionKey: key, generation, needsMention, keepsMentions: needsMention });
}

/** People talk to each other in a chat that is no thread and not theirs alone. */
function isAmongPeople(address: Address, event: PersonEvent): boolean {
  return event.type === "message" && !event.direct && address.thread === undefined;
}

/** What a person does in a place without a conversation; goes before "to begin one". */
export function howToBegin({ direct }: { readonly direct: boolean }): string {
  return direct ? "Write something" : "Mention me";
}
