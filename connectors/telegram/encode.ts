/** From the hub's messages to the fields of Bot API calls. Pure. Telegram Bot API 10.3, sendMessage (2026). */
import type { Mention, OutboundMessage } from "../../src/contract/message.ts";
import { cut } from "../shared/cut.ts";
import { encodeEntities, type TextWithEntities } from "../shared/markdown/entities.ts";
import type { Button } from "./cards.ts";
import { parseMessageId } from "./ids.ts";

/** "1-4096 characters after entities parsing", counted as entities are, in UTF-16 units (sendMessage, MessageEntity, 2026). */
export const TEXT_LIMIT = { max: 4096, unit: "utf16" } as const;
/** Of what stands under a file (sendDocument, 2026). */
export const CAPTION_MAX = 1024;

export const measure = (text: string, mentions?: readonly Mention[]): number => encodeEntities(text, mentions).text.length;

/** Telegram takes no message without a letter. A change notifies nobody again. */
export function encodeText({ text: markdown, mentions, edits }: OutboundMessage): TextWithEntities {
  const encoded = encodeEntities(markdown, edits ? [] : mentions);
  return encoded.text.trim() === "" ? { text: markdown.trim() || "…", entities: [] } : encoded;
}

export type Markup = { readonly reply_markup?: { readonly inline_keyboard: readonly (readonly Button[])[] } };

export const encodeButtons = (rows: readonly (readonly Button[])[]): Markup =>
  rows.length === 0 ? {} : { reply_markup: { inline_keyboard: rows } };

/** No preview of what is linked: it would push the words away, and fetch what is meant for one reader. */
export const NO_PREVIEW = { link_preview_options: { is_disabled: true } } as const;

export const encodeThread = (threadId: string | undefined) => (threadId === undefined ? {} : { message_thread_id: Number(threadId) });

/** Progress makes no phone ring. */
export const encodeSilence = ({ card }: OutboundMessage) => (card?.type === "progress" ? { disable_notification: true } : {});

/** Only within one chat; a message that is gone is no reason to say nothing. */
export function encodeReply(replyTo: string | undefined, chat: string) {
  const answered = parseMessageId(replyTo ?? "");
  return answered?.chat === chat ? { reply_parameters: { message_id: answered.id, allow_sending_without_reply: true } } : {};
}

/** 1 to 128 characters. */
export function encodeTopicName(title: string): string {
  return cut(title.replace(/\s+/g, " ").trim() || "Conversation", 128);
}

/** The nearest of those a bot may react with: the list is fixed, and ✅ and ❌ are not in it (ReactionTypeEmoji, 2026). */
const INSTEAD: Readonly<Record<string, string>> = { "✅": "👍", "❌": "👎", "⏳": "👀", "🛑": "👎", "⚠️": "🤔" };

export const encodeReaction = (emoji: string) => [{ type: "emoji", emoji: INSTEAD[emoji] ?? emoji }];
