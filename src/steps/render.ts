/**
 * RENDER: one message of the hub becomes what a platform with these powers and limits can show. Pure.
 * Degrades what the platform cannot, splits what is too long, and redacts as the last thing before it leaves.
 */
import type { ConnectorLimits, Powers } from "../contract/connector.ts";
import type { OutboundMessage } from "../contract/message.ts";
import { splitText } from "../delivery/split.ts";

export interface Target {
  readonly can: Powers;
  readonly limits: ConnectorLimits | undefined;
  readonly redact: (text: string) => string;
}

/**
 * The parts to send, in order; at least one. Only the first can be an edit or carry the card and its buttons; each part has a key
 * of its own, derived from the message's, so that a part sent before a crash is not sent again.
 */
export function render(message: OutboundMessage, { can, limits, redact }: Target): OutboundMessage[] {
  const edits = can.edit ? message.edits : undefined;
  const text = redact(message.text);
  const parts = limits ? splitText(text, limits.text) : [text];
  return parts.map((part, index) => {
    const key = message.idempotencyKey;
    if (index === 0) return { ...message, edits, text: part, card: redactCard(message.card, redact) };
    return {
      text: part,
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

/** The visible mark of a message that may have been sent before. */
export function markPossibleDuplicate(message: OutboundMessage): OutboundMessage {
  return { ...message, text: `(may be a duplicate)\n${message.text}` };
}
