/** A person on a Matrix homeserver, with a client of our own over plain HTTP: what they see is read from the server, never from the hub. */
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./hub-process.ts";

export interface Seen {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface Login {
  readonly url: string;
  readonly userId: string;
  readonly token: string;
}

export type MatrixPerson = ReturnType<typeof createMatrixPerson>;

/** Whoever looks without end leaves no homeserver time for anything else. */
const LOOK_MS = 100;

/** `patienceMs`: how long they look for what they expect. */
export function createMatrixPerson({ url, userId, token }: Login, patienceMs = 60_000) {
  let sent = 0;

  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${url}/_matrix/client/v3${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (response.status === 429) {
      const { retry_after_ms = 1000 } = (await response.json()) as { retry_after_ms?: number };
      await pause(retry_after_ms);
      return call(method, path, body);
    }
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  const at = (room: string): string => `/rooms/${encodeURIComponent(room)}`;

  async function send(room: string, content: object, type = "m.room.message"): Promise<string> {
    const { event_id } = await call<{ event_id: string }>("PUT", `${at(room)}/send/${type}/p${(sent += 1)}`, content);
    return event_id;
  }

  /**
   * Everything in the room that this person may see, oldest first; with `after`, what came after that event, and a few before it: of two that are
   * sent at once the server may put the later one first.
   */
  async function read(room: string, after?: string): Promise<Seen[]> {
    const events: Seen[] = [];
    for (let from = ""; ;) {
      const limit = after === undefined ? 200 : 20;
      const page = await call<{ chunk: Seen[]; end?: string }>(
        "GET",
        `${at(room)}/messages?dir=b&limit=${limit}${from && `&from=${from}`}`,
      );
      events.push(...page.chunk);
      if (page.chunk.some(({ event_id }) => event_id === after) || page.end === undefined || page.chunk.length === 0)
        return events.toReversed();
      from = encodeURIComponent(page.end);
    }
  }

  return {
    userId,
    patienceMs,
    token,
    call,
    send,
    read,
    /** In a thread, with or without a mention. */
    say: (room: string, body: string, { thread, mention }: { thread?: string; mention?: string } = {}): Promise<string> =>
      send(room, {
        msgtype: "m.text",
        body,
        "m.mentions": mention === undefined ? {} : { user_ids: [mention] },
        ...(thread === undefined
          ? {}
          : { "m.relates_to": { rel_type: "m.thread", event_id: thread, is_falling_back: true, "m.in_reply_to": { event_id: thread } } }),
      }),
    react: (room: string, target: string, key: string): Promise<string> =>
      send(room, { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } }, "m.reaction"),
    redact: (room: string, target: string) => call("PUT", `${at(room)}/redact/${encodeURIComponent(target)}/r${(sent += 1)}`, {}),
    async createRoom(invite: readonly string[], more: object = {}): Promise<string> {
      return (await call<{ room_id: string }>("POST", "/createRoom", { invite, preset: "private_chat", ...more })).room_id;
    },
    join: (room: string) => call("POST", `/join/${encodeURIComponent(room)}`, {}),
    async upload(name: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
      const response = await fetch(`${url}/_matrix/media/v3/upload?filename=${name}`, { method: "POST", headers, body: content });
      return ((await response.json()) as { content_uri: string }).content_uri;
    },
    async download(uri: string): Promise<Buffer> {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${url}/_matrix/client/v1/media/download/${uri.replace("mxc://", "")}`, { headers });
      return Buffer.from(await response.arrayBuffer());
    },
    /** Waits until somebody else's event is there of which this is true, as it was sent or as an edit has changed it since. */
    async sees(room: string, what: string, isIt: (event: Seen) => boolean): Promise<Seen> {
      let found: Seen | undefined;
      const events = new Map<string, Seen>();
      let last: string | undefined;
      const look = async () => {
        const news = await read(room, last);
        for (const event of news) events.set(event.event_id, event);
        const shown = news.flatMap((event) => [event, ...edited(event, events)]);
        found = shown.findLast((event) => event.sender !== userId && isIt(event));
        last = news.at(-1)?.event_id ?? last;
        if (found === undefined) await pause(LOOK_MS);
        return found !== undefined;
      };
      await until(`${userId} sees ${what}`, look, patienceMs);
      if (!found) throw new Error("unreachable");
      return found;
    },
  };
}

/** What an edit makes of its original: where it stands is the original's, what it says is the edit's. */
function edited(edit: Seen, events: ReadonlyMap<string, Seen>): Seen[] {
  const { rel_type, event_id = "" } = relationOf(edit);
  const original = rel_type === "m.replace" ? events.get(event_id) : undefined;
  return original ? [{ ...original, content: { ...original.content, ...(edit.content["m.new_content"] as object) } }] : [];
}

export function bodyOf({ content }: Seen): string {
  const replaced = content["m.new_content"] as { body?: string } | undefined;
  return String(replaced?.body ?? content["body"] ?? "");
}

export function relationOf({ content }: Seen): { rel_type?: string; event_id?: string; key?: string } {
  return (content["m.relates_to"] ?? {}) as { rel_type?: string; event_id?: string; key?: string };
}

export const isIn = (thread: string) => (event: Seen) => relationOf(event).rel_type === "m.thread" && relationOf(event).event_id === thread;
