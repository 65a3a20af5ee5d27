/**
 * What was said in conversations, in order, read from the journal page by page: people's messages, the orchestrator's, what was asked of people.
 * Only reads. Memory grows with places, cards and edits, never with messages. Invariant: what a conversation shows in several places comes once,
 * from where it was said first.
 */
import { addressKey, inboxId, type SessionKey } from "../contract/ids.ts";
import type { OutboundMessage } from "../contract/message.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { pagesOf } from "../store/pages.ts";
import { messagesOf } from "../turns/messages.ts";
import {
  askedEntry,
  type Change,
  headingOf,
  heardEntry,
  type Names,
  type RecordEntry,
  saidEntry,
  type SaidEntry,
  speakerOf,
} from "./entries.ts";
import { bindingsOf } from "./places.ts";

export interface Reading {
  readonly store: StoreReader;
  readonly names: Names;
  /** Only what was said then or later, epoch ms. Default: everything. */
  readonly since?: number | undefined;
}

/** One conversation after the other; one without entries since then has no heading either. */
export async function* transcriptOf(sessions: AsyncIterable<Row<"sessions">>, reading: Reading): AsyncGenerator<RecordEntry> {
  const { store, names, since } = reading;
  const changes = await changesIn(store);
  for await (const session of sessions) {
    let isHeaded = since === undefined;
    if (isHeaded) yield headingOf(session, names);
    for await (const entry of saidIn(session, { ...reading, changes })) {
      if (since !== undefined && entry.at < since) continue;
      if (!isHeaded) yield headingOf(session, names);
      isHeaded = true;
      yield entry;
    }
  }
}

export async function* allSessions(store: StoreReader): AsyncGenerator<Row<"sessions">> {
  for await (const page of pagesOf(store, "sessions")) yield* page;
}

// in order of time

/** An entry on its way into its place. */
interface Found {
  readonly entry: SaidEntry;
  /** Of equal times: what people said, then what was answered, each in the order it was written. */
  readonly order: readonly [at: number, source: number, seq: number];
  /** What it shows: any further one is a copy. */
  readonly card?: string | undefined;
  /** The same in another lane is a copy. */
  readonly words?: string | undefined;
  readonly lane?: string | undefined;
}

interface Within extends Reading {
  readonly changes: Changes;
}

async function* saidIn(session: Row<"sessions">, within: Within): AsyncGenerator<SaidEntry> {
  const course = await courseOf(session, within.store);
  const isCopy = createIsCopy();
  const lanes = course.lanes.map((lane) => saidAt(lane, { session, course, ...within }));
  for await (const found of merged([
    heardIn(session, within),
    ...lanes,
    askedIn(session, within),
    wishedIn(session, { course, ...within }),
  ]))
    if (!isCopy(found)) yield found.entry;
}

async function* merged(streams: readonly AsyncGenerator<Found>[]): AsyncGenerator<Found> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, head: await stream.next() })));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const one of heads) if (!one.head.done && (first?.head.done !== false || isBefore(one.head.value, first.head.value))) first = one;
    if (!first || first.head.done) return;
    yield first.head.value;
    first.head = await first.stream.next();
  }
}

function isBefore({ order: a }: Found, { order: b }: Found): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Copies of words are written with them; so many entries on they are forgotten. Those of cards come at any time. */
const WORDS_REMEMBERED = 1000;

function createIsCopy(): (found: Found) => boolean {
  const cards = new Set<string>();
  const words = new Map<string, string>();
  return ({ card, words: key, lane = "" }) => {
    if (card !== undefined) return cards.size === cards.add(card).size;
    if (key === undefined) return false;
    const first = words.get(key) ?? lane;
    words.set(key, first);
    const [oldest = ""] = words.keys();
    if (words.size > WORDS_REMEMBERED) words.delete(oldest);
    return first !== lane;
  };
}

// what people said

/** By the id of the message that was changed: ids of the events only, the words stay in the store. */
interface Changes {
  readonly edits: ReadonlyMap<string, string>;
  readonly deletions: ReadonlyMap<string, number>;
}

async function changesIn(store: StoreReader): Promise<Changes> {
  const edits = new Map<string, string>();
  const deletions = new Map<string, number>();
  for await (const page of pagesOf(store, "inbox", { where: { sessionKey: null } }))
    for (const { id, account, sender, event, createdAt } of page) {
      if (event?.type === "edited") edits.set(editKey(inboxId(account, event.messageEventId), sender), id);
      if (event?.type === "deleted") deletions.set(inboxId(account, event.messageEventId), createdAt);
    }
  return { edits, deletions };
}

/** Only its author changes a message. */
const editKey = (message: string, sender: string): string => JSON.stringify([message, sender]);

async function* heardIn({ id: sessionKey }: Row<"sessions">, { store, names, changes }: Within): AsyncGenerator<Found> {
  for await (const page of pagesOf(store, "inbox", { where: { sessionKey } }))
    for (const row of page) {
      const entry = heardEntry(row, await changeOf(row, changes, store), names);
      if (entry) yield { entry, order: [row.createdAt, 0, row.seq] };
    }
}

async function changeOf({ id, sender }: Row<"inbox">, { edits, deletions }: Changes, store: StoreReader): Promise<Change> {
  const edit = await store.get("inbox", edits.get(editKey(id, sender)) ?? "");
  const edited = edit?.event?.type === "edited" ? { at: edit.createdAt, text: edit.event.text } : undefined;
  return { edited, deletedAt: deletions.get(id) };
}

// what was said to them

/** Where a conversation was, and between which rows of the outbox; nowhere where nobody has spoken yet. */
interface Course {
  readonly lanes: readonly string[];
  /** Nothing was said before this one. */
  readonly afterSeq: number;
  /** Of a closed one nothing was said after this one, but what came before its end. */
  readonly lastSeq: number;
}

async function courseOf(session: Row<"sessions">, store: StoreReader): Promise<Course> {
  const lanes = new Set([addressKey(session.address), ...(await bindingsOf(store, session.id)).map(({ id }) => id)]);
  let [first, last]: (Row<"turns"> | undefined)[] = [];
  for await (const page of pagesOf(store, "turns", { where: { sessionKey: session.id } })) {
    first ??= page[0];
    last = page.at(-1);
    for (const turn of page) for (const { address } of messagesOf(turn)) lanes.add(addressKey(address));
  }
  const seqOf = async (trace: string | undefined, newestFirst: boolean): Promise<number | undefined> =>
    trace === undefined ? undefined : (await store.find("outbox", { where: { trace }, newestFirst, limit: 1 }))[0]?.seq;
  const begins = await seqOf(first?.trace, false);
  if (begins === undefined) return { lanes: [], afterSeq: 0, lastSeq: 0 };
  return { lanes: [...lanes], afterSeq: begins - 1, lastSeq: (await seqOf(last?.trace, true)) ?? begins };
}

interface SaidWithin extends Within {
  readonly session: Row<"sessions">;
  readonly course: Course;
}

async function* saidAt(lane: string, { session, course, store, names }: SaidWithin): AsyncGenerator<Found> {
  /** Who was answered here last: what an agent says outside any turn is said there. */
  let current: SessionKey | undefined;
  for await (const page of pagesOf(store, "outbox", { where: { lane }, afterSeq: course.afterSeq })) {
    const causes = await causesOf(page, store);
    for (const row of page) {
      if (session.status === "closed" && row.seq > course.lastSeq && row.createdAt > session.updatedAt) return;
      const turn = causes.turns.get(row.trace);
      if (turn && row.op.type === "turn_end") current = turn.sessionKey;
      if ((turn?.sessionKey ?? current) !== session.id) continue;
      const by = speakerOf(row, { turn, isAnswer: causes.answers.has(row.trace) });
      const latest = by && (await latestOf(row, store));
      if (!by || !latest) continue;
      const entry = saidEntry({ row, session, by, turn, latest }, names);
      const key = row.subject === null ? { words: keyOf(row.trace, latest) } : { card: row.subject };
      yield { entry, order: [row.createdAt, 1, row.seq], lane, ...key };
    }
  }
}

interface Causes {
  readonly turns: ReadonlyMap<string, Row<"turns">>;
  /** The traces of what people did and that became no turn. */
  readonly answers: ReadonlySet<string>;
}

async function causesOf(page: readonly Row<"outbox">[], store: StoreReader): Promise<Causes> {
  const traces = [...new Set(page.map(({ trace }) => trace))];
  const found = await store.find("turns", { where: { trace: { in: traces } }, newestFirst: true, limit: Infinity });
  // The first of a trace stays: others are what the hub told its agent later.
  const turns = new Map(found.map((turn) => [turn.trace, turn]));
  const others = traces.filter((trace) => !turns.has(trace));
  const heard = await store.find("inbox", { where: { trace: { in: others } }, limit: Infinity });
  return { turns, answers: new Set(heard.map(({ trace }) => trace)) };
}

/** A card says in its place what it says by now. */
async function latestOf({ op, subject, lane }: Row<"outbox">, store: StoreReader): Promise<OutboundMessage | undefined> {
  const [latest] = subject === null ? [] : await store.find("outbox", { where: { subject, lane }, newestFirst: true, limit: 1 });
  const shown = latest?.op ?? op;
  return shown.type === "send" ? shown.message : undefined;
}

function keyOf(trace: string, { text, attachments = [] }: OutboundMessage): string {
  return JSON.stringify([trace, text, ...attachments.map(({ path }) => path)]);
}

async function* askedIn(session: Row<"sessions">, { store, names }: Within): AsyncGenerator<Found> {
  for await (const page of pagesOf(store, "approvals", { where: { sessionKey: session.id } }))
    for (const row of page) yield { entry: askedEntry(row, session, names), order: [row.createdAt, 2, row.seq] };
}

/** What people wished there and a service carries out, which belongs to no session. */
async function* wishedIn(session: Row<"sessions">, { course, store, names }: Omit<SaidWithin, "session">): AsyncGenerator<Found> {
  const until = session.status === "closed" ? session.updatedAt : Infinity;
  for await (const page of pagesOf(store, "approvals", { where: { sessionKey: null } }))
    for (const row of page) {
      const isHere = course.lanes.includes(addressKey(row.address)) && row.createdAt >= session.createdAt && row.createdAt <= until;
      if (isHere && row.askedBy !== undefined) yield { entry: askedEntry(row, session, names), order: [row.createdAt, 2, row.seq] };
    }
}
