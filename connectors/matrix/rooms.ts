/**
 * What is known of rooms and asked of the server once: whether one is encrypted, who is in it, its events by id. In memory; nothing here has to
 * survive a restart. Invariant: a room whose encryption could not be asked for is not said to be in the clear.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { askOnce, createRecent } from "../shared/recent.ts";
import { isRefusal, type MatrixApi } from "./api.ts";
import type { MatrixConfig } from "./config.ts";
import { type RoomEvent, roomEvent, standingOf } from "./decode.ts";
import { path, SUBJECT } from "./ids.ts";

/** What every part of a connector works with. */
export interface Account {
  readonly context: ConnectorContext;
  readonly config: MatrixConfig;
  readonly api: MatrixApi;
  readonly rooms: ReturnType<typeof createRooms>;
}

/** Events kept, over all rooms. */
const KEPT_EVENTS = 2000;

const anyContent = z.record(z.string(), z.unknown());
const directoryEntry = z.object({ room_id: z.string() });

export function createRooms(api: MatrixApi) {
  const ids = new Map<string, Promise<string>>();
  const encrypted = new Map<string, Promise<boolean>>();
  const members = new Map<string, Promise<number>>();
  const events = createRecent<RoomEvent>(KEPT_EVENTS);
  const latest = createRecent<string>(KEPT_EVENTS);

  /** Undefined where there is nothing, or nothing we may see. */
  async function find<T>(at: string, shape: z.ZodType<T>, nothing: readonly number[] = [404, 403]): Promise<T | undefined> {
    try {
      return await api.call("GET", at, shape);
    } catch (thrown) {
      if (isRefusal(thrown) && nothing.includes(thrown.status ?? 0)) return undefined;
      throw thrown;
    }
  }

  return {
    /** What people are called, by user id. */
    names: new Map<string, string>(),
    /** The id behind an alias; an id is its own. */
    idOf: async (name: string): Promise<string> =>
      name.startsWith("!")
        ? name
        : askOnce(ids, name, async () => (await api.call("GET", path`/directory/room/${name}`, directoryEntry)).room_id),
    isEncrypted: (room: string): Promise<boolean> =>
      askOnce(encrypted, room, async () => (await find(path`/rooms/${room}/state/m.room.encryption/`, anyContent, [404])) !== undefined),
    setEncrypted: (room: string) => void encrypted.set(room, Promise.resolve(true)),
    /** How many are in the room, ourselves among them. */
    countMembers: (room: string): Promise<number> =>
      askOnce(members, room, async () => {
        const answer = await find(path`/rooms/${room}/joined_members`, z.object({ joined: anyContent }));
        return Object.keys(answer?.joined ?? {}).length;
      }),
    forgetMembers: (room: string) => void members.delete(room),
    /** Its relations and marks, not its text. Undefined when there is none we may see. */
    async event(room: string, id: string): Promise<RoomEvent | undefined> {
      const known = events.get(id);
      const found = known ?? (await find(path`/rooms/${room}/event/${id}`, roomEvent));
      if (found && !known) events.set(id, slim(found));
      return found;
    },
    /** Keeps an event that came by. */
    note(room: string, event: RoomEvent): void {
      events.set(event.event_id, slim(event));
      const gone = event.type === "m.room.redaction" ? events.get(event.redacts ?? "") : undefined;
      if (gone) events.set(gone.event_id, { ...gone, unsigned: { redacted_because: {} } });
      const { threadId } = standingOf(event);
      if (event.type === "m.room.message" && threadId !== undefined) latest.set(`${room} ${threadId}`, event.event_id);
    },
    /** The newest event of a thread that came by; its root when none did. */
    latestIn: (room: string, thread: string): string => latest.get(`${room} ${thread}`) ?? thread,
  };
}

/** What others may ask of an event; its text is not kept. */
function slim({ event_id, type, sender, origin_server_ts, content, unsigned }: RoomEvent): RoomEvent {
  const kept = Object.fromEntries(Object.entries(content).filter(([key]) => key === SUBJECT || key === "m.relates_to"));
  return { event_id, type, sender, origin_server_ts, content: kept, unsigned };
}
