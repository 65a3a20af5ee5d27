/** From the hub's messages to bodies of Discord's API. Pure. Discord Developer Docs, Message (2026). */
import type { Mention, OutboundMessage } from "../../src/contract/message.ts";
import { cut } from "../shared/cut.ts";
import { encodeDiscordMarkdown } from "../shared/markdown/discord-markdown.ts";
import { componentsOf, shortened } from "./cards.ts";
import { nonceOf } from "./ids.ts";

/** "Up to 2000 characters" (Create Message, 2026); UTF-16 units are never fewer. */
export const TEXT_LIMIT = { max: 2000, unit: "utf16" } as const;

export const measure = (text: string, mentions?: readonly Mention[]): number => encodeDiscordMarkdown(text, mentions).length;

/** Nobody is notified but `mentions`, and by a change nobody: to be said each time, or Discord would read the text anew. What is attached stays. */
export function encodeEdit({ text, card, edits, mentions = [] }: OutboundMessage) {
  const named = edits ? [] : mentions;
  const users = named.map(({ id }) => id).filter((id) => /^\d+$/.test(id));
  return {
    content: encodeDiscordMarkdown(shortened(text, card), named),
    allowed_mentions: { parse: [], users, replied_user: false },
    components: card ? componentsOf(card) : [],
  };
}

/** A new message: the same key within minutes gives the same one. */
export function encodeMessage(message: OutboundMessage) {
  const { idempotencyKey, replyTo } = message;
  return {
    ...encodeEdit(message),
    ...(idempotencyKey === undefined ? {} : { nonce: nonceOf(idempotencyKey), enforce_nonce: true }),
    ...(replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
  };
}

/** 1 to 100 characters. */
export function encodeThreadName(title: string): string {
  return cut(title.replace(/\s+/g, " ").trim() || "Conversation", 100);
}
