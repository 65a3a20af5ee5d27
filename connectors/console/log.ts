/**
 * The durable message log: entries in the account's Keyv, numbered without a gap, written one after the other.
 * Owns the numbers, the keys that make a repeated write one entry, and the list of threads. Knows nothing of HTTP or the hub.
 *
 * Invariant: the entry itself is written first and is the truth; everything else (key index, changes of a message, checkpoint)
 * follows from it and is written again at the next start when the process died in between.
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import {
  type Draft,
  type Entry,
  entry as entrySchema,
  type MessageEntry,
  type ShownMessage,
  type ThreadSummary,
  threadSummary,
} from "./entry.ts";
import { CHAT, entryOf, fileKey, MAIN_THREAD, messageIdOf, threadIdOf } from "./ids.ts";

/** Entries between two checkpoints: what has to be read again after a crash, and the price of a checkpoint spread over as many writes. */
const CHECKPOINT_EVERY = 64;

const checkpointSchema = z.object({ n: z.number(), oldest: z.number(), threads: z.array(threadSummary) });
const changesSchema = z.object({ edit: z.number().optional(), reactions: z.array(z.string()).optional() });
type Changes = z.infer<typeof changesSchema>;

interface LogState {
  /** The number of the last entry. */
  head: number;
  /** The number of the first entry still kept. */
  oldest: number;
  readonly threads: Map<string, ThreadSummary>;
}

export interface PageOptions {
  /** Who looks: messages to somebody else are left out. */
  readonly viewer: string;
  readonly limit: number;
  /** The number of a message of the thread; the page ends before it. Absent: the newest page. */
  readonly before?: number | undefined;
}

export interface MessageLog {
  /** Durable when it resolves; a draft whose key was written before gives the entry of then. Rejects when the store does, and then nothing was written. */
  append(draft: Draft): Promise<Entry>;
  find(key: string): Promise<Entry | undefined>;
  /** Entries after number `after`, oldest first, at most `limit`. */
  read(after: number, limit: number): Promise<Entry[]>;
  head(): Promise<number>;
  /** Latest activity first. */
  threads(): Promise<ThreadSummary[]>;
  message(messageId: string): Promise<MessageEntry | undefined>;
  /** A message as it reads now. */
  shown(messageId: string): Promise<ShownMessage | undefined>;
  thread(id: string): Promise<ThreadSummary | undefined>;
  /** The messages of a thread from the newest back, as they read now. Costs what is taken from it. */
  walk(thread: ThreadSummary, options: Omit<PageOptions, "limit">): AsyncGenerator<ShownMessage, undefined>;
  /** The last messages of a thread, oldest first, as they read now. */
  page(thread: ThreadSummary, options: PageOptions): Promise<ShownMessage[]>;
  onAppend(listener: (entry: Entry) => void): () => void;
  /** Rejects when the store cannot be read just now. */
  check(): Promise<void>;
  /** Resolves when nothing is being written. */
  idle(): Promise<void>;
}

export function createMessageLog(state: Keyv, options: { readonly keepEntries: number }): MessageLog {
  const listeners = new Set<(entry: Entry) => void>();
  let opening: Promise<LogState> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function open(): Promise<LogState> {
    opening ??= recover().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function recover(): Promise<LogState> {
    const { n, oldest, threads } = checkpointSchema.parse((await state.get("checkpoint")) ?? { n: 0, oldest: 1, threads: [] });
    const log: LogState = { head: n, oldest, threads: new Map(threads.map((thread) => [thread.id, thread])) };
    if (!log.threads.has(MAIN_THREAD)) log.threads.set(MAIN_THREAD, { ...NEW_THREAD, id: MAIN_THREAD, title: "Main" });
    let tail: Entry[];
    do {
      tail = await readRange(log.head + 1, log.head + CHECKPOINT_EVERY);
      for (const entry of tail) applyToThreads(log, entry);
      log.head += tail.length;
    } while (tail.length === CHECKPOINT_EVERY);
    // An entry is written only when the one before it is indexed, so at most the last one lacks its index.
    const newest = await readOne(log.head);
    if (newest !== undefined) await index(newest);
    while (log.oldest < log.head && (await readOne(log.oldest)) === undefined) log.oldest += 1;
    return log;
  }

  /** Stops at the first number that is not there. */
  async function readRange(from: number, to: number): Promise<Entry[]> {
    if (to < from) return [];
    const numbers = Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
    const found = await state.getMany(numbers.map(entryKey));
    const end = found.findIndex((value) => value === undefined || value === null);
    return found.slice(0, end === -1 ? undefined : end).map((value) => entrySchema.parse(value));
  }

  async function readOne(n: number): Promise<Entry | undefined> {
    const found: unknown = await state.get(entryKey(n));
    return found === undefined ? undefined : entrySchema.parse(found);
  }

  /** Written again after a crash with the same result. */
  async function index(entry: Entry): Promise<void> {
    if (entry.key !== undefined) await state.set(`key:${entry.key}`, entry.n);
    if (entry.type !== "edit" && entry.type !== "reaction") return;
    const before = await changesOf(entry.messageId);
    const changes: Changes =
      entry.type === "edit"
        ? { ...before, edit: entry.n }
        : { ...before, reactions: [...new Set([...(before.reactions ?? []), entry.emoji])] };
    await state.set(`changes:${entry.messageId}`, changes);
  }

  async function changesOf(messageId: string): Promise<Changes> {
    return changesSchema.parse((await state.get(`changes:${messageId}`)) ?? {});
  }

  function append(draft: Draft): Promise<Entry> {
    const mine = last.then(() => write(draft));
    last = mine.then(
      () => trim().catch(() => {}),
      () => {},
    );
    return mine;
  }

  async function write(draft: Draft): Promise<Entry> {
    const log = await open();
    const before = draft.key === undefined ? undefined : await find(draft.key);
    if (before !== undefined) return before;
    const entry = numbered(draft, log);
    await state.set(entryKey(entry.n), entry).catch((error: unknown) => {
      // It may be there all the same: the next write looks before it takes this number again.
      opening = undefined;
      throw error;
    });
    // The entry is durable and counts from here; an index that cannot be written now is written again when the log is next opened.
    await index(entry).catch(() => (opening = undefined));
    // Seen only now: whoever reads it reads what it changed, too.
    log.head = entry.n;
    applyToThreads(log, entry);
    if (entry.n % CHECKPOINT_EVERY === 0) await checkpoint(log).catch(() => {});
    for (const listener of listeners) listener(entry);
    return entry;
  }

  async function checkpoint(log: LogState): Promise<void> {
    if (opening === undefined) return;
    await state.set("checkpoint", { n: log.head, oldest: log.oldest, threads: [...log.threads.values()] });
  }

  /** Deletes at most one entry for each one written: the log shrinks to its size without a pause. */
  async function trim(): Promise<void> {
    const log = await open();
    if (log.head - log.oldest < options.keepEntries) return;
    const old = await readOne(log.oldest);
    if (old?.key !== undefined) await state.delete(`key:${old.key}`);
    if (old?.type === "message") await state.delete(`changes:${old.messageId}`);
    for (const { id } of (old?.type === "message" && old.attachments) || []) if (id !== undefined) await state.delete(fileKey(id));
    await state.delete(entryKey(log.oldest));
    log.oldest += 1;
    const thread = old === undefined ? undefined : log.threads.get(old.threadId);
    if (thread !== undefined && thread.id !== MAIN_THREAD && thread.lastEntry < log.oldest) log.threads.delete(thread.id);
  }

  async function find(key: string): Promise<Entry | undefined> {
    await open();
    const n: unknown = await state.get(`key:${key}`);
    return typeof n === "number" ? readOne(n) : undefined;
  }

  async function messageAt(n: number): Promise<MessageEntry | undefined> {
    const entry = n > 0 ? await readOne(n) : undefined;
    return entry?.type === "message" ? entry : undefined;
  }

  async function* walk(thread: ThreadSummary, { viewer, before }: Omit<PageOptions, "limit">): AsyncGenerator<ShownMessage, undefined> {
    let message = await messageAt(before === undefined ? thread.lastMessage : ((await messageAt(before))?.previous ?? 0));
    while (message !== undefined && message.threadId === thread.id) {
      if (isFor(viewer, message)) yield await asItReadsNow(message);
      message = await messageAt(message.previous);
    }
    return undefined;
  }

  async function page(thread: ThreadSummary, { limit, ...options }: PageOptions): Promise<ShownMessage[]> {
    const shown: ShownMessage[] = [];
    for await (const message of walk(thread, options)) if (shown.push(message) === limit) break;
    return shown.toReversed();
  }

  async function asItReadsNow(message: MessageEntry): Promise<ShownMessage> {
    const { edit, reactions } = await changesOf(message.messageId);
    const newer = edit === undefined ? undefined : await readOne(edit);
    const changed = newer?.type === "edit" ? { text: newer.text, card: newer.card, editedAt: newer.at } : {};
    return { ...message, ...changed, ...(reactions === undefined ? {} : { reactions }) };
  }

  return {
    append,
    find,
    walk,
    page,
    async shown(messageId) {
      const message = await messageAt(entryOf(messageId) ?? 0);
      return message && asItReadsNow(message);
    },
    thread: async (id) => (await open()).threads.get(id),
    message: async (messageId) => messageAt(entryOf(messageId) ?? 0),
    read: async (after, limit) => {
      const { head, oldest } = await open();
      const from = Math.max(after + 1, oldest);
      return readRange(from, Math.min(head, from + limit - 1));
    },
    head: async () => (await open()).head,
    threads: async () => [...(await open()).threads.values()].sort((a, b) => b.lastAt - a.lastAt || b.lastEntry - a.lastEntry),
    check: async () => {
      await open();
      await state.get("checkpoint");
    },
    idle: async () => void (await last),
    onAppend(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const NEW_THREAD = { lastAt: 0, lastEntry: 0, lastMessage: 0 };

const entryKey = (n: number): string => `entry:${n}`;

function numbered(draft: Draft, { head, threads }: LogState): Entry {
  const n = head + 1;
  const place = { n, chatId: CHAT, threadId: draft.type === "thread" && draft.threadId === "" ? threadIdOf(n) : draft.threadId };
  const previous = threads.get(place.threadId)?.lastMessage ?? 0;
  return entrySchema.parse({ messageId: messageIdOf(n), ...draft, ...place, previous });
}

function applyToThreads({ threads }: LogState, entry: Entry): void {
  const before = threads.get(entry.threadId) ?? { ...NEW_THREAD, id: entry.threadId, title: entry.threadId };
  threads.set(entry.threadId, {
    ...before,
    lastEntry: entry.n,
    lastAt: Math.max(before.lastAt, entry.at),
    ...(entry.type === "thread" ? { title: entry.title } : {}),
    ...(entry.type === "message" ? { lastMessage: entry.n } : {}),
    ...(entry.type === "message" && entry.to === undefined ? { lastPublic: entry.n } : {}),
  });
}

/** Everybody's, or this person's alone. */
export function isFor(viewer: string, entry: Entry): boolean {
  return entry.type !== "message" || entry.to === undefined || entry.to === viewer;
}
