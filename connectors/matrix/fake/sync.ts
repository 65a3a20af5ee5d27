/** `/sync` and `/messages` of the fake homeserver: which events a client is given from which token on. Pure reading of the books. */
import type { FakeRoom, Rooms } from "./rooms.ts";
import { type Content, type FakeEvent, MatrixRefusal } from "./shapes.ts";

interface EventFilter {
  readonly limit?: number;
  readonly types?: readonly string[];
}

interface SyncFilter {
  readonly room?: { readonly timeline?: EventFilter; readonly state?: EventFilter };
}

export interface SyncCall {
  readonly user: string;
  /** Position after which events are new; undefined for a first sync. */
  readonly since: number | undefined;
  readonly filter: SyncFilter;
}

const DEFAULT_LIMIT = 10;

export const syncToken = (position: number): string => `s${position}`;
const pageToken = (position: number): string => `t${position}`;

/** Tokens of both kinds are places in the stream. */
export function positionOf(token: string | null): number | undefined {
  if (token === null) return undefined;
  const [, digits] = /^[st](\d+)$/.exec(token) ?? [];
  if (digits === undefined) throw new MatrixRefusal(400, "M_INVALID_PARAM", "that is no token of this server");
  return Number(digits);
}

/** What is new for a user; `isEmpty` says that a long poll has to wait. */
export function syncAnswer(rooms: Rooms, { user, since, filter }: SyncCall): { readonly body: Content; readonly isEmpty: boolean } {
  const join: Content = {};
  const invite: Content = {};
  const leave: Content = {};
  for (const room of rooms.rooms.values()) {
    const own = room.events.findLast(({ type, state_key }) => type === "m.room.member" && state_key === user);
    if (!own) continue;
    const membership = room.members.get(user);
    const isNew = own.position > (since ?? 0);
    if (membership === "invite" && isNew) invite[room.id] = { invite_state: { events: strippedState(room, own) } };
    if (membership === "leave" && isNew && since !== undefined) leave[room.id] = joined(room, [own], filter);
    if (membership !== "join") continue;
    // A room one has just joined comes as in a first sync: with what was said before.
    const from = isNew ? 0 : (since ?? 0);
    const events = room.events.filter(({ position }) => position > from);
    if (events.length > 0) join[room.id] = joined(room, events, filter);
  }
  const isEmpty = [join, invite, leave].every((part) => Object.keys(part).length === 0);
  return { body: { next_batch: syncToken(rooms.position()), rooms: { join, invite, leave } }, isEmpty };
}

function joined(room: FakeRoom, events: readonly FakeEvent[], { room: filter }: SyncFilter): Content {
  const wanted = events.filter(isWanted(filter?.timeline));
  const limit = filter?.timeline?.limit ?? DEFAULT_LIMIT;
  const timeline = limit === 0 ? [] : wanted.slice(-limit);
  const first = timeline[0]?.position ?? (events.at(-1)?.position ?? 0) + 1;
  const senders = new Set(timeline.map(({ sender }) => sender));
  const state = room.events.filter(({ state_key, type, position }) => {
    const isPerson = type === "m.room.member" && senders.has(state_key ?? "");
    return position < first && (isPerson || type === "m.room.encryption");
  });
  return {
    timeline: { events: timeline.map(onWire), limited: timeline.length < wanted.length, prev_batch: pageToken(first - 1) },
    state: { events: state.map(onWire) },
    summary: {},
  };
}

/** Backwards from a token, newest first. */
export function messagesAnswer(room: FakeRoom, query: URLSearchParams): Content {
  const from = positionOf(query.get("from")) ?? Infinity;
  const to = positionOf(query.get("to")) ?? 0;
  const limit = Number(query.get("limit") ?? DEFAULT_LIMIT);
  if (query.get("dir") !== "b") throw new MatrixRefusal(400, "M_INVALID_PARAM", "this fake pages backwards only");
  const filter = JSON.parse(query.get("filter") ?? "{}") as EventFilter;
  const before = room.events.filter(({ position }) => position <= from && position > to).filter(isWanted(filter));
  const chunk = before.slice(-limit).toReversed();
  const last = chunk.at(-1);
  const isMore = last !== undefined && before.length > chunk.length;
  return { chunk: chunk.map(onWire), start: query.get("from") ?? "", ...(isMore ? { end: pageToken(last.position - 1) } : {}) };
}

const isWanted =
  (filter: EventFilter | undefined) =>
  ({ type }: FakeEvent): boolean =>
    filter?.types === undefined || filter.types.includes(type);

/** What is shown of a room to somebody who is only invited. */
function strippedState(room: FakeRoom, own: FakeEvent): Content[] {
  const shown = room.events.filter(({ type }) => type === "m.room.encryption" || type === "m.room.name");
  return [...shown, own].map(({ type, sender, content, state_key }) => ({ type, sender, content, state_key }));
}

export function onWire(event: FakeEvent): Content {
  return { ...event, position: undefined };
}
