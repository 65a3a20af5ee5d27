/**
 * From the hub to Telegram: messages, changes, reactions, typing. One call at a time for each chat, since Telegram orders by arrival; none is
 * made twice by itself, but one it refused and takes otherwise: where the topic or group goes on, or without its marks.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { ConnectorContext, Place, Powers } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment, OutboundMessage, Receipt, SendResult } from "../../src/contract/message.ts";
import { CLOSED, dropped, resultOf } from "../shared/api-error.ts";
import type { TextWithEntities } from "../shared/markdown/entities.ts";
import type { Lanes } from "../shared/lanes.ts";
import { type Api, isMarkup, isTopicGone, isUnchanged, Refused } from "./api.ts";
import type { CardPresses } from "./cards.ts";
import { CHAT_ID } from "./config.ts";
import {
  CAPTION_MAX,
  encodeButtons,
  encodeReaction,
  encodeReply,
  encodeSilence,
  encodeText,
  encodeThread,
  type Markup,
  NO_PREVIEW,
} from "./encode.ts";
import { type MessageId, messageIdOf, parseMessageId } from "./ids.ts";
import type { Topics } from "./topics.ts";

/** Bot API, "Sending files" (2026). */
export const UPLOAD_BYTES = 50 * 1024 * 1024;
const UPLOAD_WAIT_MS = 300_000;
/** Longer than the hub tries one message again. */
const TRIED_MS = 86_400_000;

const shown = z.object({ message_id: z.number() });

export interface SendParts {
  readonly api: Api;
  readonly state: Keyv;
  readonly lanes: Lanes;
  readonly cards: CardPresses;
  readonly topics: Topics;
  readonly files: ConnectorContext["files"];
  readonly homeChat: string | undefined;
  readonly isClosed: () => boolean;
  readonly onReceipt: () => void;
  /** A chat or topic goes on elsewhere. Never rejects. */
  readonly onMoved: (from: Place, to: Place) => Promise<void>;
}

export interface Send {
  readonly send: (message: OutboundMessage) => Promise<SendResult>;
  readonly can: Required<Pick<Powers, "react" | "typing" | "openThread" | "whisper">>;
}

export function createSend(parts: SendParts): Send {
  const { api, state, lanes, cards, topics, files, homeChat = "", isClosed, onReceipt, onMoved } = parts;

  async function send(message: OutboundMessage): Promise<SendResult> {
    const { edits, chatId = homeChat, threadId } = message;
    if (edits) return onMessage(edits.messageId, (at) => change(message, at, edits));
    if (chatId === "") return dropped("no chat was named, and the account has no chat_id");
    if (!CHAT_ID.test(chatId) || !/^\d*$/.test(threadId ?? "")) return dropped("there is no such chat or topic");
    return inTurn(chatId, () => reaching({ chatId, threadId }, (place) => create(message, place)));
  }

  async function inTurn(chat: string, work: () => Promise<SendResult>): Promise<SendResult> {
    try {
      return await lanes.run(`send/${chat}`, async () => (isClosed() ? CLOSED : work()));
    } catch (thrown) {
      return resultOf(thrown);
    }
  }

  async function onMessage(messageId: string, work: (at: MessageId) => Promise<SendResult>): Promise<SendResult> {
    const at = parseMessageId(messageId);
    return at ? inTurn(at.chat, () => work(at)) : dropped("there is no such message");
  }

  /** Where Telegram says that the place goes on elsewhere, the same is done there: what it refuses so it has not done. */
  async function reaching(place: Place, work: (place: Place) => Promise<SendResult>): Promise<SendResult> {
    const { chatId, threadId } = place;
    // The hub knows of it before anybody can answer there.
    const goOn = (from: Place, to: Place): Promise<SendResult> => onMoved(from, to).then(() => work(to));
    try {
      return await work(place);
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.migratedTo !== undefined) return goOn({ chatId }, { chatId: thrown.migratedTo, threadId });
      if (!isTopicGone(thrown) || threadId === undefined) throw thrown;
      return goOn(place, { chatId, threadId: await topics.reopen(chatId, threadId) });
    }
  }

  async function create(message: OutboundMessage, { chatId: chat, threadId }: Place): Promise<SendResult> {
    const to = { chat_id: chat, ...encodeThread(threadId), ...encodeReply(message.replyTo, chat), ...encodeSilence(message) };
    const { message_id: id } = await marked(message, chat, (text, markup) => post(message, to, { ...text, ...markup }));
    return sent({ messageId: messageIdOf(chat, id), chatId: chat, threadId });
  }

  /** With its marks and buttons; where Telegram cannot read those, without. */
  async function marked<T>(
    message: OutboundMessage,
    chat: string,
    call: (text: TextWithEntities, markup: Markup) => Promise<T>,
  ): Promise<T> {
    const rows = message.card ? await cards.draw(message.card, chat) : [];
    const encoded = encodeText(message);
    try {
      return await call(encoded, encodeButtons(rows));
    } catch (thrown) {
      if (!isMarkup(thrown)) throw thrown;
      const presses = rows.map((row) => row.filter(({ url }) => url === undefined)).filter((row) => row.length > 0);
      return call({ text: encoded.text, entities: [] }, encodeButtons(presses));
    }
  }

  /** In one call where there is one that takes all of it; else the files first, each once for all attempts, and then the words. */
  async function post({ attachments = [], text: said, idempotencyKey }: OutboundMessage, to: object, body: TextWithEntities & Markup) {
    const { text, entities, ...markup } = body;
    const isSilent = said.trim() === "";
    const last = isSilent || (attachments.length === 1 && text.length <= CAPTION_MAX) ? attachments.at(-1) : undefined;
    await documents(last ? attachments.slice(0, -1) : attachments, to, idempotencyKey);
    if (last) return document(last, { ...to, ...(isSilent ? {} : { caption: text, caption_entities: entities }), ...markup });
    return api.call("sendMessage", { ...to, text, entities, ...NO_PREVIEW, ...markup }, shown);
  }

  async function documents(attachments: readonly Attachment[], to: object, idempotencyKey: string | undefined): Promise<void> {
    const key = `files:${idempotencyKey ?? ""}`;
    const done = (idempotencyKey === undefined ? undefined : await state.get<number>(key)) ?? 0;
    for (const [at, file] of attachments.entries()) {
      if (at < done) continue;
      await document(file, to);
      if (idempotencyKey !== undefined) await state.set(key, at + 1, TRIED_MS);
    }
  }

  async function document(file: Attachment, fields: object): Promise<z.infer<typeof shown>> {
    const { name, sizeBytes } = file;
    if (sizeBytes > UPLOAD_BYTES) throw new HubError("file_too_large", { name, max: "50 MiB" });
    const content = await api.upload(name, await files.open(file));
    return api.call("sendDocument", { ...fields, document: content }, shown, { waitMs: UPLOAD_WAIT_MS });
  }

  async function change(message: OutboundMessage, { chat, id }: MessageId, receipt: Receipt): Promise<SendResult> {
    const at = { chat_id: chat, message_id: id, ...NO_PREVIEW };
    try {
      await marked(message, chat, (text, markup) => api.call("editMessageText", { ...at, ...text, ...markup }, z.unknown()));
    } catch (thrown) {
      const to = thrown instanceof Refused ? thrown.migratedTo : undefined;
      if (to !== undefined) await onMoved({ chatId: chat }, { chatId: to });
      if (!isUnchanged(thrown)) throw thrown;
    }
    return sent(receipt);
  }

  function sent(receipt: Receipt): SendResult {
    onReceipt();
    return { delivered: true, outcome: "sent", messageId: receipt.messageId, receipt };
  }

  const react: Send["can"]["react"] = (_place, { messageId }, emoji) =>
    onMessage(messageId, async ({ chat, id }) => {
      await api.call("setMessageReaction", { chat_id: chat, message_id: id, reaction: encodeReaction(emoji) }, z.unknown());
      return { delivered: true, outcome: "sent", messageId };
    });

  async function typing({ chatId, threadId }: Place): Promise<void> {
    if (isClosed()) return;
    await api.call("sendChatAction", { chat_id: chatId, ...encodeThread(threadId), action: "typing" }, z.unknown());
  }

  /** In the private chat, which has the person's own id: in a group Telegram promises no words for one person alone. */
  async function whisper(_place: Place, sender: string, text: string): Promise<void> {
    const { delivered, error = "" } = await send({ text, chatId: sender });
    if (!delivered) throw new Error(error);
  }

  return { send, can: { react, typing, openThread: ({ chatId }, from, title) => topics.open(chatId, from, title), whisper } };
}
