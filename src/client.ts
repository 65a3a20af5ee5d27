/**
 * The hub's HTTP API as typed calls, for programs and for the hub's own commands. Answers are parsed, so that what is returned is what the
 * types say. Never prints the token.
 */
import { z } from "zod";
import * as orchestrators from "./api/orchestrator-shapes.ts";
import * as people from "./api/people-shapes.ts";
import * as canvasShapes from "./api/canvas/shapes.ts";
import * as approvalShapes from "./api/approval-shapes.ts";
import * as deployShapes from "./api/deploy-shapes.ts";
import * as sessionShapes from "./api/session-shapes.ts";
import * as shapes from "./api/shapes.ts";
import { usageShape } from "./api/usage-shapes.ts";
import { systemClock } from "./clock.ts";
import { type ErrorCode, ERRORS, HubError } from "./contract/errors.ts";
import type { deployNews } from "./contract/orchestrator.ts";
import { readServerEvents, type ServerEvent } from "./server-events.ts";

/** The hub beats every 15 s; after three missed beats the connection is dead, whatever TCP says. */
const SILENCE_MS = 45_000;

export interface ClientOptions {
  /** Asked before every call, since a hub that was restarted may have another address and token. `url` without a trailing slash. */
  readonly where: () => Hub | Promise<Hub>;
  /** What a refused connection means. Default: `hub_unreachable`. */
  readonly onRefused?: () => HubError;
  /** Default: the timers of this process. */
  readonly setTimer?: (ms: number, fn: () => void) => () => void;
}

export interface Hub {
  readonly url: string;
  readonly token: string;
}

export interface Ask<T> {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
  /** The same key again is the same request: safe to repeat when no answer came. */
  readonly idempotencyKey?: string | undefined;
}

export interface Connection {
  /** Rejects with a HubError: `hub_unreachable`, or HubAnswerError with what the hub answered. */
  request<T>(path: string, ask: Ask<T>): Promise<T>;
  /** As `request`, of what is no JSON: the answer is still to be read. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Events of one connection; ends when the hub closes it. Rejects as `request`, and when the connection falls silent. */
  events(path: string, options: { readonly lastEventId?: string | undefined; readonly signal: AbortSignal }): AsyncGenerator<ServerEvent>;
}

/** What the hub said no to, in its own words. */
export class HubAnswerError extends HubError {
  override readonly name = "HubAnswerError";
  readonly status: number;
  readonly #remedy: string;

  constructor(status: number, code: ErrorCode, words: { readonly title: string; readonly detail: string }) {
    super(code);
    this.status = status;
    this.message = words.title;
    this.#remedy = words.detail;
  }
  override get remedy(): string {
    return this.#remedy;
  }
}

export type Client = ReturnType<typeof createClient>;
type Decision = z.input<typeof approvalShapes.decision>;

export function createClient(options: ClientOptions) {
  const connection = connect(options);
  const { request } = connection;
  const post = poster(connection);

  return {
    ...connection,
    health: () => request("/v1/health", { answer: shapes.healthShape }),
    ...approvalCalls(connection),
    deploys: deployCalls(connection),
    messages: {
      send: (message: z.input<typeof shapes.messageToSend>, idempotencyKey?: string) =>
        post("/v1/messages", message, shapes.messageTaken, idempotencyKey),
    },
    canvases: {
      list: () => request("/v1/canvases", { answer: canvasShapes.canvasList }),
      revoke: (id: string) => request(`/v1/canvases/${encodeURIComponent(id)}`, { method: "DELETE", answer: canvasShapes.canvasRevoked }),
    },
    outbox: {
      list: (query: Partial<z.output<typeof shapes.outboxQuery>> = {}) =>
        request(`/v1/outbox${search(query)}`, { answer: shapes.outboxList }),
      /** By the id, or how it begins. */
      resend: (id: string) => post(`/v1/outbox/${encodeURIComponent(id)}/resend`, undefined, shapes.outboxChanged),
      drop: (id: string) => post(`/v1/outbox/${encodeURIComponent(id)}/drop`, undefined, shapes.outboxChanged),
    },
    inbox: inboxCalls(connection),
    /** For the orchestrator of this name, with a token that may orchestrate. */
    orchestrator: (name: string) => orchestratorCalls(connection, `/v1/orchestrators/${encodeURIComponent(name)}`),
    sessions: {
      /** The latest active first; with `all` those that have ended, too. */
      list: (query: Partial<z.output<typeof sessionShapes.sessionQuery>> = {}) =>
        request(`/v1/sessions${search(query)}`, { answer: sessionShapes.sessionList }),
      /** By name, open or closed. */
      get: (name: string) => request(`/v1/sessions/${encodeURIComponent(name)}`, { answer: sessionShapes.sessionShape }),
    },
    /** A trace, any id of ours or of a platform that belongs to one, or `last`. */
    trace: (id: string) => request(`/v1/trace/${encodeURIComponent(id)}`, { answer: shapes.traceShape }),
    /** The rows of a trace, by the same ids. */
    replay: (id: string) => request(`/v1/trace/${encodeURIComponent(id)}/replay`, { answer: shapes.replayShape }),
    usage: (hours?: number) => request(`/v1/usage${search({ hours })}`, { answer: usageShape }),
    audit: {
      list: (limit?: number) => request(`/v1/audit${search({ limit })}`, { answer: shapes.auditList }),
      verify: () => request("/v1/audit/verify", { answer: shapes.auditVerdict }),
    },
    ...peopleCalls(connection),
    tokens: {
      create: (token: z.input<typeof shapes.newToken>) => post("/v1/tokens", token, shapes.tokenMade),
      list: () => request("/v1/tokens", { answer: shapes.tokenList }),
      /** By the id, or how it begins. */
      revoke: (id: string) => request(`/v1/tokens/${encodeURIComponent(id)}`, { method: "DELETE", answer: shapes.revoked }),
    },
  };
}

function approvalCalls(connection: Connection) {
  const { request } = connection;
  const post = poster(connection);
  return {
    approvals: {
      list: (query: Partial<z.output<typeof approvalShapes.requestQuery>> = {}) =>
        request(`/v1/approvals${search(query)}`, { answer: approvalShapes.requestList }),
      /** With `waitMs` (at most 60,000) it answers as soon as it is decided. */
      get: (code: string, { waitMs, signal }: { readonly waitMs?: number; readonly signal?: AbortSignal } = {}) =>
        request(`/v1/approvals/${encodeURIComponent(code)}${search({ wait_ms: waitMs })}`, { answer: approvalShapes.requestShape, signal }),
      /** Asks people. The same `key` again is the same request, whatever happened to the answer. */
      ask: (ask: z.input<typeof approvalShapes.newApproval>, key?: string) => post("/v1/approvals", ask, approvalShapes.requestShape, key),
      /** Of an approved action that this program asked about. */
      grant: (code: string) => request(`/v1/approvals/${encodeURIComponent(code)}/grant`, { answer: approvalShapes.grantShape }),
      /** To be called before the action is carried out, and only when it resolves is it. */
      consume: (grant: string, action: z.input<typeof approvalShapes.grantUse>["action"]) =>
        post("/v1/grants/consume", { grant, action }, approvalShapes.grantUsed),
      decide: (code: string, decision: Decision) =>
        post(`/v1/approvals/${encodeURIComponent(code)}/decide`, decision, approvalShapes.decided),
    },
    standing: {
      list: () => request("/v1/standing-approvals", { answer: approvalShapes.standingList }),
      end: (code: string) => post(`/v1/standing-approvals/${encodeURIComponent(code)}/end`, undefined, approvalShapes.standingEnded),
    },
  };
}

function deployCalls(connection: Connection) {
  const { request } = connection;
  const post = poster(connection);
  return {
    /** The latest, or those of one app and environment. */
    list: (query: Partial<z.output<typeof deployShapes.deployQuery>> = {}) =>
      request(`/v1/deploys${search(query)}`, { answer: deployShapes.deployList }),
    /** With its course, by the hub's id or its maker's. */
    get: (id: string) => request(`/v1/deploys/${encodeURIComponent(id)}`, { answer: deployShapes.deployDetail }),
    /** The same `key` again is the same report, whatever happened to the answer. */
    report: (report: z.input<typeof deployNews>, key?: string) => post("/v1/deploys", report, deployShapes.deployTaken, key),
  };
}

function peopleCalls(connection: Connection) {
  const { request } = connection;
  const post = poster(connection);
  return {
    people: {
      list: () => request("/v1/people", { answer: people.peopleList }),
      /** By id or name; so below. */
      get: (who: string) => request(`/v1/people/${encodeURIComponent(who)}`, { answer: people.personShape }),
      add: (person: z.input<typeof people.newPerson>) => post("/v1/people", person, people.personShape),
      setRoles: (who: string, roles: z.input<typeof people.newRoles>) =>
        request(`/v1/people/${encodeURIComponent(who)}/roles`, { method: "PUT", body: roles, answer: people.personShape }),
      remove: (who: string, removal: z.input<typeof people.removal> = {}) =>
        post(`/v1/people/${encodeURIComponent(who)}/remove`, removal, people.personShape),
      setPin: (pin: z.input<typeof people.newPin>) => request("/v1/people/pin", { method: "PUT", body: pin, answer: people.pinSet }),
      signInLink: (link: z.input<typeof shapes.newLink> = {}) => post("/v1/sign-in-links", link, shapes.linkMade),
    },
    pairings: {
      list: () => request("/v1/pairings", { answer: people.pairingList }),
      accept: (acceptance: z.input<typeof people.acceptance>) => post("/v1/pairings/accept", acceptance, people.personShape),
      deny: (denial: z.input<typeof people.denial>) => post("/v1/pairings/deny", denial, people.denied),
    },
  };
}

function poster({ request }: Connection) {
  return <T>(path: string, body: unknown, answer: z.ZodType<T>, idempotencyKey?: string): Promise<T> =>
    request(path, { method: "POST", body, answer, idempotencyKey });
}

function inboxCalls({ request, events }: Connection) {
  return {
    /** From the last acknowledged message on; the same again until it is acknowledged. */
    async *read({ consumer, signal }: { readonly consumer?: string; readonly signal: AbortSignal }) {
      for await (const { data } of events(`/v1/inbox${search({ consumer })}`, { signal }))
        yield shapes.inboxMessage.parse(JSON.parse(data));
    },
    /** Everything up to `seq` was taken. */
    ack: (seq: number, consumer?: string) =>
      request("/v1/inbox/ack", { method: "POST", body: { up_to: seq, consumer }, answer: z.object({ up_to: z.number() }) }),
    setAside: () => request("/v1/inbox/set-aside", { answer: shapes.setAsideList }),
  };
}

export interface FileToSend extends z.input<typeof orchestrators.fileToSay> {
  /** Default: guessed from the name. */
  readonly mimeType?: string;
}

function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}

function orchestratorCalls(connection: Connection, base: string) {
  const { request } = connection;
  const post = poster(connection);
  return {
    /** What is not acknowledged yet; `ack` acknowledges, `wait_ms` waits where there is nothing. */
    inbox: (call: z.input<typeof orchestrators.inboxCall> = {}, signal?: AbortSignal) =>
      request(`${base}/inbox`, { method: "POST", body: call, answer: orchestrators.inboxGiven, signal }),
    /** The same `key` again is the same report: safe to repeat when no answer came. */
    report: (report: z.input<typeof orchestrators.eventReport>, key?: string) =>
      post(`${base}/events`, report, orchestrators.reportTaken, key),
    /** What came with a delivery, by the id it has there. Rejects with the code `not_found` once it is no longer kept. */
    file: async (id: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
      bodyOf(await connection.fetch(`${base}/files/${encodeURIComponent(id)}`, signal ? { signal } : {})),
    /** Says a file. A key as with `report`. */
    sendFile: async ({ mimeType, ...about }: FileToSend, content: Blob | Uint8Array<ArrayBuffer>, key?: string) => {
      const headers = {
        "content-type": mimeType ?? "application/octet-stream",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      };
      await connection.fetch(`${base}/files${search(about)}`, { method: "POST", headers, body: content });
    },
    asked: (askId: string, { waitMs, signal }: { readonly waitMs?: number; readonly signal?: AbortSignal } = {}) =>
      request(`${base}/requests/${encodeURIComponent(askId)}${search({ wait_ms: waitMs })}`, { answer: orchestrators.askState, signal }),
    /** In the words of the orchestrator's profile. */
    hook: (
      hook: string,
      body: z.input<typeof orchestrators.hookBody>,
      { waitMs, key }: { readonly waitMs?: number; readonly key?: string } = {},
    ) => post(`${base}/hooks/${encodeURIComponent(hook)}${search({ wait_ms: waitMs })}`, body, orchestrators.hookTaken, key),
    policy: () => request(`${base}/policy`, { answer: orchestrators.policyBundle }),
  };
}

function connect({ where, onRefused, setTimer = systemClock.setTimer }: ClientOptions): Connection {
  async function call(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = await where();
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const response = await fetch(new URL(path, url), { ...init, headers }).catch((error: unknown) => {
      throw init.signal?.aborted === true ? error : unreachable(url, error, onRefused);
    });
    if (!response.ok) throw await answerError(response);
    return response;
  }

  return {
    fetch: (path, init = {}) => call(path, init),
    async request(path, { method = "GET", body, answer, signal, idempotencyKey }) {
      const headers = {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await call(path, { method, headers, ...sent, ...(signal ? { signal } : {}) });
      const parsed = answer.safeParse(await response.json().catch(() => undefined));
      if (!parsed.success)
        throw new HubError("hub_unreachable", { url: new URL(response.url).origin, reason: "its answer is not what this version expects" });
      return parsed.data;
    },

    async *events(path, { lastEventId, signal }) {
      const gone = new AbortController();
      const headers = { accept: "text/event-stream", ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) };
      const response = await call(path, { headers, signal: AbortSignal.any([signal, gone.signal]) });
      if (response.body === null) return;
      let cancel = setTimer(SILENCE_MS, () => gone.abort());
      const onSign = (): void => {
        cancel();
        cancel = setTimer(SILENCE_MS, () => gone.abort());
      };
      try {
        yield* readServerEvents(response.body, onSign);
      } catch (error) {
        throw signal.aborted
          ? error
          : new HubError("hub_unreachable", { url: new URL(response.url).origin, reason: "the connection was lost" }, { cause: error });
      } finally {
        cancel();
        gone.abort();
      }
    },
  };
}

function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, String(value));
  return given.size === 0 ? "" : `?${given.toString()}`;
}

function unreachable(url: string, cause: unknown, onRefused: ClientOptions["onRefused"]): HubError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : "no answer";
  return (code === "ECONNREFUSED" && onRefused?.()) || new HubError("hub_unreachable", { url, reason: code }, { cause });
}

const problemJson = z.object({ title: z.string(), detail: z.string().default(""), code: z.string().optional() });

async function answerError(response: Response): Promise<HubAnswerError> {
  const parsed = problemJson.safeParse(await response.json().catch(() => undefined));
  const { title, detail, code } = parsed.success
    ? parsed.data
    : { title: `The hub answered ${response.status}.`, detail: "", code: undefined };
  return new HubAnswerError(response.status, isErrorCode(code) ? code : codeOf(response.status), { title, detail });
}

const isErrorCode = (code: string | undefined): code is ErrorCode => code !== undefined && Object.hasOwn(ERRORS, code);

function codeOf(status: number): ErrorCode {
  if (status === 401) return "not_signed_in";
  if (status === 403) return "not_allowed";
  if (status === 404) return "not_found";
  return status < 500 ? "bad_request" : "internal";
}
