/** What the hub itself has to tell an agent. Pure. */
import { newId } from "../contract/ids.ts";
import { insert, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

interface Telling {
  readonly text: string;
  readonly trace: string;
  /** Given where the same may be told again. Default: a new one. */
  readonly id?: string;
  /** Whose doing it is. Default the hub's. */
  readonly personId?: string;
}

/** A turn in which the hub tells the agent what nobody wrote, e.g. a decision made after its asker had died. */
export function tellAgent(session: Row<"sessions">, { id = newId("trn"), personId = "hub", text, trace }: Telling): Write {
  return insert("turns", id, {
    sessionKey: session.id,
    orchestrator: session.orchestrator,
    trace,
    state: "queued",
    address: session.address,
    personId,
    inboxId: null,
    text,
    attachments: [],
    attempt: 0,
    times: {},
  });
}
