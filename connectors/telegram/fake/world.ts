/** Chats, people and what is said there: the fake's own books, and what a person does by hand. */
import { CALLBACK_ANSWER_MAX } from "./rules.ts";
import { type FakeChat, type FakeFile, type FakeMessage, type FakeUser, Refusal } from "./shapes.ts";

export interface Update {
  readonly update_id: number;
  readonly [kind: string]: unknown;
}

/** A press on a button, until it is answered or too old. */
export interface Press {
  readonly id: string;
  readonly from: FakeUser;
  readonly at: number;
  answer?: { readonly text?: string | undefined; readonly alert: boolean } | undefined;
}

export interface SaidOptions {
  /** A topic of a forum. */
  readonly thread?: number | undefined;
  readonly replyTo?: number | undefined;
  readonly file?: FakeFile | undefined;
  readonly fileKind?: "document" | "photo" | "voice" | undefined;
  readonly album?: string | undefined;
}

export interface World {
  readonly bot: FakeUser & Readonly<Record<string, unknown>>;
  readonly chats: Map<number, FakeChat>;
  readonly files: Map<string, FakeFile>;
  readonly presses: Map<string, Press>;
  readonly updates: Update[];
  now(): number;
  chat(id: number | string): FakeChat;
  /** Adds a message; the caller has checked it. */
  keep(chat: FakeChat, message: Pick<FakeMessage, "from"> & Partial<FakeMessage>): FakeMessage;
  /** Queues an update for the bot. */
  push(kind: string, body: unknown): Update;
  /** The API's JSON of a message. */
  shown(message: FakeMessage): Record<string, unknown>;
  say(chat: number, from: FakeUser, text: string, options?: SaidOptions): { readonly message: FakeMessage; readonly update: Update };
  press(message: FakeMessage, from: FakeUser, data: string): { readonly press: Press; readonly update: Update };
  changeText(message: FakeMessage, text: string): Update;
  react(message: FakeMessage, from: FakeUser, emoji: string): Update;
  /** Somebody deletes a topic, and with it all that was said there. */
  removeTopic(chat: FakeChat, thread: number): void;
  /** A group becomes a supergroup with another id. */
  migrate(chat: FakeChat, to: number): void;
}

export function createWorld(bot: World["bot"], now: () => number): World {
  const chats = new Map<number, FakeChat>();
  const presses = new Map<string, Press>();
  const updates: Update[] = [];
  let lastUpdate = 1000;
  let lastMessage = 0;

  function push(kind: string, body: unknown): Update {
    const update = { update_id: (lastUpdate += 1), [kind]: body };
    updates.push(update);
    return update;
  }

  function keep(chat: FakeChat, message: Pick<FakeMessage, "from"> & Partial<FakeMessage>): FakeMessage {
    const kept: FakeMessage = {
      message_id: (lastMessage += 1),
      chat: chat.id,
      date: Math.floor(now() / 1000),
      text: "",
      entities: [],
      pinged: [],
      keyboard: [],
      isDeleted: false,
      reactions: new Map(),
      ...message,
    };
    chat.messages.set(kept.message_id, kept);
    return kept;
  }

  function shownChat({ id, type, title, isForum }: FakeChat): Record<string, unknown> {
    return { id, type, ...(type === "private" ? { first_name: title } : { title }), ...(isForum ? { is_forum: true } : {}) };
  }

  function shown(message: FakeMessage): Record<string, unknown> {
    const chat = find(message.chat);
    const { file, fileKind = "document", thread, isTopic, replyTo } = message;
    const words = message.text === "" ? {} : { [file ? "caption" : "text"]: message.text };
    const marks = message.entities.length === 0 ? {} : { [file ? "caption_entities" : "entities"]: message.entities };
    // Without a reply of its own a message of a topic answers the service message that opened it.
    const answered = replyTo ?? (isTopic ? thread : undefined);
    const target = answered === undefined ? undefined : chat.messages.get(answered);
    return {
      message_id: message.message_id,
      from: message.from,
      chat: shownChat(chat),
      date: message.date,
      ...(thread === undefined ? {} : { message_thread_id: thread }),
      ...(isTopic ? { is_topic_message: true } : {}),
      ...(message.editedAt === undefined ? {} : { edit_date: message.editedAt }),
      ...(message.album === undefined ? {} : { media_group_id: message.album }),
      ...(target ? { reply_to_message: { ...shown({ ...target, replyTo: undefined, isTopic: false }), reply_to_message: undefined } } : {}),
      ...words,
      ...marks,
      ...message.service,
      ...(file ? { [fileKind]: shownFile(file, fileKind) } : {}),
      ...(message.keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: message.keyboard } }),
    };
  }

  function find(id: number | string): FakeChat {
    const chat = chats.get(Number(id));
    if (!chat) throw new Refusal(400, "Bad Request: chat not found");
    return chat;
  }

  const world: World = {
    bot,
    chats,
    files: new Map(),
    presses,
    updates,
    now,
    chat: find,
    keep,
    push,
    shown,
    say(id, from, text, { thread, replyTo, ...rest } = {}) {
      const chat = find(id);
      const topic = thread !== undefined && chat.topics.has(thread);
      const chain = replyTo === undefined || topic ? undefined : (chat.messages.get(replyTo)?.thread ?? replyTo);
      const entities = mentionsIn(text);
      const place = { thread: topic ? thread : chat.type === "private" ? undefined : chain, isTopic: topic || undefined, replyTo };
      const message = keep(chat, { from, text, entities, ...place, ...rest });
      if (message.file) world.files.set(message.file.file_id, message.file);
      return { message, update: push("message", shown(message)) };
    },
    press(message, from, data) {
      const press: Press = { id: `cb${presses.size + 1}`, from, at: now() };
      presses.set(press.id, press);
      const body = { id: press.id, from, message: shown(message), chat_instance: "1", data };
      return { press, update: push("callback_query", body) };
    },
    changeText(message, text) {
      Object.assign(message, { text, entities: mentionsIn(text), editedAt: Math.floor(now() / 1000) });
      return push("edited_message", shown(message));
    },
    react(message, from, emoji) {
      const before = message.reactions.get(from.id);
      message.reactions.set(from.id, emoji);
      const asList = (one: string | undefined): unknown[] => (one === undefined ? [] : [{ type: "emoji", emoji: one }]);
      const chat = shownChat(find(message.chat));
      const body = { chat, message_id: message.message_id, user: from, date: Math.floor(now() / 1000) };
      return push("message_reaction", { ...body, old_reaction: asList(before), new_reaction: asList(emoji) });
    },
    removeTopic(chat, thread) {
      chat.topics.delete(thread);
      for (const message of chat.messages.values()) if (message.thread === thread) message.isDeleted = true;
    },
    migrate(chat, to) {
      const old = chat.id;
      const grown: FakeChat = { ...chat, id: to, type: "supergroup", messages: new Map(), topics: new Map() };
      chats.set(to, grown);
      chat.migratedTo = to;
      const from = { id: 1, is_bot: false, first_name: "Group" };
      push("message", shown(keep(chat, { from, service: { migrate_to_chat_id: to } })));
      push("message", shown(keep(grown, { from, service: { migrate_from_chat_id: old } })));
    },
  };
  return world;
}

/** The entities a client adds to what a person types. */
function mentionsIn(text: string): FakeMessage["entities"] {
  const found = (type: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length }));
  return [...found("mention", /(?<!\w)@\w{3,32}/g), ...found("bot_command", /(?<!\S)\/\w{1,32}(?:@\w+)?/g)];
}

function shownFile(file: FakeFile, kind: string): unknown {
  const { file_id, file_name, mime_type, bytes } = file;
  const one = { file_id, file_unique_id: `u${file_id}`, file_size: bytes.length };
  if (kind === "photo") return [{ ...one, width: 90, height: 90 }];
  return kind === "voice" ? { ...one, duration: 3, mime_type } : { ...one, file_name, mime_type };
}

export function answerPress(
  press: Press,
  answer: { text?: string | undefined; alert: boolean },
  { now, patienceMs }: { now: number; patienceMs: number },
): void {
  const isOver = now - press.at > patienceMs || press.answer !== undefined;
  if (isOver) throw new Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
  if ((answer.text?.length ?? 0) > CALLBACK_ANSWER_MAX) throw new Refusal(400, "Bad Request: MESSAGE_TOO_LONG");
  press.answer = answer;
}
