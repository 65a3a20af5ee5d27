/**
 * What the console remembers and shows: one log of numbered entries, the only truth of this platform.
 * Parsed on the way out of the store and by every face that follows the feed.
 */
import { z } from "zod";
import type { Card } from "../../src/contract/message.ts";

const CARD_TYPES: readonly unknown[] = ["approval", "question", "deploy", "canvas", "progress", "notice"] satisfies Card["type"][];

/** Cards are made by this hub alone; their tag is checked, so that a face of another version falls back to the words. */
const card = z.custom<Card>((value) => typeof value === "object" && value !== null && "type" in value && CARD_TYPES.includes(value.type));

/** `id`: under which the console hands the file out; absent when only its name is known. */
export const shownFile = z.object({ id: z.string().optional(), name: z.string(), mimeType: z.string(), sizeBytes: z.number() });
export type ShownFile = z.infer<typeof shownFile>;

const head = {
  /** 1, 2, 3 … without a gap. */
  n: z.number().int().positive(),
  /** Epoch ms. */
  at: z.number(),
  chatId: z.string(),
  threadId: z.string(),
  trace: z.string().nullable(),
  /** What is written with a key that is there already is not written again. */
  key: z.string().optional(),
};

const message = z.object({
  ...head,
  type: z.literal("message"),
  messageId: z.string(),
  from: z.enum(["hub", "person"]),
  sender: z.string().optional(),
  senderName: z.string().optional(),
  /** Of a person's message: the event id the hub knows it by. */
  eventId: z.string().optional(),
  text: z.string(),
  card: card.optional(),
  attachments: z.array(shownFile).optional(),
  replyTo: z.string().optional(),
  /** Senders it is meant for above others: their faces say so. */
  mentions: z.array(z.string()).optional(),
  /** Only this sender sees it. Absent: everybody. */
  to: z.string().optional(),
  /** The number of the message before it in the same thread; 0 when it is the first. */
  previous: z.number().int().nonnegative(),
});

const edit = z.object({ ...head, type: z.literal("edit"), messageId: z.string(), text: z.string(), card: card.optional() });
const reaction = z.object({ ...head, type: z.literal("reaction"), messageId: z.string(), emoji: z.string() });
const thread = z.object({ ...head, type: z.literal("thread"), title: z.string() });
const turnEnd = z.object({
  ...head,
  type: z.literal("turn_end"),
  outcome: z.enum(["done", "failed", "stopped", "refused"]),
  reason: z.string().optional(),
});

export const entry = z.discriminatedUnion("type", [message, edit, reaction, thread, turnEnd]);

export type Entry = z.infer<typeof entry>;
export type MessageEntry = z.infer<typeof message>;

/** Shown to whoever looks just now and never kept: text as it is written (all of it so far), and "is typing". */
export const glimpse = z.discriminatedUnion("type", [
  z.object({ type: z.literal("delta"), threadId: z.string(), trace: z.string(), text: z.string() }),
  z.object({ type: z.literal("typing"), threadId: z.string() }),
]);
export type Glimpse = z.infer<typeof glimpse>;

/** The first event of every feed: the entry it begins after. A client that comes again later asks for what follows it. */
export const ready = z.object({ type: z.literal("ready"), n: z.number().int().nonnegative() });
export type Ready = z.infer<typeof ready>;

export const feedEvent = z.union([ready, entry, glimpse]);
export type FeedEvent = z.infer<typeof feedEvent>;

/** One thread in a list, and one page of a thread as it reads now: edits applied. */
export const threadSummary = z.object({
  id: z.string(),
  title: z.string(),
  lastAt: z.number(),
  lastEntry: z.number(),
  lastMessage: z.number(),
  /** The last message that is for everybody. */
  lastPublic: z.number().optional(),
});
export type ThreadSummary = z.infer<typeof threadSummary>;

export const shownMessage = message.extend({ editedAt: z.number().optional(), reactions: z.array(z.string()).optional() });
export type ShownMessage = z.infer<typeof shownMessage>;

export const threadList = z.object({ threads: z.array(threadSummary) });
export const threadPage = z.object({ thread: threadSummary, messages: z.array(shownMessage), before: z.number().optional() });
export type ThreadPage = z.infer<typeof threadPage>;

/** The answer to a message or an action that was taken. */
export const taken = z.object({
  trace: z.string(),
  thread: z.string(),
  eventId: z.string(),
  privateText: z.string().optional(),
  form: z.unknown().optional(),
  subject: z.string().optional(),
});
export type Taken = z.infer<typeof taken>;

type Unnumbered<T> = T extends MessageEntry
  ? Omit<T, "n" | "chatId" | "previous" | "messageId">
  : T extends unknown
    ? Omit<T, "n" | "chatId">
    : never;

/** An entry before the log gives it its number, and with it a message its id. A `thread` with an empty `threadId` is given a new one. */
export type Draft = Unnumbered<Entry>;
