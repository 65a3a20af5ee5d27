/**
 * The fake's REST door: who calls, how often, what goes wrong on purpose, and the route that answers. Knows no route's business.
 * Invariant: every call stands in the ledger before its answer leaves.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createLimits, type Window } from "./limits.ts";
import { invalid, Refusal } from "./rules.ts";
import type { FakeBot, Json, World } from "./world.ts";

export interface Call {
  readonly bot: FakeBot;
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly files: readonly { readonly name: string; readonly type: string; readonly content: Buffer }[];
}

export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
}

export interface Route {
  readonly method: string;
  /** Path under `/api/v10`, each part in round brackets a parameter. */
  readonly path: RegExp;
  /** Answered without a token: an interaction's own stands in the path. */
  readonly isOpen?: true;
  /** Calls that share it share a rate limit, for each first parameter. */
  readonly bucket?: "messages" | "edits" | "renames";
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

export interface Called {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Epoch ms. */
  readonly at: number;
  readonly body: Json;
}

/** Something refused on purpose: the next call of this kind is answered so. */
export interface Planned {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly code?: number;
  readonly message?: string;
  /** More of the answer's body: of a rate limit `retry_after` in seconds, `global` and `scope`. */
  readonly more?: Json;
}

/** What the conformance kit makes go wrong, see its harness. */
export type Fault =
  | { readonly type: "lost_request" | "lost_answer" | "server_error" | "refused" | "unauthorized" }
  | { readonly type: "too_many"; readonly retryAfterMs?: number };

export interface DoorOptions {
  readonly world: World;
  readonly windows: Readonly<Record<NonNullable<Route["bucket"]>, Window>>;
  readonly routes: readonly Route[];
}

export interface Door {
  readonly server: Server;
  readonly calls: Called[];
  /** The next call that sends a message fails so. */
  readonly faults: Fault[];
  readonly planned: Planned[];
  silence(isSilent: boolean): void;
}

const SENDS = /^\/channels\/\d+\/messages$/;

export function createDoor({ world, windows, routes }: DoorOptions): Door {
  const limits = createLimits(world.now);
  const held: ServerResponse[] = [];
  let isSilent = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const path = url.pathname.replace(/^\/api\/v10/, "");
    const method = request.method ?? "GET";
    const { body, files } = await readBody(request);
    if (isSilent) return void held.push(response);
    const fault = method === "POST" && SENDS.test(path) ? door.faults.shift() : undefined;
    const note = (status: number): void => void door.calls.push({ method, path, status, at: world.now(), body });
    if (fault?.type === "lost_request") {
      note(0);
      return void request.socket.destroy();
    }
    const refused = fault && refusalOf(fault);
    const headers: Record<string, string> = {};
    try {
      if (refused) throw refused;
      const answer = await answerTo({ method, path, url, body, files, request }, headers);
      note(answer.status ?? 200);
      if (fault?.type === "lost_answer") return void request.socket.destroy();
      reply(response, answer, headers);
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, 0, `500: ${String(thrown)}`);
      note(refusal.status);
      reply(
        response,
        { status: refusal.status, json: { message: refusal.message, code: refusal.code, ...refusal.more } },
        { ...headers, ...retryHeaders(refusal) },
      );
    }
  }

  async function answerTo(asked: Asked, headers: Record<string, string>): Promise<Answer> {
    const { method, path, url, body, files, request } = asked;
    const at = door.planned.findIndex((one) => one.method === method && one.path.test(path));
    const [planned] = at < 0 ? [] : door.planned.splice(at, 1);
    if (planned) throw new Refusal(planned.status, planned.code ?? 0, planned.message ?? "planned", planned.more);
    const route = routes.find((one) => one.method === method && new RegExp(`^${one.path.source}$`).test(path));
    if (!route) throw new Refusal(404, 0, "404: Not Found");
    const params = new RegExp(`^${route.path.source}$`).exec(path)?.slice(1) ?? [];
    const token = request.headers.authorization?.replace(/^Bot /, "");
    const bot = world.bots.find((one) => one.token === token && one.isTokenValid);
    if (!bot && !route.isOpen) throw new Refusal(401, 0, "401: Unauthorized");
    if (route.bucket) {
      const taken = limits.take(route.bucket, params[0] ?? "", windows[route.bucket]);
      Object.assign(headers, taken.headers);
      if (taken.retryAfterMs !== undefined) throw tooMany(taken.retryAfterMs, "user");
    }
    const [first] = world.bots;
    if (!first) throw new Refusal(500, 0, "the fake has no bot");
    return route.answer({ bot: bot ?? first, params: params.map(decodeURIComponent), query: url.searchParams, body, files });
  }

  const door: Door = {
    server: createServer((request, response) => void serve(request, response).catch(() => request.socket.destroy())),
    calls: [],
    faults: [],
    planned: [],
    silence(silent) {
      isSilent = silent;
      // What was asked meanwhile is asked in vain.
      if (!silent) for (const response of held.splice(0)) response.destroy();
    },
  };
  return door;
}

interface Asked extends Pick<Call, "body" | "files"> {
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  readonly request: IncomingMessage;
}

function refusalOf(fault: Fault): Refusal | undefined {
  switch (fault.type) {
    case "server_error":
      return new Refusal(500, 0, "500: Internal Server Error");
    case "too_many":
      return tooMany(fault.retryAfterMs, "shared");
    case "refused":
      return invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.");
    case "unauthorized":
      return new Refusal(401, 0, "401: Unauthorized");
    default:
      return undefined;
  }
}

export function tooMany(ms: number | undefined, scope: "user" | "shared" | "global"): Refusal {
  const more = ms === undefined ? {} : { retry_after: ms / 1000, global: scope === "global", scope };
  return new Refusal(429, 0, "You are being rate limited.", more);
}

function retryHeaders({ more }: Refusal): Record<string, string> {
  const { retry_after: seconds, scope } = more;
  if (typeof seconds !== "number") return {};
  return {
    "retry-after": String(seconds),
    "x-ratelimit-scope": String(scope),
    ...(scope === "global" ? { "x-ratelimit-global": "true" } : {}),
  };
}

function reply(response: ServerResponse, { status = 200, json, bytes }: Answer, headers: Record<string, string>): void {
  if (bytes) return void response.writeHead(status, headers).end(bytes);
  if (json === undefined) return void response.writeHead(status === 200 ? 204 : status, headers).end();
  response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(json));
}

async function readBody(request: IncomingMessage): Promise<Pick<Call, "body" | "files">> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return { body: type === "application/json" ? (JSON.parse(String(whole)) as Json) : {}, files: [] };
  const form = await new Response(whole, { headers: { "content-type": type } }).formData();
  const files: { name: string; type: string; content: Buffer }[] = [];
  for (const [, value] of form)
    if (typeof value !== "string") files.push({ name: value.name, type: value.type, content: Buffer.from(await value.arrayBuffer()) });
  return { body: JSON.parse(String(form.get("payload_json") ?? "{}")) as Json, files };
}
