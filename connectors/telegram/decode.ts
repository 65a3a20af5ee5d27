/**
 * From Telegram's messages to the hub's: what is not for us, or says nothing, is undefined. Pure. Payloads: Telegram Bot API 10.3, Message (2026).
 */
import { z } from "zod";
import type { ConnectorEvent } from "../../src/contract/message.ts";
import type { Place } from "../../src/contract/connector.ts";
import { editedEvent, movedEvent } from "../shared/changes.ts";
import { type Decoded, decodedAs } from "../shared/meant.ts";
import { isMenuCommand } from "./commands.ts";
import { messageIdOf } from "./ids.ts";

export const user = z.object({
  id: z.number(),
  is_bot: z.boolean().default(false),
  first_name: z.string().default(""),
  last_name: z.string().default(""),
  username: z.string().default(""),
});
export type TelegramUser = z.infer<typeof user>;

const entity = z.object({ type: z.string(), offset: z.number(), length: z.number(), url: z.string().optional(), user: user.optional() });
const file = z.object({
  file_id: z.string(),
  file_size: z.number().default(0),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
});
export type TelegramFile = z.infer<typeof file>;

export const telegramMessage = z.object({
  message_id: z.number(),
  date: z.number(),
  edit_date: z.number().optional(),
  chat: z.object({ id: z.number(), type: z.string(), is_forum: z.boolean().default(false) }),
  from: user.optional(),
  sender_chat: z.unknown().optional(),
  message_thread_id: z.number().optional(),
  is_topic_message: z.boolean().default(false),
  media_group_id: z.string().optional(),
  reply_to_message: z.object({ message_id: z.number(), from: user.optional() }).optional(),
  text: z.string().optional(),
  caption: z.string().default(""),
  entities: z.array(entity).default([]),
  caption_entities: z.array(entity).default([]),
  photo: z.array(file).default([]),
  document: file.optional(),
  voice: file.optional(),
  audio: file.optional(),
  video: file.optional(),
  video_note: file.optional(),
  animation: file.optional(),
  sticker: z.object({ emoji: z.string().default("") }).optional(),
  location: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
  migrate_to_chat_id: z.number().optional(),
  migrate_from_chat_id: z.number().optional(),
  forum_topic_created: z.object({ name: z.string(), is_name_implicit: z.boolean().default(false) }).optional(),
  forum_topic_edited: z.object({ name: z.string().optional() }).optional(),
});
export type TelegramMessage = z.infer<typeof telegramMessage>;

export interface Self {
  readonly id: number;
  readonly username: string;
}

export interface Said extends Decoded {
  readonly files: readonly TelegramFile[];
}

/**
 * Several messages are the parts of one album. Only a topic's own messages name it: in ordinary groups, and in the general topic, the same
 * number stands along every chain of replies.
 */
export function decodeMessage([message, ...parts]: readonly [TelegramMessage, ...TelegramMessage[]], self: Self): Said | undefined {
  const { from, sender_chat: channel, chat, date, message_id: id } = message;
  if (!from || from.is_bot || channel !== undefined) return undefined;
  const all = [message, ...parts].map((one) => readText(one, self));
  const files = [message, ...parts].flatMap(filesOf);
  const text = [...all.map(({ text }) => text), ...wordsFor(message)].filter(Boolean).join("\n");
  if (all.some(({ isForAnother }) => isForAnother)) return undefined;
  const mentionsBot = all.some(({ isMentioned }) => isMentioned) || isAnswerTo(message, self);
  if (text === "" && files.length === 0) return undefined;
  const direct = chat.type === "private";
  const by = { sender: String(from.id), senderName: nameOf(from) };
  const said = { eventId: messageIdOf(chat.id, id), ...by, ts: isoOf(date), ...placeOf(message), text, direct, mentionsBot };
  return { ...decodedAs(said), files };
}

export function decodeEdited(message: TelegramMessage, self: Self): (Decoded & { readonly event: ConnectorEvent }) | undefined {
  const { edit_date: seconds } = message;
  if (seconds === undefined) return undefined;
  const decoded = decodeMessage([message], self);
  return decoded && { ...decoded, event: editedEvent(decoded.message, seconds * 1000, seconds) };
}

/** A group that has become a supergroup; both chats are told of it. */
export function decodeMoved({ chat, date, ...message }: TelegramMessage): ConnectorEvent | undefined {
  const { migrate_to_chat_id: to, migrate_from_chat_id: from } = message;
  if (to === undefined && from === undefined) return undefined;
  const ids = { from: { chatId: String(from ?? chat.id) }, to: { chatId: String(to ?? chat.id) } };
  return movedEvent({ by: "telegram", ...ids, at: date * 1000 });
}

export function placeOf({ chat, is_topic_message: isTopic, message_thread_id: thread }: TelegramMessage): Place {
  return { chatId: String(chat.id), threadId: isTopic && thread !== undefined ? String(thread) : undefined };
}

export const nameOf = ({ first_name, last_name, username }: TelegramUser): string =>
  [first_name, last_name].filter(Boolean).join(" ") || username;

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Without the mention of the bot; a command as the hub takes it; where words lead, if that is hidden behind them. */
function readText({ text, caption, entities, caption_entities }: TelegramMessage, self: Self) {
  const whole = text ?? caption;
  const own = self.username.toLowerCase();
  let written = "";
  let upTo = 0;
  let isMentioned = false;
  let isForAnother = false;
  for (const { type, offset, length, url, user: named } of text === undefined ? caption_entities : entities) {
    const words = whole.slice(offset, offset + length);
    let shown = words;
    if ((type === "mention" && words.toLowerCase() === `@${own}`) || (type === "text_mention" && named?.id === self.id)) shown = "";
    if (type === "bot_command" && offset === 0) {
      const [command = "", bot] = words.slice(1).toLowerCase().split("@");
      isForAnother = bot !== undefined && bot !== own;
      shown = command === "start" ? "!help" : `!${command}`;
      isMentioned ||= bot === own || isMenuCommand(command);
    }
    if (type === "text_link" && url !== undefined && !words.includes(url)) shown = `[${words}](${url})`;
    if (shown === words || offset < upTo) continue;
    isMentioned ||= shown === "";
    written += whole.slice(upTo, offset) + shown;
    upTo = offset + length;
  }
  const read = (written + whole.slice(upTo)).trim();
  // A deep link's payload, `/start XYZ`, says nothing to the hub.
  return { text: read.replace(/^!help [\w-]{1,64}$/, "!help"), isMentioned, isForAnother };
}

/** The message that opened a topic is answered by all of it, and by nobody. */
function isAnswerTo({ reply_to_message: answered, ...message }: TelegramMessage, self: Self): boolean {
  return answered?.from?.id === self.id && placeOf(message).threadId !== String(answered.message_id);
}

function filesOf({ message_id: id, photo, voice, audio, video, video_note: round, animation, document }: TelegramMessage): TelegramFile[] {
  const found = [
    // The same picture in several sizes, the largest last.
    [photo.at(-1), `photo-${id}.jpg`, "image/jpeg"],
    [voice, `voice-${id}.ogg`, "audio/ogg"],
    [audio, `audio-${id}.mp3`, "audio/mpeg"],
    [video ?? round, `video-${id}.mp4`, "video/mp4"],
    // An animation comes as a document, too.
    [animation ?? document, `file-${id}`, undefined],
  ] as const;
  return found.flatMap(([one, file_name, mime_type]) => (one ? [{ file_name, mime_type, ...one }] : []));
}

/** What has no text, in words. */
function wordsFor({ sticker, location }: TelegramMessage): string[] {
  return [sticker ? `[sticker: ${sticker.emoji}]` : "", location ? `[location: ${location.latitude}, ${location.longitude}]` : ""];
}
