/**
 * From the hub to Slack: messages, changes, reactions, words for one person. One call at a time for each channel, since Slack orders by arrival;
 * none is made twice by itself. Slack knows no key of ours: the metadata of each message carries it, and is looked for when an answer was lost.
 */
import { z } from "zod";
import type { ConnectorContext, Place, Powers } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { OutboundMessage, Receipt, SendResult } from "../../src/contract/message.ts";
import type { CardMemory } from "../shared/card-memory.ts";
import { emojiName } from "../shared/emoji-names.ts";
import type { Lanes } from "../shared/lanes.ts";
import { encodeMrkdwn } from "../shared/markdown/mrkdwn.ts";
import { CLOSED, codeOf, dropped, resultOf } from "../shared/api-error.ts";
import { type Api, apiErrorOf, type Arguments } from "./api.ts";
import type { Self } from "./decode.ts";
import { encodeEdit, encodeMessage, METADATA_TYPE } from "./encode.ts";
import type { SlackFiles } from "./files.ts";
import { allAfter, type Told } from "./history.ts";
import { isChannelId, isTs, readingKey, stamps, tsOfEvent } from "./ids.ts";

/** Of two clocks. */
const SKEW_MS = 2000;
/** A message may stand in the history a little later than it was taken. */
const SETTLES_MS = 3000;

/** chat.postMessage, "Errors" (2026): nothing was posted. */
const BAD_DRAWING = /^(invalid_blocks|invalid_blocks_format|msg_blocks_too_long)$/;

const posted = z.object({ ts: z.string() });
const delivery = z.object({ event_type: z.literal(METADATA_TYPE), event_payload: z.object({ delivery_id: z.string() }) });
const withFiles = z.array(z.object({ name: z.string().nullish() })).catch([]);

export interface SendParts {
  readonly api: Api;
  readonly lanes: Lanes;
  readonly cards: CardMemory;
  readonly files: SlackFiles;
  readonly context: Pick<ConnectorContext, "now" | "setTimer" | "log">;
  readonly homeChat: string | undefined;
  readonly self: () => Self;
  readonly isClosed: () => boolean;
  readonly onReceipt: () => void;
}

export interface Send {
  readonly send: (message: OutboundMessage) => Promise<SendResult>;
  readonly can: Required<Pick<Powers, "react" | "typing" | "openThread" | "whisper" | "reconcile">>;
}

export function createSend({ api, lanes, cards, files, context, homeChat, self, isClosed, onReceipt }: SendParts): Send {
  function send(message: OutboundMessage): Promise<SendResult> {
    const { edits, card, chatId = homeChat, threadId } = message;
    const channel = edits?.chatId ?? chatId ?? "";
    if (channel === "") return Promise.resolve(dropped("no chat was named, and the account has no channel_id"));
    const ids = [threadId, edits?.messageId].filter((id) => id !== undefined);
    return inTurn(channel, ids, async () => {
      if (card) await cards.keep(card);
      return edits ? change(message, channel, edits) : create(message, channel);
    });
  }

  /** `ids`: of messages, which must look like some. */
  async function inTurn(channel: string, ids: readonly string[], work: () => Promise<SendResult>): Promise<SendResult> {
    if (!isChannelId(channel) || !ids.every(isTs)) return dropped("there is no such message or channel");
    try {
      return await lanes.run(`send/${channel}`, async () => (isClosed() ? CLOSED : work()));
    } catch (thrown) {
      return resultOf(thrown instanceof HubError ? thrown : apiErrorOf(thrown));
    }
  }

  async function create(message: OutboundMessage, channel: string): Promise<SendResult> {
    const { attachments = [], threadId } = message;
    const { text, ...fields } = encodeMessage(message);
    // Words and files are one message, which cannot have buttons; the words say what to type.
    const ts =
      attachments.length > 0
        ? await files.share(attachments, { channel, thread: threadId, text })
        : posted.parse(await drawn("chat.postMessage", { channel, text, ...fields })).ts;
    return sent(ts, { chatId: channel, threadId });
  }

  async function change(message: OutboundMessage, channel: string, { messageId: ts, threadId }: Receipt): Promise<SendResult> {
    await drawn("chat.update", { channel, ts, ...encodeEdit(message) });
    return sent(ts, { chatId: channel, threadId });
  }

  /** A card that Slack does not want to draw goes in words, which say what to type. */
  async function drawn(method: string, { blocks, ...words }: Arguments): Promise<Record<string, unknown>> {
    try {
      return await api.call(method, { ...words, ...(blocks ? { blocks } : {}) });
    } catch (thrown) {
      if (!blocks || !BAD_DRAWING.test(codeOf(thrown))) throw thrown;
      context.log.warn({ reason: (thrown as Error).message }, "Slack does not draw the card; it goes in words");
      return api.call(method, words);
    }
  }

  /** Of shared files Slack may not tell yet in which message they stand. */
  function sent(messageId: string | undefined, at: Omit<Receipt, "messageId">): SendResult {
    onReceipt();
    return { delivered: true, outcome: "sent", ...(messageId === undefined ? {} : { messageId, receipt: { messageId, ...at } }) };
  }

  function react({ chatId }: Place, { messageId, chatId: channel = chatId }: Receipt, emoji: string): Promise<SendResult> {
    const timestamp = tsOfEvent(messageId) ?? messageId;
    const name = emojiName(emoji);
    if (name === undefined) return Promise.resolve(dropped(`Slack has no name for ${emoji}`));
    return inTurn(channel, [timestamp], async () => {
      try {
        await api.call("reactions.add", { channel, timestamp, name });
      } catch (thrown) {
        if (codeOf(thrown) !== "already_reacted") throw thrown;
      }
      return { delivered: true, outcome: "sent", messageId };
    });
  }

  /** Nothing to call: a thread is there once somebody answers in it. */
  async function openThread(_place: Place, from: string): Promise<{ threadId: string }> {
    const threadId = tsOfEvent(from);
    if (threadId === undefined) throw new HubError("not_allowed", { reason: "no thread can be opened there: it was no message" });
    return { threadId };
  }

  async function whisper({ chatId, threadId }: Place, user: string, text: string): Promise<void> {
    const thread = threadId === undefined ? {} : { thread_ts: threadId };
    await api.call("chat.postEphemeral", { channel: chatId, user, text: encodeMrkdwn(text), parse: "none", link_names: false, ...thread });
  }

  /** A status line is shown in threads only. */
  async function typing({ chatId, threadId }: Place): Promise<void> {
    if (threadId === undefined || isClosed()) return;
    await api.call("assistant.threads.setStatus", { channel_id: chatId, thread_ts: threadId, status: "is working…" });
  }

  async function reconcile(message: OutboundMessage, since: string): Promise<Receipt | undefined> {
    const { chatId: channel = homeChat ?? "", threadId, idempotencyKey } = message;
    const youngMs = Date.parse(since) + SETTLES_MS - context.now();
    if (youngMs > 0) await new Promise<void>((resolve) => void context.setTimer(youngMs, resolve));
    const oldest = stamps.at(Date.parse(since) - SKEW_MS);
    const told = await allAfter(api, readingKey({ channel, thread: threadId }), { oldest, include_all_metadata: true });
    const isIt = (one: Told): boolean =>
      message.attachments?.length
        ? isShareOf(one, message)
        : delivery.safeParse(one["metadata"]).data?.event_payload.delivery_id === idempotencyKey;
    const found = idempotencyKey === undefined ? undefined : told.findLast((one) => one["user"] === self().userId && isIt(one));
    return found && { messageId: found.ts, chatId: channel, threadId };
  }

  return { send, can: { react, typing, openThread, whisper, reconcile } };
}

/** Files carry no metadata: the same words with files of the same names. */
function isShareOf(told: Told, message: OutboundMessage): boolean {
  const names = (message.attachments ?? []).map(({ name }) => name).join("/");
  const shown = withFiles.parse(told["files"]).map(({ name }) => name);
  return told["text"] === encodeMessage(message).text && shown.join("/") === names;
}
