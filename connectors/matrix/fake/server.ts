/**
 * A fake homeserver over real HTTP, strict, with faults made on purpose: lost answers, 429, 5xx, a revoked token, silence, limited timelines,
 * versions without threads, room ids without a server part, a clock that is wrong. Its ledger is its own; nothing of the hub is asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createRooms, type FakeRoom, type Rooms } from "./rooms.ts";
import { answer, type Books, logIn, type Media, register } from "./routes.ts";
import { type Call, type Content, type FakeEvent, type Login, type MatrixFault, MatrixRefusal } from "./shapes.ts";
import { positionOf, syncAnswer } from "./sync.ts";

export interface FakeOptions {
  readonly now: () => number;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  readonly serverName?: string;
  /** Events a second and at once, per user. Absent: no limit. Synapse's default is 0.2 and 10. */
  readonly limit?: { readonly perSecond: number; readonly burst: number };
  readonly versions?: readonly string[];
  readonly isServerless?: boolean;
  /** How wrong its clock is. */
  readonly skewMs?: number;
  readonly uploadBytes?: number;
  /** The token with which users may be registered just now; closed without one. */
  readonly registrationToken?: () => string | undefined;
}

export interface FakeHomeserver {
  readonly url: string;
  readonly rooms: Rooms;
  readonly media: Map<string, Media>;
  readonly ledger: Ledger;
  /** Registers a user with a login on a device of this name. */
  user(name: string, device?: string): Login & { readonly password: string };
  /** A person does it with another client. */
  say(room: FakeRoom, user: string, content: Content, type?: string): FakeEvent;
  revoke(token: string): void;
  /** Of the next calls that send a message, or, with `on`, of those whose path holds it. */
  next(fault: MatrixFault, on?: string): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  /** Resolves once this user's client has come back with a token at or behind this event. */
  whenConfirmed(user: string, event: FakeEvent): Promise<void>;
  close(): Promise<void>;
}

export interface Ledger {
  /** Every call, `METHOD path`. */
  readonly calls: string[];
  /** Calls that send an `m.room.message`, kept or not, epoch ms. */
  readonly sendTimes: number[];
  /** Events that were sent in the clear into an encrypted room. */
  readonly plaintexts: FakeEvent[];
  /** Calls refused for their pace. */
  limited: number;
}

const VERSIONS = ["r0.6.1", "v1.1", "v1.4", "v1.11", "v1.13"];

export async function createFakeHomeserver(options: FakeOptions): Promise<FakeHomeserver> {
  const { now, setTimer, serverName = "hs.example.internal", limit, skewMs = 0, uploadBytes = 50_000_000 } = options;
  const ledger: Ledger = { calls: [], sendTimes: [], plaintexts: [], limited: 0 };
  const open = new Set<Socket>();
  const watchers = new Set<() => void>();
  const confirmed = new Map<string, number>();
  /** As Synapse does: the same question without a token is given the same answer. */
  const firstAnswers = new Map<string, Content>();
  const faults: { readonly fault: MatrixFault; readonly on: string }[] = [];
  let isSilent = false;

  const rooms = createRooms({
    serverName,
    now: () => now() + skewMs,
    isServerless: options.isServerless ?? false,
    onEvent(event) {
      if (event.type === "m.room.message" && rooms.find(event.room_id).isEncrypted) ledger.plaintexts.push(event);
      for (const watcher of watchers) watcher();
    },
  });
  const charge = createMeter(now, limit, () => (ledger.limited += 1));
  const maps = { passwords: new Map(), logins: new Map(), media: new Map(), transactions: new Map() };
  const books: Books = { rooms, serverName, ...maps, uploadBytes, charge, roomVersion: options.isServerless ? "12" : "10" };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    ledger.calls.push(`${call.method} ${call.path}`);
    if (call.path.includes("/send/m.room.message/")) ledger.sendTimes.push(now());
    if (isSilent) return;
    const fault = takeFault(call);
    if (fault?.type === "lost_request") return void request.socket.destroy();
    try {
      if (fault) raise(fault);
      const body = await bodyOf(call, response);
      if (isSilent) return;
      if (fault?.type === "lost_answer") return void request.socket.destroy();
      reply(response, 200, body);
    } catch (thrown) {
      const refusal = thrown instanceof MatrixRefusal ? thrown : new MatrixRefusal(500, "M_UNKNOWN", "Internal server error");
      refuse(response, refusal);
    }
  }

  function takeFault({ path }: Call): MatrixFault | undefined {
    const at = faults.findIndex(({ on }) => path.includes(on));
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
  }

  async function bodyOf(call: Call, response: ServerResponse): Promise<unknown> {
    if (call.path === "/_matrix/client/versions") {
      // Needs no token, but refuses a wrong one: as Synapse 1.163.
      if (call.headers["authorization"] !== undefined) loginOf(call);
      return { versions: options.versions ?? VERSIONS };
    }
    if (call.path === "/_matrix/client/v3/login" && call.method === "POST") return logIn(books, call);
    if (call.path === "/_matrix/client/v3/register") return register(books, call, options.registrationToken?.());
    const login = loginOf(call);
    return call.path === "/_matrix/client/v3/sync" ? sync(call, login, response) : answer(books, call, login);
  }

  /** By the header only: a token in the query is deprecated, and ends up in logs. */
  function loginOf({ headers }: Call): Login {
    const [, token = ""] = /^Bearer (.+)$/.exec(String(headers["authorization"] ?? "")) ?? [];
    if (token === "") throw new MatrixRefusal(401, "M_MISSING_TOKEN", "Missing access token");
    const login = books.logins.get(token);
    if (!login) throw new MatrixRefusal(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
    return login;
  }

  async function sync({ query }: Call, { user }: Login, response: ServerResponse): Promise<Content> {
    const since = positionOf(query.get("since"));
    if (since !== undefined) confirmed.set(user, Math.max(since, confirmed.get(user) ?? 0));
    for (const watcher of watchers) watcher();
    const filter = JSON.parse(query.get("filter") ?? "{}") as Parameters<typeof syncAnswer>[1]["filter"];
    const look = () => syncAnswer(rooms, { user, since, filter });
    const isOver = waitOver(Number(query.get("timeout") ?? 0));
    while (since !== undefined && look().isEmpty && !isOver() && !response.destroyed) await change();
    const question = since === undefined ? `${user} ${query}` : undefined;
    const answer = firstAnswers.get(question ?? "") ?? look().body;
    if (question !== undefined) firstAnswers.set(question, answer);
    return answer;
  }

  /** True once the time is over; wakes who waits then. */
  function waitOver(ms: number): () => boolean {
    let isOver = ms === 0;
    if (ms > 0)
      setTimer(ms, () => {
        isOver = true;
        for (const watcher of watchers) watcher();
      });
    return () => isOver;
  }

  function change(): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
    });
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => request.socket.destroy()));
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });

  return {
    url: await listen(server),
    rooms,
    media: books.media,
    ledger,
    user(name, device = "HUB") {
      const user = `@${name}:${serverName}`;
      const login = { user, device, token: `syt_${name}_${device}_token` };
      books.passwords.set(user, `password of ${name}`);
      books.logins.set(login.token, login);
      return { ...login, password: `password of ${name}` };
    },
    say: (room, sender, content, type = "m.room.message") => rooms.send(room, { type, sender, content }),
    revoke: (token) => void books.logins.delete(token),
    next: (fault, on = "/send/m.room.message/") => void faults.push({ fault, on }),
    silence: (silent) => void (isSilent = silent),
    hangUp: () => open.forEach((socket) => socket.destroy()),
    async whenConfirmed(user, { position }) {
      while ((confirmed.get(user) ?? 0) < position) await change();
    },
    close: () =>
      new Promise((resolve) => {
        open.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
}

function raise(fault: MatrixFault): void {
  switch (fault.type) {
    case "server_error":
      throw new MatrixRefusal(502, "M_UNKNOWN", "Bad gateway");
    case "too_many":
      throw new MatrixRefusal(429, "M_LIMIT_EXCEEDED", "Too Many Requests", fault.retryAfterMs);
    case "refused":
      throw new MatrixRefusal(403, "M_FORBIDDEN", "You don't have permission to post that to the room.");
    case "unauthorized":
      throw new MatrixRefusal(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
    default:
      return undefined;
  }
}

/** A bucket per user, as Synapse's `rc_message`. */
function createMeter(now: () => number, limit: FakeOptions["limit"], onRefusal: () => void): (user: string) => void {
  const buckets = new Map<string, { level: number; at: number }>();
  return (user) => {
    if (!limit) return;
    const bucket = buckets.get(user) ?? { level: 0, at: now() };
    const level = Math.max(0, bucket.level - ((now() - bucket.at) / 1000) * limit.perSecond);
    if (level + 1 > limit.burst) {
      onRefusal();
      throw new MatrixRefusal(
        429,
        "M_LIMIT_EXCEEDED",
        "Too Many Requests",
        Math.ceil(((level + 1 - limit.burst) / limit.perSecond) * 1000),
      );
    }
    buckets.set(user, { level: level + 1, at: now() });
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const url = new URL(request.url ?? "/", "http://fake");
  const isJson = String(request.headers["content-type"]).startsWith("application/json") && !url.pathname.includes("/upload");
  const body = isJson && bytes.length > 0 ? (JSON.parse(bytes.toString("utf8")) as Content) : {};
  return { method: request.method ?? "GET", path: url.pathname, query: url.searchParams, body, bytes, headers: request.headers };
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  if (isMedia(body)) return void response.writeHead(status, { "content-type": body.type }).end(body.bytes);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, errcode, message, retryAfterMs }: MatrixRefusal): void {
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  reply(response, status, { errcode, error: message, retry_after_ms: retryAfterMs }, headers);
}

const isMedia = (body: unknown): body is Media =>
  typeof body === "object" && body !== null && "bytes" in body && Buffer.isBuffer(body.bytes);

function listen(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
}
