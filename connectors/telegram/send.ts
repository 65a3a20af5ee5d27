/**
 * From the hub to Telegram: messages, changes, reactions, typing. One call at a time for each chat, since Telegram orders by arrival; none is
 * made twice by itself, but where Telegram said no and would take it otherwise: in the topic or group that goes on in the place of the former,
 * or without its marks.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { ConnectorContext, Place, Powers } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment, OutboundMessage, Receipt, SendResult } from "../../src/contract/message.ts";
import type { TextWithEntities } from "../shared/markdown/entities.ts";
import type { Lanes } from "../shared/lanes.ts";
import { type Api, ApiError, apiErrorOf, isMarkup, isTopicGone, isUnchanged } from "./api.ts";
import type { CardPresses } from "./cards.ts";
import { CHAT_ID } from "./config.ts";
import type { TelegramPlace } from "./decode.ts";
import { CAPTION_MAX, encodeButtons, encodeReaction, encodeReply, encodeSilence, encodeText, type Markup, NO_PREVIEW } from "./encode.ts";
import { messageIdOf, parseMessageId } from "./ids.ts";
import type { Topics } from "./topics.ts";

/** Bot API, "Sending files" (2026). */
export const UPLOAD_BYTES = 50 * 1024 * 1024;
const UPLOAD_WAIT_MS = 300_000;
/** Of one album (sendMediaGroup, 2026). */
const MOST_FILES = 10;
/** Longer than the hub tries one message again. */
const TRIED_MS = 86_400_000;

const shown = z.object({ message_id: z.number(), chat: z.object({ id: z.number() }) });
type Sent = z.infer<typeof shown>;

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
  /** A chat or topic goes on elsewhere. */
  readonly onMoved: (from: TelegramPlace, to: TelegramPlace) => void;
}

export interface Send {
  readonly send: (message: OutboundMessage) => Promise<SendResult>;
  readonly can: Required<Pick<Powers, "react" | "typing" | "openThread" | "whisper">>;
}

export function createSend(parts: SendParts): Send {
  const { api, state, lanes, cards, topics, files, homeChat = "", isClosed, onReceipt, onMoved } = parts;

  function send(message: OutboundMessage): Promise<SendResult> {
    const { edits, chatId = homeChat, threadId } = message;
    if (edits) return onMessage(edits.messageId, (chat, id) => change(message, { chat_id: chat, message_id: id }, edits));
    if (chatId === "") return Promise.resolve(dropped("no chat was named, and the account has no chat_id"));
    if (!CHAT_ID.test(chatId) || !/^\d*$/.test(threadId ?? "")) return Promise.resolve(dropped("there is no such chat or topic"));
    return inTurn(chatId, () => reaching({ chatId, threadId }, (place) => create(message, place)));
  }

  async function inTurn(chat: string, work: () => Promise<SendResult>): Promise<SendResult> {
    try {
      return await lanes.run(`send/${chat}`, async () =>
        isClosed() ? { ...dropped("the connector is closed"), verdict: { do: "retry" } } : work(),
      );
    } catch (thrown) {
      return thrown instanceof HubError ? dropped(thrown.message) : apiErrorOf(thrown).result;
    }
  }

  function onMessage(messageId: string, work: (chat: string, id: number) => Promise<SendResult>): Promise<SendResult> {
    const at = parseMessageId(messageId);
    return at ? inTurn(at.chat, () => work(at.chat, at.id)) : Promise.resolve(dropped("there is no such message"));
  }

  /** Where Telegram says that the place goes on elsewhere, the same is done there: what it refuses so it has not done. */
  async function reaching(place: TelegramPlace, work: (place: TelegramPlace) => Promise<SendResult>): Promise<SendResult> {
    try {
      return await work(place);
    } catch (thrown) {
      const { chatId, threadId } = place;
      const to = thrown instanceof ApiError ? await afterwards(thrown, place) : undefined;
      if (!to) throw thrown;
      onMoved(to.chatId === chatId ? { chatId, threadId } : { chatId }, to);
      return work(to);
    }
  }

  async function afterwards(error: ApiError, { chatId, threadId }: TelegramPlace): Promise<TelegramPlace | undefined> {
    if (error.migratedTo !== undefined) return { chatId: error.migratedTo, threadId };
    if (!isTopicGone(error) || threadId === undefined) return undefined;
    return { chatId, threadId: await topics.reopen(chatId, threadId) };
  }

  async function create(message: OutboundMessage, { chatId: chat, threadId }: TelegramPlace): Promise<SendResult> {
    const thread = threadId === undefined ? {} : { message_thread_id: Number(threadId) };
    const to = { chat_id: chat, ...thread, ...encodeReply(message.replyTo, chat), ...encodeSilence(message) };
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
      if (!(thrown instanceof ApiError) || !isMarkup(thrown)) throw thrown;
      const presses = rows.map((row) => row.filter(({ url }) => url === undefined)).filter((row) => row.length > 0);
      return call({ text: encoded.text, entities: [] }, encodeButtons(presses));
    }
  }

  /** In one call where there is one that takes all of it; else the files first, once for all attempts, and then the words. */
  async function post(
    { attachments = [], text: said, idempotencyKey }: OutboundMessage,
    to: object,
    body: TextWithEntities & Markup,
  ): Promise<Sent> {
    const { text, entities, ...markup } = body;
    const words = (): Promise<Sent> => api.call("sendMessage", { ...to, text, entities, ...NO_PREVIEW, ...markup }, shown);
    if (attachments.length === 0) return words();
    const isCaption =
      text.length <= CAPTION_MAX && (attachments.length === 1 || (attachments.length <= MOST_FILES && !markup.reply_markup));
    if (isCaption || said.trim() === "")
      return documents(attachments, to, said.trim() === "" ? markup : { caption: text, caption_entities: entities, ...markup });
    const key = `files:${idempotencyKey ?? ""}`;
    if (idempotencyKey === undefined || !(await state.get<boolean>(key))) await documents(attachments, to, {});
    if (idempotencyKey !== undefined) await state.set(key, true, TRIED_MS);
    return words();
  }

  /** The caption stands under the last. */
  async function documents(attachments: readonly Attachment[], to: object, caption: object): Promise<Sent> {
    const now = attachments.slice(0, MOST_FILES);
    const rest = attachments.slice(MOST_FILES);
    const under = rest.length === 0 ? caption : {};
    const media = await Promise.all(now.map(fileOf));
    const [only] = media;
    const isOne = media.length === 1;
    const album = media.map((file, at) => ({ type: "document", media: file, ...(at === media.length - 1 ? under : {}) }));
    const sentNow = isOne
      ? await api.call("sendDocument", { ...to, document: only, ...under }, shown, { waitMs: UPLOAD_WAIT_MS })
      : (await api.call("sendMediaGroup", { ...to, media: album }, z.array(shown).min(1), { waitMs: UPLOAD_WAIT_MS })).at(-1);
    return rest.length > 0 || !sentNow ? documents(rest, to, caption) : sentNow;
  }

  function fileOf(file: Attachment) {
    const { name, sizeBytes } = file;
    if (sizeBytes > UPLOAD_BYTES) throw new HubError("file_too_large", { name, max: "50 MiB" });
    return api.upload(file, () => files.open(file));
  }

  async function change(
    message: OutboundMessage,
    at: { readonly chat_id: string; readonly message_id: number },
    receipt: Receipt,
  ): Promise<SendResult> {
    try {
      await marked(message, at.chat_id, ({ text, entities }, markup) =>
        api.call("editMessageText", { ...at, text, entities, ...NO_PREVIEW, ...markup }, z.unknown()),
      );
    } catch (thrown) {
      const { migratedTo } = apiErrorOf(thrown);
      if (migratedTo !== undefined) onMoved({ chatId: at.chat_id }, { chatId: migratedTo });
      if (!isUnchanged(apiErrorOf(thrown))) throw thrown;
    }
    return sent(receipt);
  }

  function sent(receipt: Receipt): SendResult {
    onReceipt();
    return { delivered: true, outcome: "sent", messageId: receipt.messageId, receipt };
  }

  const react: Send["can"]["react"] = (_place, { messageId }, emoji) =>
    onMessage(messageId, async (chat, id) => {
      await api.call("setMessageReaction", { chat_id: chat, message_id: id, reaction: encodeReaction(emoji) }, z.unknown());
      return { delivered: true, outcome: "sent", messageId };
    });

  async function typing({ chatId, threadId }: Place): Promise<void> {
    if (isClosed()) return;
    const thread = threadId === undefined ? {} : { message_thread_id: Number(threadId) };
    await api.call("sendChatAction", { chat_id: chatId, ...thread, action: "typing" }, z.unknown());
  }

  /** In the private chat, which has the person's own id: in a group Telegram promises no words for one person alone. */
  async function whisper(_place: Place, sender: string, text: string): Promise<void> {
    const { delivered, error = "" } = await send({ text, chatId: sender });
    if (!delivered) throw new Error(error);
  }

  return { send, can: { react, typing, openThread: ({ chatId }, from, title) => topics.open(chatId, from, title), whisper } };
}

function dropped(error: string): SendResult {
  return { delivered: false, outcome: "not_sent", error, verdict: { do: "drop" } };
}
