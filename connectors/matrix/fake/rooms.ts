/**
 * The books of the fake homeserver: rooms, their events in one stream for all of them, who is in them. Strict where real servers are, and about
 * relations as Synapse is. Knows no HTTP. Invariant: an event never changes, except that a redaction empties it.
 */
import { randomBytes } from "node:crypto";
import { type Content, type FakeEvent, MatrixRefusal, type Relation } from "./shapes.ts";

/** Of canonical JSON, with signatures (client-server API v1.19, Size limits). */
const MAX_EVENT_BYTES = 65_536;
/** What a server adds by itself: hashes, signatures, ids. An estimate, on the safe side. */
const SERVER_BYTES = 1000;

export interface FakeRoom {
  readonly id: string;
  readonly aliases: string[];
  readonly members: Map<string, string>;
  readonly events: FakeEvent[];
  readonly typing: Set<string>;
  readonly receipts: Map<string, string>;
  isEncrypted: boolean;
}

export interface RoomsOptions {
  readonly serverName: string;
  readonly now: () => number;
  /** Rooms of version 12: their ids have no server part. */
  readonly isServerless: boolean;
  readonly onEvent: (event: FakeEvent) => void;
}

export interface NewEvent {
  readonly type: string;
  readonly sender: string;
  readonly content: Content;
  readonly stateKey?: string | undefined;
  readonly redacts?: string | undefined;
  readonly unsigned?: Content | undefined;
}

export type Rooms = ReturnType<typeof createRooms>;

export function createRooms({ serverName, now, isServerless, onEvent }: RoomsOptions) {
  const rooms = new Map<string, FakeRoom>();
  let position = 0;

  function create(creator: string, aliases: readonly string[] = []): FakeRoom {
    const id = `!${randomBytes(9).toString("base64url")}${isServerless ? "" : `:${serverName}`}`;
    const books = { members: new Map(), events: [], typing: new Set<string>(), receipts: new Map() };
    const room: FakeRoom = { id, aliases: [...aliases], ...books, isEncrypted: false };
    rooms.set(id, room);
    append(room, { type: "m.room.create", sender: creator, stateKey: "", content: { room_version: isServerless ? "12" : "10" } });
    member(room, creator, creator, "join");
    return room;
  }

  function find(id: string): FakeRoom {
    const room = rooms.get(id) ?? [...rooms.values()].find(({ aliases }) => aliases.includes(id));
    if (!room) throw new MatrixRefusal(404, "M_NOT_FOUND", "Unknown room");
    return room;
  }

  /** The room, for one of its members. */
  function findFor(user: string, id: string): FakeRoom {
    const room = rooms.get(id);
    if (room?.members.get(user) !== "join") throw new MatrixRefusal(403, "M_FORBIDDEN", `User ${user} not in room ${id}`);
    return room;
  }

  function member(room: FakeRoom, sender: string, user: string, now: string | Content): FakeEvent {
    const change: Content = typeof now === "string" ? { membership: now } : now;
    const before = room.events.findLast(({ type, state_key }) => type === "m.room.member" && state_key === user);
    room.members.set(user, String(change["membership"]));
    const unsigned = before && { prev_content: before.content, replaces_state: before.event_id };
    const content = { displayname: user.slice(1).split(":")[0] ?? user, ...change };
    return append(room, { type: "m.room.member", sender, stateKey: user, content, unsigned });
  }

  function append(room: FakeRoom, { type, sender, content, stateKey, redacts, unsigned }: NewEvent): FakeEvent {
    const event: FakeEvent = {
      event_id: `$${randomBytes(16).toString("base64url")}`,
      room_id: room.id,
      type,
      sender,
      content,
      origin_server_ts: now(),
      position: (position += 1),
      unsigned: { ...unsigned },
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      ...(redacts === undefined ? {} : { redacts }),
    };
    room.events.push(event);
    if (type === "m.room.encryption") room.isEncrypted = true;
    onEvent(event);
    return event;
  }

  /** What a client sends, held to what a server holds it to. */
  function send(room: FakeRoom, event: NewEvent): FakeEvent {
    const bytes = Buffer.byteLength(JSON.stringify({ ...event, room_id: room.id })) + SERVER_BYTES;
    if (bytes > MAX_EVENT_BYTES) throw new MatrixRefusal(413, "M_TOO_LARGE", "event too large");
    if (event.type === "m.room.message") checkMessage(event.content);
    if (event.content["m.relates_to"] !== undefined) checkRelation(room, event.content["m.relates_to"] as Relation, event);
    return append(room, event);
  }

  function redact(room: FakeRoom, sender: string, target: string): FakeEvent {
    const event = known(room, target);
    Object.assign(event, { content: {} });
    event.unsigned["redacted_because"] = { sender };
    return append(room, { type: "m.room.redaction", sender, content: { redacts: target }, redacts: target });
  }

  return { rooms, create, find, findFor, member, append, send, redact, position: () => position };
}

function checkMessage({ msgtype, body }: Content): void {
  if (typeof msgtype !== "string" || typeof body !== "string") throw new MatrixRefusal(400, "M_BAD_JSON", "msgtype and body are strings");
}

function checkRelation(room: FakeRoom, { rel_type, event_id, key }: Relation, { sender, type }: NewEvent): void {
  if (rel_type === undefined || event_id === undefined) return;
  const target = known(room, event_id);
  const relation = target.content["m.relates_to"] as Relation | undefined;
  if (rel_type === "m.thread" && relation?.rel_type !== undefined)
    throw new MatrixRefusal(400, "M_UNKNOWN", "Cannot start threads from an event with a relation");
  if (rel_type === "m.replace" && (target.sender !== sender || target.type !== type))
    throw new MatrixRefusal(400, "M_BAD_JSON", "a replacement has the sender and type of the original");
  if (rel_type === "m.annotation" && annotations(room, event_id).some((other) => other.sender === sender && other.key === key))
    throw new MatrixRefusal(400, "M_DUPLICATE_ANNOTATION", "Can't send same reaction twice");
}

export function known(room: FakeRoom, id: string): FakeEvent {
  const event = room.events.find(({ event_id }) => event_id === id);
  if (!event) throw new MatrixRefusal(400, "M_UNKNOWN", "Can't send relation to unknown event");
  return event;
}

/** The reactions on an event that were not taken back. */
export function annotations(room: FakeRoom, id: string): { readonly sender: string; readonly key: string; readonly eventId: string }[] {
  return room.events.flatMap(({ type, sender, content, event_id }) => {
    const relation = content["m.relates_to"] as Relation | undefined;
    if (type !== "m.reaction" || relation?.event_id !== id) return [];
    return [{ sender, key: relation.key ?? "", eventId: event_id }];
  });
}

/** What a person sees of a room: its messages by now, edits applied, what was redacted left out. */
export function shownIn(room: FakeRoom) {
  const messages = room.events.filter(({ type, content }) => type === "m.room.message" && content["msgtype"] !== undefined);
  return messages.filter(({ content }) => !isEdit(content)).map((event) => ({ event, content: latest(event, messages) }));
}

function latest(event: FakeEvent, messages: readonly FakeEvent[]): Content {
  const edit = messages.findLast(({ sender, content }) => {
    const relation = content["m.relates_to"] as Relation | undefined;
    return sender === event.sender && relation?.rel_type === "m.replace" && relation.event_id === event.event_id;
  });
  return (edit?.content["m.new_content"] as Content | undefined) ?? event.content;
}

const isEdit = (content: Content): boolean => (content["m.relates_to"] as Relation | undefined)?.rel_type === "m.replace";

/**
 * Whom a message and its changes notified, once for each time: what `m.mentions` of each event says. Without it every word counts, by the push
 * rules for old clients: names, and `@room`.
 */
export function notifiedBy(room: FakeRoom, id: string): string[] {
  const changes = (content: Content): boolean => isEdit(content) && (content["m.relates_to"] as Relation).event_id === id;
  const events = room.events.filter(({ event_id, type, content }) => type === "m.room.message" && (event_id === id || changes(content)));
  return events.flatMap(({ content, sender }) => {
    const meant = content["m.mentions"] as { user_ids?: string[]; room?: boolean } | undefined;
    if (meant) return [...(meant.user_ids ?? []), ...(meant.room ? ["@room"] : [])].filter((user) => user !== sender);
    const names = [...room.members.keys(), "@room"].filter((user) => user !== sender);
    return names.filter((user) => String(content["body"]).includes(user.split(":")[0]?.slice(1) ?? user));
  });
}
