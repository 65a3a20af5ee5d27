/**
 * A fake Bot API server on the wire: long polls that are held, one poller at a time, webhooks with their secret, files behind the token, and the
 * platform's own refusals. Faults and silence are switched from outside; what it was sent is read from `world`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { readForm } from "./form.ts";
import { type Call, METHODS, parse, SENDING } from "./methods.ts";
import { createPacer, type FakePaces } from "./pace.ts";
import { UPLOAD_BYTES } from "./rules.ts";
import { createPolls } from "./updates.ts";
import { type FakeChat, type Fault, Refusal } from "./shapes.ts";
import { createWorld, type World } from "./world.ts";

export interface FakeTelegram {
  /** For `api_root`. */
  readonly url: string;
  readonly world: World;
  /** The bot's token; another one is 401. Changing it revokes the former. */
  token: string;
  /** Every call, oldest first, whatever became of it. */
  readonly calls: { readonly method: string; readonly at: number; readonly fields: Readonly<Record<string, unknown>> }[];
  /** How many calls it refused for their pace. */
  refused(): number;
  addChat(chat: Partial<FakeChat> & Pick<FakeChat, "id" | "type">): FakeChat;
  next(fault: Fault): void;
  /** The next call of this method is refused in these words. */
  refuse(method: string, description: string, code?: number): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  /** Resolves when the bot has confirmed this update (or answered its webhook), false when it did not within `ms`. */
  confirmed(updateId: number, ms: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly token: string;
  readonly now: () => number;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  readonly paces?: FakePaces;
  /** How long a press waits for its answer, ms. Default 10,000. */
  readonly pressPatienceMs?: number;
  /** The longest a poll is held, whatever it asks for, ms. Default 50,000. */
  readonly longestPollMs?: number;
  readonly bot?: Readonly<Record<string, unknown>>;
}

export async function createFakeTelegram(options: FakeOptions): Promise<FakeTelegram> {
  const { now, setTimer, paces = {}, pressPatienceMs = 10_000, longestPollMs = 50_000 } = options;
  const bot = {
    id: 7_000_000_001,
    is_bot: true,
    first_name: "Mos",
    username: "mos_test_bot",
    can_read_all_group_messages: false,
    ...options.bot,
  };
  const world = createWorld(bot, now);
  const pacer = createPacer(paces, now);
  const polls = createPolls(world, longestPollMs, setTimer);
  const desk = { world, pacer, pressPatienceMs, commands: new Map<string, unknown>() };
  const faults: Fault[] = [];
  const refusals = new Map<string, Refusal>();
  const open = new Set<Socket>();
  let isSilent = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind = "", method = "", ...rest] = new URL(request.url ?? "/", "http://fake").pathname.split("/");
    if (kind === "file") return serveFile(method, rest, response);
    const call = await readCall(request);
    fake.calls.push({ method, at: now(), fields: call.fields });
    if (isSilent) return;
    if (kind !== `bot${fake.token}`) return refuse(response, new Refusal(/^bot\d+:[\w-]+$/.test(kind) ? 401 : 404, "Unauthorized"));
    const fault = SENDING.includes(method) ? faults.shift() : undefined;
    if (fault?.type === "lost_request") return void request.socket.destroy();
    try {
      if (fault) refuseFor(fault);
      const refusal = refusals.get(method);
      refusals.delete(method);
      if (refusal) throw refusal;
      const result = await perform(method, call, response);
      if (fault?.type === "lost_answer") return void request.socket.destroy();
      if (!response.writableEnded) reply(response, 200, { ok: true, result });
    } catch (thrown) {
      refuse(response, thrown instanceof Refusal ? thrown : new Refusal(500, "Internal Server Error"));
    }
  }

  async function perform(method: string, call: Call, response: ServerResponse): Promise<unknown> {
    if (method === "getUpdates") return polls.poll(parse(POLL, call.fields), response);
    if (method === "setWebhook") return polls.setWebhook(parse(HOOK, call.fields));
    if (method === "deleteWebhook") return polls.setWebhook(undefined);
    if (method === "getWebhookInfo") return polls.webhookInfo();
    const act = METHODS[method];
    if (!act) throw new Refusal(404, "Not Found");
    return act(call, desk);
  }

  function serveFile(bot: string, path: readonly string[], response: ServerResponse): void {
    const file = bot === `bot${fake.token}` ? world.files.get(path[1] ?? "") : undefined;
    if (!file) return reply(response, 404, { ok: false, error_code: 404, description: "Not Found" });
    response.writeHead(200, { "content-type": file.mime_type, "content-length": file.bytes.length }).end(file.bytes);
  }

  const server = await listening((request, response) => void serve(request, response), open);
  const fake: FakeTelegram = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world,
    token: options.token,
    calls: [],
    refused: pacer.refused,
    addChat(chat) {
      const whole: FakeChat = {
        title: "Chat",
        isForum: false,
        bot: "administrator",
        canManageTopics: true,
        mayWrite: true,
        isBlocked: false,
        topics: new Map(),
        messages: new Map(),
        ...chat,
      };
      world.chats.set(whole.id, whole);
      return whole;
    },
    next: (fault) => void faults.push(fault),
    refuse: (method, description, code = 400) => void refusals.set(method, new Refusal(code, description)),
    silence(silent) {
      isSilent = silent;
      polls.silence(silent);
    },
    hangUp: () => open.forEach((socket) => socket.destroy()),
    confirmed: polls.confirmed,
    async close() {
      polls.close();
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  polls.start();
  return fake;
}

const POLL = z.object({
  offset: z.coerce.number().int().default(0),
  limit: z.coerce.number().int().min(1).max(100).default(100),
  timeout: z.coerce.number().min(0).default(0),
  allowed_updates: z.array(z.string()).optional(),
});
const HOOK = z.object({
  url: z.string(),
  secret_token: z
    .string()
    .regex(/^[\w-]{1,256}$/, "secret token contains unallowed characters")
    .optional(),
  allowed_updates: z.array(z.string()).optional(),
  drop_pending_updates: z.boolean().default(false),
});

async function readCall(request: IncomingMessage): Promise<Call> {
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/")) return readForm(request, UPLOAD_BYTES);
  const text = (await buffer(request)).toString("utf8");
  const fields = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { fields, files: new Map() };
}

function refuseFor(fault: Fault): void {
  if (fault.type === "server_error") throw new Refusal(502, "Bad Gateway");
  if (fault.type === "refused") throw new Refusal(400, "Bad Request: message can't be sent");
  if (fault.type === "unauthorized") throw new Refusal(401, "Unauthorized");
  if (fault.type !== "too_many") return;
  const { retryAfterMs } = fault;
  const seconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
  throw new Refusal(429, "Too Many Requests", seconds === undefined ? {} : { retry_after: seconds });
}

function refuse(response: ServerResponse, { code, message, parameters }: Refusal): void {
  const more = Object.keys(parameters).length > 0 ? { parameters } : {};
  reply(response, code, { ok: false, error_code: code, description: message, ...more });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function listening(serve: (request: IncomingMessage, response: ServerResponse) => void, open: Set<Socket>): Promise<Server> {
  const server = createServer(serve);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
