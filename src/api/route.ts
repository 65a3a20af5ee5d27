/**
 * One call of the hub's API, as data: from it come the parsing of requests, the shape of answers, and the OpenAPI document, so that none
 * of them can differ from the others.
 */
import type { Hono, HonoRequest, MiddlewareHandler } from "hono";
import { z } from "zod";
import { HubError } from "../contract/errors.ts";
import type { FetchedFile } from "../contract/orchestrator-door.ts";
import type { Scope } from "../contract/tables.ts";
import type { KnownCaller } from "./callers.ts";
import { bodyOf, parse } from "./problem.ts";

export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: KnownCaller;
  /** The same key and caller: the same thing is meant, however often it is sent. */
  readonly idempotencyKey: string | undefined;
  readonly request: Request;
}

interface Head<P, Q, B> {
  readonly method: "get" | "post" | "put" | "delete";
  /** With parameters in braces, as in OpenAPI. */
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly scope: Scope;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** The body is a file, handed on as it comes: whoever takes it limits it. */
  readonly takesFile?: boolean;
  /** With an Idempotency-Key it is done at most once. */
  readonly takesKey?: boolean;
}

interface Answering<P, Q, B, A> extends Head<P, Q, B> {
  /** Default 200. */
  readonly status?: 200 | 201 | 202;
  /** What it does not name stays inside. */
  readonly answer: z.ZodType<unknown, A>;
  readonly handle: (call: Call<P, Q, B>) => Promise<A>;
}

interface Streaming<P, Q, B> extends Head<P, Q, B> {
  /** The data of each server-sent event, or of each line. */
  readonly event: z.ZodType;
  /** Default server-sent events. */
  readonly mediaType?: "application/jsonl";
  readonly stream: (call: Call<P, Q, B>) => Promise<ReadableStream<Uint8Array>>;
}

interface Giving<P, Q, B> extends Head<P, Q, B> {
  readonly give: (call: Call<P, Q, B>) => Promise<FetchedFile>;
}

/** Takes registered secrets out of an answer. */
export type Mask = <T>(answer: T) => T;

export interface Route extends Pick<Head<unknown, unknown, unknown>, "method" | "path" | "summary" | "scope" | "takesFile" | "takesKey"> {
  readonly schemas: {
    readonly params: z.ZodType | undefined;
    readonly query: z.ZodType | undefined;
    readonly body: z.ZodType | undefined;
    readonly answer: z.ZodType;
  };
  readonly status: number;
  readonly mediaType: string;
  readonly run: (request: HonoRequest, caller: KnownCaller, mask: Mask) => Promise<Response>;
}

export function route<A, P = undefined, Q = undefined, B = undefined>(definition: Answering<P, Q, B, A>): Route {
  const { answer, status = 200, handle, path } = definition;
  return {
    ...headOf(definition, answer),
    status,
    mediaType: "application/json",
    async run(request, caller, mask) {
      const parsed = answer.safeParse(await handle(await callOf(definition, request, caller)));
      if (parsed.success) return Response.json(mask(parsed.data), { status });
      throw new HubError("internal", { trace: path }, { cause: parsed.error });
    },
  };
}

export function streamRoute<P = undefined, Q = undefined, B = undefined>(definition: Streaming<P, Q, B>): Route {
  const { mediaType = "text/event-stream" } = definition;
  return {
    ...headOf(definition, definition.event),
    status: 200,
    mediaType,
    run: async (request, caller) =>
      new Response(await definition.stream(await callOf(definition, request, caller)), {
        headers: { ...STREAM, "content-type": mediaType },
      }),
  };
}

/** A file as it is, to be saved: nothing in it is ever shown or run by what fetches it. */
export function fileRoute<P = undefined, Q = undefined, B = undefined>(definition: Giving<P, Q, B>): Route {
  return {
    ...headOf(definition, FILE),
    status: 200,
    mediaType: FILE_TYPE,
    async run(request, caller) {
      const { name, sizeBytes, content } = await definition.give(await callOf(definition, request, caller));
      // Nobody reads it to its end then.
      if (request.method === "HEAD") await content.cancel();
      return new Response(content, { headers: { ...SAVED, "content-length": `${sizeBytes}`, "content-disposition": savedAs(name) } });
    },
  };
}

export interface Mounting {
  /** Throws for who may not, before anything of the request is read. */
  readonly guard: (request: Request, scope: Scope) => Promise<KnownCaller>;
  readonly mask: Mask;
  /** Of every body but files. Default: none. */
  readonly limit?: MiddlewareHandler;
}

export function mount(app: Hono, routes: readonly Route[], { guard, mask, limit }: Mounting): void {
  for (const { method, path, scope, takesFile, run } of routes) {
    const at = path.replaceAll(/\{(\w+)\}/g, ":$1");
    if (limit && !takesFile) app.on(method, at, limit);
    app.on(method, at, async ({ req }) => run(req, await guard(req.raw, scope), mask));
  }
}

export const FILE_TYPE = "application/octet-stream";
/** As the document says it. */
export const FILE = z.string().meta({ format: "binary" });
const SAVED = {
  "content-type": FILE_TYPE,
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** RFC 6266, the name as RFC 8187 writes it. */
function savedAs(name: string): string {
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}

const STREAM = { "cache-control": "no-store", "x-accel-buffering": "no" };
export const EVENT_STREAM = { ...STREAM, "content-type": "text/event-stream" };

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, "an idempotency key has 1 to 128 visible ASCII characters")
  .optional()
  .describe(
    "The same key of the same caller is the same request, however often it is sent; another under it is refused (422 `key_reused`).",
  );

function headOf<P, Q, B>(head: Head<P, Q, B>, answer: z.ZodType) {
  const { method, path, summary, scope, takesFile = false, takesKey = false, params, query, body } = head;
  return { method, path, summary, scope, takesFile, takesKey, schemas: { params, query, body, answer } };
}

/** A part that the definition does not ask for is `undefined`, which is then its type. */
async function callOf<P, Q, B>({ params, query, body }: Head<P, Q, B>, request: HonoRequest, caller: KnownCaller): Promise<Call<P, Q, B>> {
  return {
    params: parse(params && request.param(), params ?? absent<P>()),
    query: parse(query && request.query(), query ?? absent<Q>()),
    body: body ? await bodyOf(request.raw, body) : parse(undefined, absent<B>()),
    caller,
    idempotencyKey: parse(request.header("idempotency-key"), idempotencyKey),
    request: request.raw,
  };
}

function absent<T>(): z.ZodType<T> {
  return z.custom<T>((value) => value === undefined);
}
