/**
 * Outward: each event is one PUT under a transaction id of the delivery's own, so that the server shows it once however often it is sent. Rooms
 * do not wait for each other. Invariant: nothing is sent in the clear into an encrypted room.
 */
import { z } from "zod";
import type { Place } from "../../src/contract/connector.ts";
import type { Attachment, OutboundMessage, Receipt, SendResult } from "../../src/contract/message.ts";
import { ApiError, askedWaitMs, CLOSED, codeOf, dropped, notSent, resultOf } from "../shared/api-error.ts";
import { createLanes } from "../shared/lanes.ts";
import { createOwed } from "../shared/owed.ts";
import { isRefusal, MatrixTrouble, UNTOLD_RETRY_MS } from "./api.ts";
import type { Content, Placed } from "./encode.ts";
import { TYPING_MS } from "./config.ts";
import { CHOICES, path, transactionOf } from "./ids.ts";
import type { Account } from "./rooms.ts";

export type Send = ReturnType<typeof createSend>;

const sent = z.object({ event_id: z.string() });

export function createSend({ api, rooms, context, config }: Account, isClosed: () => boolean, onReceipt: () => void) {
  const { files, now, log } = context;
  const { room_id: home, user_id: userId } = config;
  const lanes = createLanes();
  const typingIn = new Set<string>();
  const seeds = createOwed({ ...context, name: "unseeded", work: seed, waitAfter });

  async function put(room: string, type: string, transaction: string, content: Content): Promise<string> {
    const { event_id } = await api.call("PUT", path`/rooms/${room}/send/${type}/${transaction}`, sent, { body: content });
    rooms.note(room, { event_id, type, sender: userId, origin_server_ts: now(), content });
    onReceipt();
    return event_id;
  }

  /** What goes wrong, as a result; `send` never rejects. */
  async function settle(name: string | undefined, work: (room: string) => Promise<Receipt>): Promise<SendResult> {
    if (isClosed()) return CLOSED;
    if (name === undefined) return dropped("the account has no home room, and the message names no other");
    try {
      // The server orders by arrival.
      const receipt = await lanes.run(name, async () => work(await openRoom(name)));
      return { delivered: true, outcome: "sent", messageId: receipt.messageId, receipt };
    } catch (thrown) {
      return resultOf(thrown);
    }
  }

  async function openRoom(name: string): Promise<string> {
    const room = await rooms.idOf(name).catch(unsent);
    if (await rooms.isEncrypted(room).catch(unsent))
      throw refusal(`the room ${name} is encrypted, and this account neither reads nor writes there`);
    return room;
  }

  function message(outbound: OutboundMessage): Promise<SendResult> {
    const { chatId = home, edits } = outbound;
    return settle(chatId, (room) => (edits ? edit(room, outbound, edits) : deliver(room, outbound)));
  }

  async function deliver(room: string, outbound: OutboundMessage): Promise<Receipt> {
    const { encodeFile, encodeMessage, isPending, markDelivery } = await import("./encode.ts");
    const { text, threadId, attachments = [], idempotencyKey: key, card } = outbound;
    const placed: Placed = { ...outbound, latest: threadId === undefined ? undefined : rooms.latestIn(room, threadId) };
    // Before anything is seen: a file that cannot be sent would leave half a message.
    const contents = await Promise.all(attachments.map(async (file) => encodeFile(file, await upload(file), placed)));
    if (text !== "" || contents.length === 0) contents.unshift(encodeMessage(placed));
    const ids: string[] = [];
    for (const [at, content] of contents.entries()) {
      const isLast = at === contents.length - 1;
      const marked = isLast ? markDelivery(content, key, ids[0]) : content;
      ids.push(await put(room, "m.room.message", transactionOf(key, at === 0 ? "" : `+${at}`), marked));
    }
    const [messageId = ""] = ids;
    stopTyping(room);
    if (isPending(card)) await seeds.begin(messageId, room);
    return { messageId, chatId: room, ...(threadId === undefined ? {} : { threadId }) };
  }

  async function edit(room: string, outbound: OutboundMessage, edits: Receipt): Promise<Receipt> {
    const { encodeEdit, isPending, markDelivery } = await import("./encode.ts");
    if (!isPending(outbound.card)) await seeds.forget(edits.messageId);
    await mayEdit(room, edits.messageId);
    const content = markDelivery(encodeEdit(outbound, edits.messageId), outbound.idempotencyKey, edits.messageId);
    await put(room, "m.room.message", transactionOf(outbound.idempotencyKey, ""), content);
    stopTyping(room);
    return { ...edits, chatId: room };
  }

  /** Not every server refuses to change what is not there. */
  async function mayEdit(room: string, id: string): Promise<void> {
    const event = await rooms.event(room, id).catch(unsent);
    if (event?.sender !== userId) throw refusal("there is no such message of ours to change");
    if (event.unsigned?.redacted_because !== undefined) throw refusal("the message was deleted");
  }

  async function upload(attachment: Attachment): Promise<string> {
    return api.upload(await files.open(attachment), attachment).catch(unsent);
  }

  /** The two reactions below a card, whose text says the same. */
  async function seed(target: string, room: string): Promise<void> {
    for (const [choice, emoji] of Object.entries(CHOICES)) await react(room, target, emoji, `seed-${choice}-${target}`);
  }

  async function react(room: string, target: string, emoji: string, transaction: string): Promise<void> {
    const { encodeReaction } = await import("./encode.ts");
    await put(room, "m.reaction", transaction, encodeReaction(target, emoji)).catch(unlessThere);
  }

  function stopTyping(room: string): void {
    if (typingIn.delete(room)) void setTyping(room, { typing: false }).catch(() => {});
  }

  const setTyping = (room: string, body: object): Promise<unknown> =>
    api.call("PUT", path`/rooms/${room}/typing/${userId}`, z.unknown(), { body });

  return {
    message,
    react: ({ chatId, threadId }: Place, target: Receipt, emoji: string): Promise<SendResult> =>
      settle(chatId, async (room) => {
        await react(room, target.messageId, emoji, `react-${emoji}-${target.messageId}`);
        return { messageId: target.messageId, chatId: room, threadId };
      }),
    /** A few words that are no delivery: lost with the process, and not missed. `key` keeps them from being said twice. */
    async tell({ chatId, threadId }: Place, text: string, key: string): Promise<void> {
      const card = { type: "notice", level: "info", text } as const;
      const { delivered, error } = await message({ text, chatId, threadId, card, idempotencyKey: key });
      if (!delivered) log.warn({ chat: chatId, reason: error }, "a word could not be said");
    },
    resume: seeds.resume,
    async typing({ chatId }: Place): Promise<void> {
      const room = await rooms.idOf(chatId);
      typingIn.add(room);
      await setTyping(room, { typing: true, timeout: TYPING_MS + 2000 });
    },
    close: seeds.close,
  };
}

const refusal = (why: string): ApiError => new ApiError(why, notSent({ do: "drop" }));

/** Nothing of the message has left, whatever became of what was asked before. */
function unsent(thrown: unknown): never {
  throw thrown instanceof MatrixTrouble ? new ApiError(thrown.message, notSent(thrown.result.verdict)) : thrown;
}

/** Put there before: the same as done. */
function unlessThere(thrown: unknown): string {
  if (codeOf(thrown) === "M_DUPLICATE_ANNOTATION") return "";
  throw thrown;
}

const waitAfter = (err: unknown) => (isRefusal(err) ? undefined : (askedWaitMs(err) ?? UNTOLD_RETRY_MS));
