/** A turn is made of one message or, where later ones joined it, of several. Pure. */
import type { JoinedMessage, TurnFields } from "../contract/tables.ts";

type Parts = Pick<TurnFields, "inboxId" | "trace" | "address" | "text" | "attachments" | "joined">;

/** At least one, in the order they were said. */
export function messagesOf({ inboxId, trace, address, text, attachments, joined = [] }: Parts): readonly JoinedMessage[] {
  return [{ inboxId, trace, address, text, attachments }, ...joined];
}

/** The fields of a turn that is made of these messages. */
export function ofMessages([first, ...joined]: readonly [JoinedMessage, ...JoinedMessage[]]): Parts {
  return { ...first, joined };
}
