/** A room read backwards: for what a sync left out, and for what became of a message. Reads only. */
import { z } from "zod";
import type { OutboundMessage, Receipt } from "../../src/contract/message.ts";
import type { MatrixApi } from "./api.ts";
import { relationOf, roomEvent, type RoomEvent, standingOf } from "./decode.ts";
import { DELIVERY, path } from "./ids.ts";
import type { Account } from "./rooms.ts";

/** Everything the connector looks at; nothing else is asked for. */
export const EVENT_TYPES = [
  "m.room.message",
  "m.room.encrypted",
  "m.room.encryption",
  "m.room.member",
  "m.room.redaction",
  "m.reaction",
] as const;

/** Pages read at most: 100,000 events. */
const MAX_PAGES = 1000;

const page = z.object({ chunk: z.array(z.unknown()), end: z.string().optional() });

/** Events, the newest first: from the token `from`, or the present, to the token `to`, or the beginning of the room. */
export async function* readBack(
  api: MatrixApi,
  room: string,
  { from, to }: { from?: string; to?: string | undefined },
): AsyncGenerator<RoomEvent, void> {
  const filter = JSON.stringify({ types: EVENT_TYPES });
  let at = from;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const query = { dir: "b", limit: "100", filter, ...(at === undefined ? {} : { from: at }), ...(to === undefined ? {} : { to }) };
    const { chunk, end } = await api.call("GET", path`/rooms/${room}/messages`, page, { query });
    yield* eventsOf(chunk);
    if (end === undefined || end === at) return;
    at = end;
  }
}

/** Those that are events at all. */
export function eventsOf(items: readonly unknown[]): RoomEvent[] {
  return items.flatMap((item) => roomEvent.safeParse(item).data ?? []);
}

/** The server's clock and ours may differ by so much. */
const SKEW_MS = 3_600_000;

/**
 * The message of this delivery in a room, or undefined when it is not there; not sent before `since`, ISO-8601. Only the last event of a delivery
 * carries its mark: then all of it is there.
 */
export async function findDelivery(
  { api, config }: Account,
  room: string,
  { idempotencyKey }: OutboundMessage,
  since: string,
): Promise<Receipt | undefined> {
  for await (const event of readBack(api, room, {})) {
    if (event.origin_server_ts < Date.parse(since) - SKEW_MS) return undefined;
    const mark = delivery.safeParse(event.content[DELIVERY]).data;
    if (event.sender !== config.user_id || mark === undefined || mark.key !== idempotencyKey) continue;
    const { rel_type, event_id } = relationOf(event);
    const { threadId } = standingOf(event);
    const messageId = mark.shows ?? (rel_type === "m.replace" && event_id !== undefined ? event_id : event.event_id);
    return { messageId, chatId: room, ...(threadId === undefined ? {} : { threadId }) };
  }
  return undefined;
}

const delivery = z.object({ key: z.string(), shows: z.string().optional() });
