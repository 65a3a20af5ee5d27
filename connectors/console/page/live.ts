/**
 * What changes while somebody looks, as ready-made HTML: each affected message and thread is rendered as it reads now, by the functions that
 * render a fresh page. So two windows, and a reload, show the same.
 */
import type { Entry, Glimpse, ShownMessage } from "../entry.ts";
import { type Following, type ReadMark, type Said, type Seen, streamFrames } from "../feed.ts";
import type { Inward } from "../take.ts";
import { plainWords } from "./markup.ts";
import { authorOf, renderMessage, renderStreaming, streamId } from "./message.ts";
import { type Reader, seenBy } from "./rights.ts";
import { countUnread, renderThread, threadItemId } from "./threads.ts";

/**
 * One change of the page. `put`: the element takes the place of the one with its id, else it comes to the end (or the beginning) of `into`;
 * without `into` only what is there is replaced.
 */
export type Fragment =
  | { readonly do: "put"; readonly id: string; readonly html: string; readonly into?: string; readonly first?: true }
  | { readonly do: "remove"; readonly id: string };

export interface Change {
  readonly fragments: readonly Fragment[];
  /** The agent began or ended typing in this thread. */
  readonly typing?: boolean;
  /** For screen readers: who said what. */
  readonly news?: string;
  /** How many threads have something unread. */
  readonly unread?: number;
}

export interface LiveView {
  readonly reader: Reader;
  readonly threadId: string;
}

const PAUSE_MS = 250;
/** Rendering costs with the length, so longer texts are shown less often: 100,000 letters every 2.25 s. */
const LETTERS_PER_MS = 50;
/** Whoever missed more is quicker with a fresh page. */
const MOST_MISSED = 500;
/** Of a message, read out. */
const NEWS_LETTERS = 300;
/** How soon a browser comes again by itself. */
const RETRY_MS = 1000;

export function pauseAfter(glimpses: readonly Seen[]): number {
  return PAUSE_MS + Math.max(0, ...glimpses.map((seen) => (seen.type === "delta" ? seen.text.length / LETTERS_PER_MS : 0)));
}

export async function openLive(inward: Inward, view: LiveView, after: number | undefined): Promise<ReadableStream<Uint8Array>> {
  const following: Following = await inward.audience.follow({ viewer: view.reader.id, after, pauseAfter });
  const head = await inward.log.head();
  const missed = head - following.from;
  // A log that is shorter than what was seen is another one.
  const isStale = missed > MOST_MISSED || (after ?? 0) > head;
  const first = `retry: ${RETRY_MS}\n${isStale ? "event: reload\ndata: \n\n" : `id: ${following.from}\nevent: ready\ndata: \n\n`}`;
  return streamFrames(following, first, async (said) => {
    if (said.type === "silence") return "event: alive\ndata: \n\n";
    const change = await changeOf(inward, view, said);
    const id = said.type === "entries" ? `id: ${said.cursor}\n` : "";
    return change === undefined ? "" : `${id}event: change\ndata: ${JSON.stringify(change)}\n\n`;
  });
}

async function changeOf(inward: Inward, view: LiveView, said: Exclude<Said, { type: "silence" }>): Promise<Change | undefined> {
  return said.type === "entries" ? entriesChange(inward, view, said.entries) : glimpsesChange(inward, view, said.glimpses);
}

async function entriesChange(inward: Inward, { reader, threadId }: LiveView, entries: readonly Entry[]): Promise<Change> {
  const here = entries.filter((entry) => entry.threadId === threadId);
  const { fragments, news } = await messageFragments(inward, reader, here);
  const ended = here.flatMap((entry) => (endsStream(entry) && entry.trace !== null ? [remove(streamId(entry.trace))] : []));
  const list = await threadFragments(
    inward,
    { reader, threadId },
    entries.map((entry) => entry.threadId),
  );
  return {
    fragments: [...ended, ...fragments, ...list.fragments],
    unread: list.unread,
    ...(here.some(endsStream) ? { typing: false } : {}),
    ...(news === "" ? {} : { news }),
  };
}

const remove = (id: string): Fragment => ({ do: "remove", id });

/** A message of the hub in words is what was being written; the end of a turn ends it in any case. */
function endsStream(entry: Entry): boolean {
  return entry.type === "turn_end" || (entry.type === "message" && entry.from === "hub" && entry.card === undefined);
}

async function messageFragments(
  inward: Inward,
  reader: Reader,
  entries: readonly Entry[],
): Promise<{ fragments: Fragment[]; news: string }> {
  const isNew = new Map<string, boolean>();
  for (const entry of entries)
    if ("messageId" in entry) isNew.set(entry.messageId, (isNew.get(entry.messageId) ?? false) || entry.type === "message");
  const fragments: Fragment[] = isNew.size > 0 ? [remove("welcome")] : [];
  let news = "";
  for (const [id, isAdded] of isNew) {
    const shown = await inward.log.shown(id);
    if (shown === undefined || (shown.to !== undefined && shown.to !== reader.id)) continue;
    const html = String(await renderMessage(await seenBy(inward, reader, shown), reader));
    fragments.push({ do: "put", id, html, ...(isAdded ? { into: "conversation" } : {}) });
    if (isAdded && shown.sender !== reader.id && shown.card?.type !== "progress") news = `${authorOf(shown, reader)}: ${aloudOf(shown)}`;
  }
  return { fragments, news };
}

/** Up to the end of a word. Files alone are named. */
function aloudOf({ text, attachments = [] }: ShownMessage): string {
  const all = plainWords(text) || attachments.map(({ name }) => name).join(", ");
  return all.length <= NEWS_LETTERS ? all : `${all.slice(0, NEWS_LETTERS).replace(/\s\S*$/, "")} …`;
}

/** In the order of the threads' last activity, so that the latest comes first in the end. */
async function threadFragments(
  { log, marks }: Inward,
  { reader, threadId }: LiveView,
  ids: readonly string[],
): Promise<{ fragments: Fragment[]; unread: number }> {
  const [threads, reading] = await Promise.all([log.threads(), marks.reading(reader.id)]);
  const changed = threads.filter(({ id }) => ids.includes(id)).toReversed();
  const fragments = changed.map(async (thread): Promise<Fragment> => {
    const html = String(await renderThread(thread, { home: reader.home, current: threadId, reading }));
    return { do: "put", id: threadItemId(thread.id), html, into: "threads", first: true };
  });
  return { fragments: await Promise.all(fragments), unread: countUnread(threads, reading) };
}

async function glimpsesChange(inward: Inward, view: LiveView, glimpses: readonly Seen[]): Promise<Change | undefined> {
  const here = glimpses.filter((seen): seen is Glimpse => seen.type !== "read" && seen.threadId === view.threadId);
  const deltas = here
    .filter((seen) => seen.type === "delta")
    .map((seen): Fragment => {
      return { do: "put", id: streamId(seen.trace), html: renderStreaming(seen.trace, seen.text).toString(), into: "under-way" };
    });
  const read = glimpses.filter((seen): seen is ReadMark => seen.type === "read");
  const list = read.length === 0 ? undefined : await readFragments(inward, view, read);
  if (deltas.length === 0 && list === undefined && here.length === 0) return undefined;
  return {
    fragments: [...deltas, ...(list?.fragments ?? [])],
    ...(list === undefined ? {} : { unread: list.unread }),
    ...(here.some(({ type }) => type === "typing") ? { typing: true } : {}),
  };
}

/** What was read stays where it is in the list. */
async function readFragments(
  inward: Inward,
  view: LiveView,
  read: readonly ReadMark[],
): Promise<{ fragments: Fragment[]; unread: number }> {
  const { fragments, unread } = await threadFragments(
    inward,
    view,
    read.map(({ threadId }) => threadId),
  );
  return {
    unread,
    fragments: fragments.map((fragment) => (fragment.do === "put" ? { do: "put", id: fragment.id, html: fragment.html } : fragment)),
  };
}
