/** From the hub's messages to arguments of Slack's methods. Pure. Slack Developer Docs, chat.postMessage, chat.update (2026). */
import type { Mention, OutboundMessage } from "../../src/contract/message.ts";
import { encodeMrkdwn } from "../shared/markdown/mrkdwn.ts";
import { shortened } from "../shared/press.ts";
import { blocksOf } from "./cards.ts";

/** What chat.update takes, and chat.postMessage shows as one message; UTF-16 units are never fewer than Slack's characters. */
export const TEXT_LIMIT = { max: 4000, unit: "utf16" } as const;

export const measure = (text: string, mentions?: readonly Mention[]): number => encodeMrkdwn(text, mentions).length;

export const METADATA_TYPE = "mos_hub_delivery";

/** Said on a change, too, or Slack would read the text anew; it notifies nobody. Without a card the blocks there were go. */
export function encodeEdit({ text, card, edits, mentions }: OutboundMessage) {
  const words = encodeMrkdwn(shortened(text, card), edits ? [] : mentions);
  const blocks = card ? blocksOf(card, words) : [];
  return {
    text: words,
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    ...(blocks.length > 0 ? { blocks } : {}),
  };
}

export function encodeMessage(message: OutboundMessage) {
  const { idempotencyKey, threadId } = message;
  return {
    ...encodeEdit(message),
    ...(threadId === undefined ? {} : { thread_ts: threadId }),
    ...(idempotencyKey === undefined ? {} : { metadata: { event_type: METADATA_TYPE, event_payload: { delivery_id: idempotencyKey } } }),
  };
}
