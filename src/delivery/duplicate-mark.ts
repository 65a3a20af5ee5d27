/** The visible mark of a message that may have been sent before, where nobody can look whether it was. Pure. */
import type { OutboundMessage } from "../contract/message.ts";

export const DUPLICATE_MARK = "(may be a duplicate)\n";

/** Once, however often it is asked for. */
export function markPossibleDuplicate(message: OutboundMessage): OutboundMessage {
  return message.text.startsWith(DUPLICATE_MARK) ? message : { ...message, text: markedText(message.text) };
}

/** The mark is a paragraph of its own where the text would else not be what it was: a list, a table, a line. */
export function markedText(text: string): string {
  return /^[\p{L}\p{N}]*[\p{L}]/u.test(text) ? DUPLICATE_MARK + text : `${DUPLICATE_MARK}\n${text}`;
}
