/**
 * The HTTP face under `/connectors/<account>/`: what people send in, and what their faces read. A message is answered with 202 only after
 * the hub has taken it; then it is shown to everybody. Decides nothing: who may speak is the hub's to say, in its Ack.
 */
import type { Caller } from "../../src/contract/connector.ts";
import { type ErrorCode, HubError } from "../../src/contract/errors.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import type { z } from "zod";
import {
  actionRequest,
  decodeAck,
  decodeAction,
  decodeMessage,
  decodeToEntry,
  feedQuery,
  messageRequest,
  pageQuery,
  type Sender,
  senderOf,
  threadRequest,
} from "./decode.ts";
import { encodeThread } from "./encode.ts";
import { eventIdOf, threadId } from "./ids.ts";
import type { Audience } from "./feed.ts";
import type { MessageLog } from "./log.ts";
import type { Turnstile } from "./send.ts";

/** Longer texts than anyone types, so that it is the hub that refuses them, in words and with the limit it has. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface Inward {
  readonly log: MessageLog;
  readonly audience: Audience;
  readonly turnstile: Turnstile;
  readonly now: () => number;
  /** Hands the event to the hub; undefined when nobody has subscribed yet. A rejection means "not taken". */
  readonly deliverMessage: (message: InboundMessage) => Promise<{ readonly ack: Ack | void } | undefined>;
  readonly deliverEvent: (event: ConnectorEvent) => Promise<{ readonly ack: Ack | void } | undefined>;
}

interface Call {
  readonly request: Request;
  readonly query: Record<string, string>;
  readonly sender: Sender;
  readonly id: string | undefined;
}

type Route = (inward: Inward, call: Call) => Promise<Response>;

const ROUTES: Readonly<Record<string, Route>> = {
  "POST /messages": takeMessage,
  "POST /actions": takeAction,
  "GET /feed": showFeed,
  "GET /threads": listThreads,
  "POST /threads": createThread,
  "GET /threads/:id": showThread,
};

/** Never rejects: what goes wrong is answered as problem+json. */
export async function receive(inward: Inward, request: Request, path: string, caller: Caller): Promise<Response> {
  try {
    const sender = senderOf(caller);
    if (sender === undefined) return problem(401, "not_signed_in");
    const url = new URL(request.url);
    const [, first = "", id, more] = path.split("/");
    const route = more === undefined ? ROUTES[`${request.method} /${first}${id === undefined ? "" : "/:id"}`] : undefined;
    if (route === undefined) return problem(404, "not_found", { what: `${request.method}`, id: path });
    return await route(inward, { request, query: Object.fromEntries(url.searchParams), sender, id: id && decodeURIComponent(id) });
  } catch (error) {
    return answerTo(error);
  }
}

async function takeMessage(inward: Inward, { request, sender }: Call): Promise<Response> {
  const message = decodeMessage(parse(messageRequest, await readJson(request)), sender, inward.now());
  return inward.turnstile.hold(async () => {
    const taken = await inward.deliverMessage(message);
    if (taken === undefined) return problem(503, "hub_stopping");
    const answer = decodeAck(taken.ack, message);
    if ("refused" in answer) return refusal(answer.refused);
    await inward.log.append(decodeToEntry(message, answer.trace, Date.parse(message.ts)));
    return Response.json(answer, { status: 202 });
  });
}

async function takeAction(inward: Inward, { request, sender }: Call): Promise<Response> {
  const action = decodeAction(parse(actionRequest, await readJson(request)), sender, inward.now());
  const taken = await inward.deliverEvent(action);
  if (taken === undefined) return problem(503, "hub_stopping");
  const answer = decodeAck(taken.ack, action);
  return "refused" in answer ? refusal(answer.refused) : Response.json(answer, { status: 202 });
}

/** `Last-Event-ID` is what a browser sends when it comes back by itself, and is the later of the two. */
async function showFeed({ audience }: Inward, { request, query, sender }: Call): Promise<Response> {
  const { after, thread } = parse(feedQuery, {
    ...query,
    ...(request.headers.has("last-event-id") ? { after: request.headers.get("last-event-id") } : {}),
  });
  const stream = await audience.look({ viewer: sender.id, after, threadId: thread });
  return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" } });
}

async function listThreads({ log }: Inward): Promise<Response> {
  return Response.json({ threads: await log.threads() });
}

async function createThread({ log, now }: Inward, { request, sender }: Call): Promise<Response> {
  const { title, clientId } = parse(threadRequest, await readJson(request));
  const { threadId } = await log.append(encodeThread(title, clientId && eventIdOf(sender.id, clientId), now()));
  return Response.json({ thread: (await log.threads()).find(({ id }) => id === threadId) }, { status: 201 });
}

async function showThread({ log }: Inward, { query, sender, id }: Call): Promise<Response> {
  const wanted = parse(threadId, id);
  const options = parse(pageQuery, query);
  const thread = (await log.threads()).find((candidate) => candidate.id === wanted);
  if (thread === undefined) return problem(404, "not_found", { what: "thread", id: wanted });
  const messages = await log.page(thread, { viewer: sender.id, ...options });
  const before = messages.length === options.limit ? messages[0]?.n : undefined;
  return Response.json({ thread, messages, before });
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HubError("bad_request", {
    problems: parsed.error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": ")).join("; "),
  });
}

/** Stops reading at the limit: nobody fills the hub's memory by sending on. */
async function readJson(request: Request): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new HubError("message_too_long", { bytes: `more than ${MAX_BODY_BYTES}`, max: MAX_BODY_BYTES });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new HubError("bad_request", { problems: "the body is not JSON in UTF-8" });
  }
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  bad_request: 400,
  message_too_long: 413,
  not_found: 404,
  not_allowed: 403,
  not_signed_in: 401,
};

/** What is not the sender's fault is 503: the same request with the same client id may be sent again. */
function answerTo(error: unknown): Response {
  if (!(error instanceof HubError)) return problem(503, "internal", { trace: "unknown" });
  return problem(STATUS[error.code] ?? 503, error.code, error.details);
}

function problem(status: number, code: ErrorCode, details: HubError["details"] = {}): Response {
  const error = new HubError(code, details);
  return Response.json(
    { title: error.message, detail: error.remedy, status, code },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}

function refusal(privateText: string): Response {
  const body = { title: privateText, detail: "", status: 403, code: "not_allowed" };
  return Response.json(body, { status: 403, headers: { "content-type": "application/problem+json" } });
}
