/**
 * From the hub's words to the content of Matrix's events: pure. Invariant: every message carries `m.mentions`, so that nobody is notified by a
 * word in the text; every relation is written out, so that nothing on the way has to guess it.
 */
import type { Attachment, Card, OutboundMessage } from "../../src/contract/message.ts";
import { encodeHtml } from "../shared/markdown/html.ts";
import { CHOICES, DELIVERY, SUBJECT } from "./ids.ts";

export type Content = Record<string, unknown>;

/** A message as it can be related: `latest` is the newest event of its thread. */
export type Placed = Pick<OutboundMessage, "text" | "card" | "threadId" | "replyTo" | "mentions"> & {
  readonly latest?: string | undefined;
};

/** Bytes of a text as it travels, written once: its body, its HTML and whom it notifies, as JSON. */
export function measureText(text: string, mentions: Placed["mentions"] = []): number {
  const { body, formattedBody } = encodeHtml(text);
  return [body, formattedBody, ...mentions.map(({ id }) => id)].reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
}

export function encodeMessage(message: Placed): Content {
  return { ...encodeText(message), ...encodeRelation(message), ...(isPending(message.card) ? { [SUBJECT]: message.card.id } : {}) };
}

/** The body of the event itself is what clients show that know no edits. Whom an edit names has been notified: nobody is, again. */
export function encodeEdit(message: Placed, original: string): Content {
  const text = encodeText(message);
  return {
    ...text,
    body: `* ${text.body}`,
    formatted_body: `* ${text.formatted_body}`,
    "m.mentions": {},
    "m.new_content": text,
    "m.relates_to": { rel_type: "m.replace", event_id: original },
  };
}

function encodeText({ text, card, mentions = [] }: Placed) {
  const words = isPending(card) ? `${text}\n\nReact ${CHOICES.approve} to approve, ${CHOICES.deny} to deny.` : text;
  const { body, formattedBody } = encodeHtml(words);
  return {
    msgtype: isStatus(card) ? "m.notice" : "m.text",
    body,
    format: "org.matrix.custom.html",
    formatted_body: formattedBody,
    "m.mentions": mentions.length === 0 ? {} : { user_ids: mentions.map(({ id }) => id) },
  };
}

/** What reports and asks nothing is a notice: other bots leave it alone, and clients may show it quietly. */
function isStatus(card: Card | undefined): boolean {
  return card?.type === "notice" || card?.type === "progress" || card?.type === "deploy";
}

export function isPending(card: Card | undefined): card is Extract<Card, { type: "approval" }> {
  return card?.type === "approval" && card.state === "pending";
}

/** In a thread, clients without threads see a reply to its newest event (client-server API v1.19, Threading). */
function encodeRelation({ threadId, replyTo, latest }: Placed): Content {
  if (threadId === undefined) return replyTo === undefined ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: replyTo } } };
  const fallback = { is_falling_back: replyTo === undefined, "m.in_reply_to": { event_id: replyTo ?? latest ?? threadId } };
  return { "m.relates_to": { rel_type: "m.thread", event_id: threadId, ...fallback } };
}

export function encodeReaction(target: string, key: string): Content {
  return { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } };
}

export function encodeFile({ name, mimeType, sizeBytes }: Attachment, uri: string, place: Placed): Content {
  const [kind = ""] = mimeType.split("/");
  const msgtype = ["image", "audio", "video"].includes(kind) ? `m.${kind}` : "m.file";
  const info = { mimetype: mimeType, size: sizeBytes };
  return { msgtype, body: name, filename: name, url: uri, info, "m.mentions": {}, ...encodeRelation({ ...place, replyTo: undefined }) };
}

/** `shows`: the event that stands for the whole delivery, where it is another one. */
export function markDelivery(content: Content, key: string | undefined, shows: string | undefined): Content {
  if (key === undefined) return content;
  return { ...content, [DELIVERY]: { key, ...(shows === undefined ? {} : { shows }) } };
}
