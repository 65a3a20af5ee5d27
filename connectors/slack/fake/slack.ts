/**
 * A fake Slack on the wire: Web API, Socket Mode, signed requests, external upload, files behind the token. Strict in scopes, lengths and tiers. Faults
 * and silence are switched from outside; what it was sent is read from `world`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createDelivery, type Delivery } from "./deliver.ts";
import { METHODS, SENDING } from "./methods.ts";
import { createPeople, type People } from "./people.ts";
import { SCOPES, TIERS } from "./rules.ts";
import { type Fault, Refusal } from "./shapes.ts";
import { createWorld, type World } from "./world.ts";

export interface FakeSlack {
  /** For `api_base`, with its slash. */
  readonly apiBase: string;
  readonly world: World;
  readonly people: People;
  readonly delivery: Delivery;
  /** Another one is `invalid_auth`. Changing one revokes the former. */
  botToken: string;
  appToken: string;
  readonly scopes: Set<string>;
  /** Where events go in HTTP mode. */
  requestUrl: string | undefined;
  /** Every call, oldest first, whatever became of it. */
  readonly calls: { readonly method: string; readonly at: number; readonly fields: Readonly<Record<string, unknown>> }[];
  /** What was posted to response urls. */
  readonly responses: { readonly path: string; readonly body: unknown }[];
  /** How many calls it refused for their pace. */
  refused(): number;
  next(fault: Fault): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly teamId?: string;
  readonly now: () => number;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  /** How long an acknowledgement may take, ms. Default 3000. */
  readonly patienceMs?: number;
  /** Between two tries of one event, ms. Default 1000. */
  readonly retryMs?: number;
  /** The tiers' minute, ms; undefined: no tiers. */
  readonly tierMs?: number;
  /** Its first message is of this second. Default: of now. */
  readonly firstTs?: number;
  /** Methods it does not know, as another server that speaks Slack's API may not. */
  readonly lacks?: readonly string[];
  /** One message a second in a channel: this second, ms; undefined: no such limit. */
  readonly postMs?: number;
}

const OTHER_SCOPES = "app_mentions:read commands groups:history groups:read im:history im:read mpim:history mpim:read";
const ALL_SCOPES = [...new Set(Object.values(SCOPES)), ...OTHER_SCOPES.split(" ")];

export async function createFakeSlack(options: FakeOptions): Promise<FakeSlack> {
  const { now, setTimer, patienceMs = 3000, retryMs = 1000, signingSecret, teamId = "TFAKE0001", lacks = [], firstTs } = options;
  const open = new Set<Duplex>();
  const faults: Fault[] = [];
  const pacer = createPacer(options, now);
  let base = "";
  let isSilent = false;
  let tickets = 0;
  const world = createWorld({ teamId, now, firstTs, filesUrl: () => `${base}/files` });
  const delivery = createDelivery({ patienceMs, retryMs, signingSecret, now, setTimer, requestUrl: () => fake.requestUrl });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const [, area = "", ...rest] = url.pathname.split("/");
    const body = await buffer(request);
    if (isSilent) return;
    if (area === "files") return serveFile(rest[0] ?? "", request, response);
    if (area === "upload") return takeUpload(rest[0] ?? "", await uploadedIn(request, body), { url, response });
    if (area === "response") {
      fake.responses.push({ path: rest.join("/"), body: JSON.parse(body.toString("utf8")) });
      return void response.writeHead(200).end("ok");
    }
    if (area !== "api") return void response.writeHead(404).end();
    await call(rest.join("/"), fieldsOf(request, body), { request, response });
  }

  async function call(
    method: string,
    fields: Record<string, unknown>,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): Promise<void> {
    fake.calls.push({ method, at: now(), fields });
    const fault = SENDING.includes(method) ? faults.shift() : undefined;
    if (fault?.type === "lost_request") return void request.socket.destroy();
    try {
      if (fault) refuseFor(fault);
      const result = perform(method, fields, request.headers.authorization?.replace(/^Bearer /, "") ?? "");
      if (fault?.type === "lost_answer") return void request.socket.destroy();
      reply(response, 200, { ok: true, ...result }, { "x-oauth-scopes": [...fake.scopes].join(",") });
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const headers = thrown.retryAfter === undefined ? {} : { "retry-after": String(thrown.retryAfter) };
      reply(response, thrown.status, { ok: false, error: thrown.message, ...thrown.more }, headers);
    }
  }

  function perform(method: string, fields: Record<string, unknown>, token: string): Record<string, unknown> {
    if (method === "apps.connections.open") {
      if (token !== fake.appToken) throw new Refusal("invalid_auth");
      return { url: `${base.replace(/^http/, "ws")}/sock?ticket=t${(tickets += 1)}` };
    }
    if (token !== fake.botToken) throw new Refusal("invalid_auth");
    const needed = SCOPES[method];
    if (needed !== undefined && !fake.scopes.has(needed))
      throw new Refusal("missing_scope", { needed, provided: [...fake.scopes].join(",") });
    const act = lacks.includes(method) ? undefined : METHODS[method];
    if (!act) throw new Refusal("unknown_method");
    pacer.take(method, String(fields["channel"] ?? fields["channel_id"] ?? ""));
    return act(fields, { world, uploadUrl: (id) => `${base}/upload/${id}` });
  }

  /** Whoever does not show the token is shown a page to sign in, with 200. */
  function serveFile(id: string, request: IncomingMessage, response: ServerResponse): void {
    const file = world.files.get(id);
    if (request.headers.authorization !== `Bearer ${fake.botToken}`)
      return void response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in to Slack</html>");
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": file.mimetype, "content-length": file.bytes.length }).end(file.bytes);
  }

  function takeUpload(id: string, body: Buffer, { url, response }: { url: URL; response: ServerResponse }): void {
    const file = world.files.get(id);
    if (!file || Number(url.searchParams.get("length")) !== body.length) return void response.writeHead(400).end("length");
    file.bytes = body;
    response.writeHead(200).end(`OK - ${body.length}`);
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    if (isSilent) return;
    if (!request.url?.startsWith("/sock?ticket=")) return void socket.destroy();
    delivery.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const fake: FakeSlack = {
    apiBase: `${base}/api/`,
    world,
    people: createPeople(world, () => base),
    delivery,
    botToken: options.botToken,
    appToken: options.appToken,
    scopes: new Set(ALL_SCOPES),
    requestUrl: undefined,
    calls: [],
    responses: [],
    refused: pacer.refused,
    next: (fault) => void faults.push(fault),
    silence(silent) {
      isSilent = silent;
      delivery.silence(silent);
    },
    hangUp: () => open.forEach((socket) => socket.destroy()),
    async close() {
      delivery.close();
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

function createPacer({ tierMs, postMs }: Pick<FakeOptions, "tierMs" | "postMs">, now: () => number) {
  const times = new Map<string, number[]>();
  let refused = 0;

  function spend(key: string, { count, windowMs }: { count: number; windowMs: number }): void {
    const recent = (times.get(key) ?? []).filter((at) => at > now() - windowMs);
    if (recent.length >= count) {
      refused += 1;
      const waitMs = (recent[recent.length - count] ?? 0) + windowMs - now();
      throw new Refusal("ratelimited", { status: 429, retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) });
    }
    times.set(key, [...recent, now()]);
  }

  return {
    take(method: string, channel: string): void {
      const tier = TIERS[method];
      if (tierMs !== undefined && tier !== undefined) spend(method, { count: tier, windowMs: tierMs });
      if (postMs !== undefined && method === "chat.postMessage") spend(`post ${channel}`, { count: 1, windowMs: postMs });
    },
    refused: () => refused,
  };
}

function refuseFor(fault: Fault): void {
  if (fault.type === "server_error") throw new Refusal("internal_error", { status: 500 });
  if (fault.type === "refused") throw new Refusal(fault.error ?? "restricted_action");
  if (fault.type === "unauthorized") throw new Refusal("token_revoked");
  if (fault.type !== "too_many") return;
  const { retryAfterMs } = fault;
  throw new Refusal("ratelimited", { status: 429, ...(retryAfterMs === undefined ? {} : { retryAfter: Math.ceil(retryAfterMs / 1000) }) });
}

function fieldsOf(request: IncomingMessage, body: Buffer): Record<string, unknown> {
  const text = body.toString("utf8");
  if ((request.headers["content-type"] ?? "").startsWith("application/json")) return JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(new URLSearchParams(text));
}

/** The bytes as they are, or as a file in a form. */
async function uploadedIn(request: IncomingMessage, body: Buffer): Promise<Buffer> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return body;
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  const [file] = [...form.values()].filter((value) => typeof value !== "string");
  return file ? Buffer.from(await file.arrayBuffer()) : Buffer.alloc(0);
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
