/** Message ids, which Telegram counts anew in each chat, and what a button carries. Pure. */
import { createHash } from "node:crypto";

export type MessageId = { readonly chat: string; readonly id: number };

/** A message's id as the hub has it, also as an event's. */
export const messageIdOf = (chat: string | number, id: number): string => `${chat}:${id}`;

/** Undefined when it is none of ours. */
export function parseMessageId(text: string): MessageId | undefined {
  const [, chat, id] = /^(-?\d+):(\d+)$/.exec(text) ?? [];
  return chat === undefined ? undefined : { chat, id: Number(id) };
}

/** Names one card in one chat, so that what is pressed in another chat fits nothing. 128 bits. */
export function cardToken(chat: string, subject: string): string {
  return createHash("sha256")
    .update(JSON.stringify([chat, subject]))
    .digest()
    .subarray(0, 16)
    .toString("base64url");
}

/** At most 64 bytes may be given (InlineKeyboardButton, 2026): choices are short words or numbers of our own. */
export const callbackData = (token: string, choice: string): string => `${token}:${choice}`;

/** Undefined when it is none of ours. */
export function parseCallbackData(data: string): { readonly token: string; readonly choice: string } | undefined {
  const [, token, choice] = /^([\w-]{22}):([\w-]{1,40})$/.exec(data) ?? [];
  return token === undefined || choice === undefined ? undefined : { token, choice };
}
