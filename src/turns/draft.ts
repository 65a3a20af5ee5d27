/** The message in which an answer was shown while it was written becomes what it says in the end. Pure. */
import { say, type Saying } from "../contract/handler.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

/** A draft that has not left yet says it from the start; of one that was given up the rest is told in a message of its own. */
export function completeDraft(draft: Row<"outbox"> | undefined, saying: Saying): Write {
  if (draft?.op.type === "send" && draft.state === "queued" && draft.receipts.length === 0) {
    const message = { ...draft.op.message, text: saying.text };
    return update("outbox", draft, { urgency: saying.urgency, op: { ...draft.op, message } });
  }
  return say({ ...saying, edits: draft?.id }).write;
}
