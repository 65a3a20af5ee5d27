/** From the hub's words to the log's: pure. Also the frames in which entries travel to a face. */
import type { Place, TurnMark } from "../../src/contract/connector.ts";
import type { OutboundMessage, Receipt } from "../../src/contract/message.ts";
import type { Draft, Entry, Glimpse, Ready, ShownFile } from "./entry.ts";
import { CHAT, MAIN_THREAD } from "./ids.ts";

/** `at`: epoch ms. A message with `edits` becomes a change of that message, wherever it stands. */
export function encodeMessage(message: OutboundMessage, at: number, attachments?: ShownFile[]): Draft {
  const { text, card, replyTo, edits, mentions } = message;
  const head = { at, threadId: message.threadId ?? MAIN_THREAD, trace: message.trace ?? null, key: keyOfSend(message) };
  if (edits !== undefined) return { ...head, type: "edit", messageId: edits.messageId, text, card };
  return { ...head, type: "message", from: "hub", text, card, replyTo, attachments, mentions: mentions?.map(({ id }) => id) };
}

export function keyOfSend({ idempotencyKey }: OutboundMessage): string | undefined {
  return idempotencyKey === undefined ? undefined : `send:${idempotencyKey}`;
}

export function encodeWhisper(message: OutboundMessage, to: string, at: number): Draft {
  const { threadId = MAIN_THREAD, trace = null, text } = message;
  return { type: "message", from: "hub", threadId, trace, at, text, to, key: keyOfSend(message) };
}

export function encodeReaction(place: Place, target: Receipt, emoji: string, at: number): Draft {
  const { messageId } = target;
  return { type: "reaction", threadId: threadOf(place), trace: null, at, messageId, emoji, key: `reaction:${messageId}:${emoji}` };
}

/** A turn ends once: the mark of a trace that ended before changes nothing. */
export function encodeTurnEnd(place: Place, { trace, outcome, reason }: TurnMark, at: number): Draft {
  return { type: "turn_end", threadId: threadOf(place), trace, at, outcome, reason, key: `turn_end:${trace}` };
}

/** `from`: the event id of the message the thread grows from; the same one again gives the same thread. */
export function encodeThread(title: string, from: string | undefined, at: number): Draft {
  return { type: "thread", threadId: "", trace: null, at, title, key: from === undefined ? undefined : `thread:${from}` };
}

export function encodeReceipt(entry: Entry): Receipt | undefined {
  return "messageId" in entry ? { messageId: entry.messageId, threadId: entry.threadId, chatId: CHAT } : undefined;
}

export const threadOf = (place: Place): string => place.threadId ?? MAIN_THREAD;

/** One server-sent event. Only entries carry an id: what passed by unseen is no place to resume from. */
export function encodeFrame(event: Ready | Entry | Glimpse): string {
  const id = "n" in event ? `id: ${event.n}\n` : "";
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
