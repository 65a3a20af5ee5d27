/**
 * One event of a room, handed to the hub. Decides whether it is meant for the hub: a direct room, a mention, a reply to us, an order, or a place
 * where one of its conversations lives. Resolves when the hub has it; rejects when it must come again.
 */
import type { Ack, Attachment } from "../../src/contract/message.ts";
import { asHubError } from "../../src/contract/errors.ts";
import type { Inward } from "../shared/account.ts";
import { answerWords } from "../shared/answer-words.ts";
import { createRecent } from "../shared/recent.ts";
import { isRefusal } from "./api.ts";
import { type Decoded, decode, type MatrixFile, type RoomEvent, standingOf } from "./decode.ts";
import { type Choice, SUBJECT } from "./ids.ts";
import type { Account } from "./rooms.ts";
import type { Send } from "./send.ts";

export interface ReceiveParts extends Account, Inward {
  readonly send: Send;
  /** The home room's id. */
  readonly home: () => string | undefined;
  /** The room is encrypted: it is said once. */
  readonly onEncrypted: (room: string) => Promise<void>;
  /** The hub has it. */
  readonly onTaken: (room: string, eventId: string, threadId: string | undefined) => void;
}

/** True when it was handed to the hub. */
export type Receive = (room: string, event: RoomEvent) => Promise<boolean>;

/** How long a vote may be taken back. */
const VOTE_KEPT_MS = 30 * 86_400_000;
const TOLD_EVERY_MS = 3_600_000;

type Vote = Readonly<Record<"subject" | "sender", string>> & { readonly threadId?: string | undefined };

export function createReceive(parts: ReceiveParts): Receive {
  const { rooms, send, home, deliverMessage, deliverEvent, context } = parts;
  const { isBound, state, now } = context;
  const { user_id: userId } = parts.config;
  const told = createRecent<number>(200);

  async function receive(room: string, event: RoomEvent): Promise<boolean> {
    const decoded = decode(event, { userId, name: rooms.names.get(userId) });
    const isOwn = event.sender === userId;
    try {
      return decoded !== undefined && (!isOwn || decoded.type === "member") && (await hand(room, event, decoded));
    } finally {
      rooms.note(room, event);
    }
  }

  function hand(room: string, event: RoomEvent, decoded: Decoded): Promise<boolean> {
    switch (decoded.type) {
      case "message":
        return takeMessage(room, event, decoded);
      case "edited":
        return takeChange(room, event, decoded);
      case "deleted":
        return takeWithdrawal(room, event, decoded.target).then((isVote) => isVote || takeChange(room, event, decoded));
      case "reaction":
        return takeReaction(room, event, decoded);
      case "member":
        rooms.forgetMembers(room);
        if (decoded.name !== undefined) rooms.names.set(decoded.user, decoded.name);
        return Promise.resolve(false);
      case "encrypted":
        rooms.setEncrypted(room);
        return parts.onEncrypted(room).then(() => false);
      default:
        return decoded satisfies never;
    }
  }

  async function takeMessage(room: string, event: RoomEvent, message: Extract<Decoded, { type: "message" }>): Promise<boolean> {
    const answered = message.replyTo === undefined ? undefined : await rooms.event(room, message.replyTo);
    const threadId = message.threadId ?? (await threadOf(room, answered));
    const isAlone = (await rooms.countMembers(room)) === 2;
    const direct = isAlone && room !== home();
    const isReplyToUs = answered?.sender === userId && message.threadId === undefined;
    // Alone with us in the home room, nobody else can be meant.
    const mentionsBot = message.isMention || isReplyToUs || (isAlone && !direct);
    const isMeant = direct || mentionsBot || message.isOrder || (await isBound({ chatId: room, threadId }));
    if (!isMeant) return false;
    const { attachments, lost } = await filesOf(message.file);
    const text = [message.text, lost].filter(Boolean).join("\n");
    const ack = await deliverMessage({ ...headOf(room, event, threadId), text, attachments, direct, mentionsBot });
    parts.onTaken(room, event.event_id, threadId);
    // A refused message is the hub's own to answer.
    if (ack?.type === "privateText") await answer(room, event, { threadId, ack });
    return true;
  }

  /** A plain reply belongs where what it answers does, so that clients without threads can follow one. */
  async function threadOf(room: string, answered: RoomEvent | undefined): Promise<string | undefined> {
    if (answered === undefined) return undefined;
    const root = standingOf(answered).threadId;
    const isRoot = root === undefined && (await isBound({ chatId: room, threadId: answered.event_id }));
    return isRoot ? answered.event_id : root;
  }

  /** What people changed or took back of their own, where they talk to us. */
  async function takeChange(room: string, event: RoomEvent, change: Extract<Decoded, { target: string; type: "edited" | "deleted" }>) {
    const { target: messageEventId } = change;
    const original = await rooms.event(room, messageEventId);
    if (original?.type !== "m.room.message" || original.sender !== event.sender) return false;
    const threadId = await threadOf(room, original);
    if ((await rooms.countMembers(room)) !== 2 && !(await isBound({ chatId: room, threadId }))) return false;
    const head = { ...headOf(room, event, threadId), messageEventId };
    await deliverEvent(change.type === "edited" ? { ...head, type: "edited", text: change.text } : { ...head, type: "deleted" });
    return true;
  }

  async function takeWithdrawal(room: string, event: RoomEvent, reaction: string): Promise<boolean> {
    const vote = (await state.get(voteKey(reaction))) as Vote | undefined;
    if (vote?.sender !== event.sender) return false;
    await deliverEvent({ ...headOf(room, event, vote.threadId), type: "action", subject: vote.subject, choice: "withdraw" });
    await state.delete(voteKey(reaction));
    return true;
  }

  async function takeReaction(room: string, event: RoomEvent, { target, choice }: { target: string; choice: Choice }): Promise<boolean> {
    const card = await rooms.event(room, target);
    const subject = card?.sender === userId ? card.content[SUBJECT] : undefined;
    if (card === undefined || typeof subject !== "string") return false;
    const { threadId } = standingOf(card);
    const vote: Vote = { subject, sender: event.sender, threadId };
    await state.set(voteKey(event.event_id), vote, VOTE_KEPT_MS);
    const ack = await deliverEvent({ ...headOf(room, event, threadId), type: "action", subject, choice });
    await answer(room, event, { threadId, ack });
    return true;
  }

  /** Nobody can be told anything alone in a room, so everybody hears it: the same words for the same person once an hour. */
  async function answer(
    room: string,
    { event_id, sender }: RoomEvent,
    { threadId, ack }: { threadId: string | undefined; ack: Ack | undefined },
  ) {
    const words = answerWords(ack);
    const about = `${room} ${sender} ${words}`;
    if (words === "" || now() - (told.get(about) ?? -Infinity) < TOLD_EVERY_MS) return;
    told.set(about, now());
    await send.tell({ chatId: room, threadId }, `${rooms.names.get(sender) ?? sender}: ${words}`, `tell-${event_id}`);
  }

  async function filesOf(file: MatrixFile | undefined): Promise<{ attachments?: Attachment[]; lost?: string }> {
    if (file === undefined) return {};
    const { url, name, mimeType } = file;
    try {
      return { attachments: [await context.files.keep(await parts.api.download(url), { name, mimeType })] };
    } catch (thrown) {
      const { verdict, message } = asHubError(thrown);
      if (!isRefusal(thrown) && verdict !== "drop") throw thrown;
      return { lost: `(The file "${name}" could not be taken: ${thrown instanceof Error ? thrown.message : message})` };
    }
  }

  function headOf(room: string, { event_id, sender, origin_server_ts }: RoomEvent, threadId: string | undefined) {
    const ts = new Date(origin_server_ts).toISOString();
    return { eventId: event_id, sender, senderName: rooms.names.get(sender), ts, chatId: room, threadId };
  }

  return receive;
}

const voteKey = (reaction: string): string => `vote:${reaction}`;

/** Whether this event begins our time in a room: what was said before was said to others. */
export function isOurBeginning(event: RoomEvent, userId: string): boolean {
  if (event.type !== "m.room.member" || event.state_key !== userId) return false;
  const before = event.unsigned?.prev_content?.membership;
  const now = event.content["membership"];
  return now === "invite" || (now === "join" && before !== "invite" && before !== "join");
}
