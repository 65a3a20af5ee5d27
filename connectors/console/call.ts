/**
 * One request to the console's HTTP face: whose it is, what it says, and how it is answered. Bodies are read to their limit and no further.
 * Knows no route.
 */
import type { z } from "zod";
import { type ErrorCode, HubError } from "../../src/contract/errors.ts";
import type { Sender } from "./decode.ts";
import type { Inward } from "./take.ts";

/** Longer texts than anyone types, so that it is the hub that refuses them, in words and with the limit it has. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface Call {
  readonly request: Request;
  /** The path of this console, e.g. `/connectors/console`; what follows it is the route. */
  readonly home: string;
  readonly query: Readonly<Record<string, string>>;
  readonly sender: Sender;
  /** The second and third part of the path. */
  readonly id: string | undefined;
  readonly file: string | undefined;
}

export type Route = (inward: Inward, call: Call) => Promise<Response>;

/** A browser that wants a page, rather than a program or a script. */
export function wantsPage(request: Request): boolean {
  return (request.headers.get("accept") ?? "").includes("text/html");
}

/** Throws HubError `bad_request` with every problem. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HubError("bad_request", {
    problems: parsed.error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": ")).join("; "),
  });
}

export async function readJson(request: Request): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await readBody(request)));
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError("bad_request", { problems: "the body is not JSON in UTF-8" });
  }
}

/** A form as a browser without script sends it. */
export async function readForm(request: Request): Promise<FormData> {
  const body = await readBody(request);
  try {
    return await new Response(body, { headers: { "content-type": request.headers.get("content-type") ?? "" } }).formData();
  } catch {
    throw new HubError("bad_request", { problems: "the body is not a form" });
  }
}

/** Stops reading at the limit: nobody fills the hub's memory by sending on. */
async function readBody(request: Request): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new HubError("message_too_long", { bytes: `more than ${MAX_BODY_BYTES}`, max: MAX_BODY_BYTES });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  bad_request: 400,
  message_too_long: 413,
  file_too_large: 413,
  unsent_files: 429,
  not_found: 404,
  not_allowed: 403,
  not_signed_in: 401,
};

/** What is not the sender's fault is 503: the same request with the same client id may be sent again. */
export function statusOf({ code }: HubError): number {
  return STATUS[code] ?? 503;
}

export function problem(error: HubError): Response {
  const status = statusOf(error);
  return problemJson({ title: error.message, detail: error.remedy, status, code: error.code });
}

/** What the hub refused, in its own words. */
export function refusal(privateText: string): Response {
  return problemJson({ title: privateText, detail: "", status: 403, code: "not_allowed" });
}

function problemJson(body: { title: string; detail: string; status: number; code: ErrorCode }): Response {
  return Response.json(body, { status: body.status, headers: { "content-type": "application/problem+json" } });
}
