/** What the hub itself has to tell an agent. Pure. */
import { newId } from "../contract/ids.ts";
import { insert, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

/** A turn in which the hub itself tells the agent something, e.g. a decision made after its asker had died. */
export function tellAgent(session: Row<"sessions">, text: string, trace: string): Write {
  return insert("turns", newId("trn"), {
    sessionKey: session.id,
    orchestrator: session.orchestrator,
    trace,
    state: "queued",
    address: session.address,
    personId: "hub",
    inboxId: null,
    text,
    attachments: [],
    attempt: 0,
    times: {},
  });
}
