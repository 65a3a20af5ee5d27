/**
 * RENDER: one message of the hub becomes what a platform with these powers and limits can show. Pure.
 * Degrades what the platform cannot, splits what is too long, and redacts as the last thing before it leaves.
 */
import type { ConnectorLimits, Powers, TextLimit } from "../contract/connector.ts";
import type { OutboundMessage } from "../contract/message.ts";
import { lengthIn, splitText } from "../delivery/split.ts";

export interface Target {
  readonly can: Powers;
  readonly limits: ConnectorLimits | undefined;
  readonly redact: (text: string) => string;
}

/**
 * The parts to send, in order; at least one. Only the first can be an edit or carry the card and its buttons; each part has a key
 * of its own, derived from the message's, so that a part sent before a crash is not sent again. `doubtfulPart` is the index of a part
 * that may have been sent before: it carries the mark, and the borders of the parts stay where they were.
 */
export function render(message: OutboundMessage, { can, limits, redact }: Target, doubtfulPart?: number): OutboundMessage[] {
  const edits = can.edit ? message.edits : undefined;
  const text = redact(message.text);
  const key = message.idempotencyKey;
  return partsOf(text, limits?.text).map((part, index) => {
    if (index === 0) return { ...message, edits, text: part, card: redactCard(message.card, redact) };
    return {
      text: index === doubtfulPart ? DUPLICATE_MARK + part : part,
      threadId: message.threadId,
      chatId: message.chatId,
      trace: message.trace,
      idempotencyKey: key && `${key}.${index + 1}`,
    };
  });
}

/** Typed fields of our own (codes, digests, ids, urls) are not touched: only what people and agents wrote is. */
function redactCard(card: OutboundMessage["card"], redact: (text: string) => string): OutboundMessage["card"] {
  switch (card?.type) {
    case "approval":
      return { ...card, title: redact(card.title), action: redact(card.action), reason: card.reason && redact(card.reason) };
    case "question":
      return { ...card, text: redact(card.text), answer: card.answer && redact(card.answer) };
    case "deploy":
      return { ...card, failureTail: card.failureTail && redact(card.failureTail) };
    case "notice":
      return { ...card, text: redact(card.text) };
    default:
      return card;
  }
}

const DUPLICATE_MARK = "(may be a duplicate)\n";

/** The visible mark of a message that may have been sent before; once. */
export function markPossibleDuplicate(message: OutboundMessage): OutboundMessage {
  return message.text.startsWith(DUPLICATE_MARK) ? message : { ...message, text: DUPLICATE_MARK + message.text };
}

/** Each of several parts leaves room for the mark, should it ever need one. */
function partsOf(text: string, limit: TextLimit | undefined): string[] {
  if (!limit || lengthIn(limit.unit, text) <= limit.max) return [text];
  return splitText(text, { ...limit, max: limit.max - lengthIn(limit.unit, DUPLICATE_MARK) });
}
