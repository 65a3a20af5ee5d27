/** The Bot API's methods over the fake's books. Each throws a Refusal in the API's words for what the API refuses. */
import { z } from "zod";
import type { Pacer } from "./pace.ts";
import { checkKeyboard, checkText, checkTopicName, CAPTION_MAX, DOWNLOAD_BYTES, GENERAL_TOPIC, pingedBy, REACTIONS } from "./rules.ts";
import { type FakeChat, type FakeFile, type FakeMessage, Refusal } from "./shapes.ts";
import { answerPress, type World } from "./world.ts";

export interface Desk {
  readonly world: World;
  readonly pacer: Pacer;
  /** How long a press may wait for its answer, ms. */
  readonly pressPatienceMs: number;
  /** The commands set, by scope and language. */
  readonly commands: Map<string, unknown>;
}

/** A call as it came: fields already parsed from JSON or a form, files beside them. */
export interface Call {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: ReadonlyMap<string, FakeFile>;
}

const id = z.coerce.number().int();
const entity = z.object({
  type: z.string(),
  offset: z.number(),
  length: z.number(),
  url: z.string().optional(),
  language: z.string().optional(),
  user: z.object({ id: z.number() }).optional(),
});
const button = z.object({ text: z.string(), callback_data: z.string().optional(), url: z.string().optional() });
const keyboard = z.object({ inline_keyboard: z.array(z.array(button)) }).transform(({ inline_keyboard }) => inline_keyboard);
const place = z.object({ chat_id: z.union([id, z.string()]), message_thread_id: id.optional() });
const reply = z.object({ message_id: id, allow_sending_without_reply: z.boolean().default(false) });
const outgoing = place.extend({ reply_markup: keyboard.default([]), reply_parameters: reply.optional() });
const target = z.object({ chat_id: z.union([id, z.string()]), message_id: id });

type Method = (call: Call, desk: Desk) => unknown;

/** Those a bot may use; everything else is 404. `getUpdates` and webhooks are the server's. */
export const METHODS: Readonly<Record<string, Method>> = {
  getMe: (_call, { world }) => world.bot,

  sendMessage({ fields }, desk) {
    const { text, entities, ...to } = parse(outgoing.extend({ text: z.string(), entities: z.array(entity).default([]) }), fields);
    const { chat, thread } = reachable(to, desk);
    checkText(text, entities);
    return sent(chat, desk, { ...addressed(chat, to, thread), text, entities });
  },

  sendDocument: (call, desk) => sendFile(call, desk, "document"),
  sendPhoto: (call, desk) => sendFile(call, desk, "photo"),

  editMessageText({ fields }, desk) {
    const shape = target.extend({ text: z.string(), entities: z.array(entity).default([]), reply_markup: keyboard.default([]) });
    const { text, entities, reply_markup, ...at } = parse(shape, fields);
    const message = own(at, desk);
    checkText(text, entities);
    return edited(message, { text, entities, keyboard: reply_markup }, desk);
  },

  editMessageReplyMarkup({ fields }, desk) {
    const { reply_markup, ...at } = parse(target.extend({ reply_markup: keyboard.default([]) }), fields);
    const message = own(at, desk);
    return edited(message, { text: message.text, entities: message.entities, keyboard: reply_markup }, desk);
  },

  deleteMessage({ fields }, desk) {
    own(parse(target, fields), desk).isDeleted = true;
    return true;
  },

  sendChatAction({ fields }, desk) {
    reachable(parse(place.extend({ action: z.enum(["typing", "upload_document"]) }), fields), desk);
    return true;
  },

  setMessageReaction({ fields }, desk) {
    const one = z.object({ type: z.literal("emoji"), emoji: z.string() });
    const { reaction, ...at } = parse(target.extend({ reaction: z.array(one).max(1, "REACTIONS_TOO_MANY").default([]) }), fields);
    const { chat } = reachable(at, desk);
    const message = present(chat, at.message_id, "message to react not found");
    const emoji = reaction[0]?.emoji;
    if (emoji !== undefined && !REACTIONS.includes(emoji)) throw new Refusal(400, "Bad Request: REACTION_INVALID");
    if (emoji === undefined) message.reactions.delete(desk.world.bot.id);
    else message.reactions.set(desk.world.bot.id, emoji);
    return true;
  },

  answerCallbackQuery({ fields }, { world, pressPatienceMs }) {
    const shape = z.object({ callback_query_id: z.string(), text: z.string().optional(), show_alert: z.boolean().default(false) });
    const { callback_query_id, text, show_alert } = parse(shape, fields);
    const press = world.presses.get(callback_query_id);
    if (!press) throw new Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
    answerPress(press, { text, alert: show_alert }, { now: world.now(), patienceMs: pressPatienceMs });
    return true;
  },

  createForumTopic({ fields }, desk) {
    const { name, chat_id } = parse(place.extend({ name: z.string() }), fields);
    const chat = forum(chat_id, desk);
    checkTopicName(name);
    const opened = desk.world.keep(chat, { from: desk.world.bot, service: { forum_topic_created: { name, icon_color: 7322096 } } });
    chat.topics.set(opened.message_id, { name, isOpen: true });
    return { message_thread_id: opened.message_id, name, icon_color: 7322096 };
  },

  editForumTopic({ fields }, desk) {
    const { name, ...at } = parse(place.extend({ name: z.string(), message_thread_id: id }), fields);
    const topic = topicOf(forum(at.chat_id, desk), at.message_thread_id);
    checkTopicName(name);
    if (topic.name === name) throw new Refusal(400, "Bad Request: TOPIC_NOT_MODIFIED");
    topic.name = name;
    return true;
  },

  closeForumTopic: (call, desk) => setOpen(call, desk, false),
  reopenForumTopic: (call, desk) => setOpen(call, desk, true),

  getChat({ fields }, { world }) {
    const { id: chat, type, title, isForum, mayWrite } = world.chat(parse(place, fields).chat_id);
    const permissions = type === "private" ? {} : { permissions: { can_send_messages: mayWrite } };
    return { id: chat, type, title, ...permissions, ...(isForum ? { is_forum: true } : {}), accent_color_id: 0, max_reaction_count: 11 };
  },

  getChatMember({ fields }, { world }) {
    const { chat_id, user_id } = parse(place.extend({ user_id: id }), fields);
    const chat = world.chat(chat_id);
    if (user_id !== world.bot.id) return { status: "member", user: { id: user_id, is_bot: false, first_name: "Somebody" } };
    const rights = chat.bot === "administrator" ? { can_manage_topics: chat.canManageTopics } : {};
    return { status: chat.bot, user: world.bot, ...rights };
  },

  setMyCommands({ fields }, { commands }) {
    const one = z.object({
      command: z.string().regex(/^[a-z0-9_]{1,32}$/, "BOT_COMMAND_INVALID"),
      description: z.string().min(1).max(256),
    });
    const shape = z.object({ commands: z.array(one).max(100), scope: z.unknown().optional(), language_code: z.string().default("") });
    const { commands: set, scope, language_code } = parse(shape, fields);
    commands.set(JSON.stringify([scope ?? null, language_code]), set);
    return true;
  },

  getMyCommands: ({ fields }, { commands }) => commands.get(JSON.stringify([fields["scope"] ?? null, fields["language_code"] ?? ""])) ?? [],

  getFile({ fields }, { world }) {
    const { file_id } = parse(z.object({ file_id: z.string() }), fields);
    const file = world.files.get(file_id);
    if (!file) throw new Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable");
    if (file.bytes.length > DOWNLOAD_BYTES) throw new Refusal(400, "Bad Request: file is too big");
    return { file_id, file_unique_id: `u${file_id}`, file_size: file.bytes.length, file_path: `documents/${file_id}` };
  },
};

/** What sends a message that people see: faults are for these. */
export const SENDING = ["sendMessage", "sendDocument", "sendPhoto"];

function sendFile({ fields, files }: Call, desk: Desk, kind: "document" | "photo"): unknown {
  const shape = outgoing.extend({ caption: z.string().default(""), caption_entities: z.array(entity).default([]) });
  const { caption, caption_entities, ...to } = parse(shape, fields);
  const { chat, thread } = reachable(to, desk);
  const name = String(fields[kind]).replace(/^attach:\/\//, "");
  const file = files.get(name) ?? desk.world.files.get(name);
  if (!file) throw new Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified");
  if (file.bytes.length === 0) throw new Refusal(400, "Bad Request: file must be non-empty");
  checkText(caption, caption_entities, CAPTION_MAX);
  desk.world.files.set(file.file_id, file);
  return sent(chat, desk, { ...addressed(chat, to, thread), text: caption, entities: caption_entities, file, fileKind: kind });
}

/** The chat and topic of a call, where the bot may say something now. */
function reachable(
  { chat_id, message_thread_id }: z.infer<typeof place>,
  { world, pacer }: Desk,
): { chat: FakeChat; thread: number | undefined } {
  const chat = world.chat(chat_id);
  if (chat.migratedTo !== undefined)
    throw new Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: chat.migratedTo });
  if (chat.isBlocked) throw new Refusal(403, "Forbidden: bot was blocked by the user");
  if (!chat.mayWrite && chat.bot === "member") throw new Refusal(400, "Bad Request: not enough rights to send text messages to the chat");
  if (chat.bot === "kicked") throw new Refusal(403, `Forbidden: bot was kicked from the ${chat.type} chat`);
  if (message_thread_id !== undefined) {
    // In ordinary groups a number along a chain of replies names no topic.
    const topic = message_thread_id === GENERAL_TOPIC ? undefined : chat.topics.get(message_thread_id);
    if (!topic) throw new Refusal(400, "Bad Request: message thread not found");
    if (!topic.isOpen && !chat.canManageTopics) throw new Refusal(400, "Bad Request: TOPIC_CLOSED");
  }
  pacer.take(chat);
  return { chat, thread: message_thread_id };
}

function addressed(
  chat: FakeChat,
  { reply_markup, reply_parameters }: z.infer<typeof outgoing>,
  thread: number | undefined,
): Partial<FakeMessage> {
  checkKeyboard(reply_markup);
  const answered = reply_parameters && chat.messages.get(reply_parameters.message_id);
  const isGone = reply_parameters && (!answered || answered.isDeleted);
  if (isGone && !reply_parameters.allow_sending_without_reply) throw new Refusal(400, "Bad Request: message to be replied not found");
  const replyTo = isGone ? undefined : reply_parameters?.message_id;
  return { keyboard: reply_markup, replyTo, ...(thread === undefined ? {} : { thread, isTopic: true }) };
}

function sent(chat: FakeChat, { world }: Desk, message: Partial<FakeMessage>): unknown {
  const pinged = pingedBy(message.text ?? "", message.entities ?? []);
  return world.shown(world.keep(chat, { from: world.bot, ...message, pinged }));
}

/** A message of the bot's own that may be changed. */
function own({ chat_id, message_id }: z.infer<typeof target>, desk: Desk): FakeMessage {
  const { chat } = reachable({ chat_id }, desk);
  const message = present(chat, message_id, "message to edit not found");
  if (message.from.id !== desk.world.bot.id) throw new Refusal(400, "Bad Request: message can't be edited");
  return message;
}

function present(chat: FakeChat, messageId: number, otherwise: string): FakeMessage {
  const message = chat.messages.get(messageId);
  if (!message || message.isDeleted) throw new Refusal(400, `Bad Request: ${otherwise}`);
  return message;
}

function edited(message: FakeMessage, change: Pick<FakeMessage, "text" | "entities" | "keyboard">, { world }: Desk): unknown {
  checkKeyboard(change.keyboard);
  const { text, entities, keyboard: buttons } = message;
  if (JSON.stringify({ text, entities, keyboard: buttons }) === JSON.stringify(change))
    throw new Refusal(
      400,
      "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
  const pinged = [...message.pinged, ...(change.text === text ? [] : pingedBy(change.text, change.entities))];
  Object.assign(message, change, { pinged, editedAt: Math.floor(world.now() / 1000) });
  return world.shown(message);
}

function forum(chatId: number | string, desk: Desk): FakeChat {
  const { chat } = reachable({ chat_id: chatId }, desk);
  if (!chat.isForum) throw new Refusal(400, "Bad Request: the chat is not a forum");
  if (chat.type !== "private" && !chat.canManageTopics) throw new Refusal(400, "Bad Request: not enough rights to create a topic");
  return chat;
}

function topicOf(chat: FakeChat, thread: number) {
  const topic = chat.topics.get(thread);
  if (!topic) throw new Refusal(400, "Bad Request: TOPIC_ID_INVALID");
  return topic;
}

function setOpen({ fields }: Call, desk: Desk, isOpen: boolean): true {
  const { chat_id, message_thread_id } = parse(place.extend({ message_thread_id: id }), fields);
  const chat = forum(chat_id, desk);
  if (chat.type === "private") throw new Refusal(400, "Bad Request: the chat is not a supergroup");
  topicOf(chat, message_thread_id).isOpen = isOpen;
  return true;
}

export function parse<T>(schema: z.ZodType<T>, fields: unknown): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(400, `Bad Request: ${issue?.path.join(".")} ${issue?.message}`);
}
