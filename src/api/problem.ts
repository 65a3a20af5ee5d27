/** Errors as RFC 9457 problem documents: a sentence, what to do, our code. No stack trace, no path of the source. */
import type { z } from "zod";
import { valueAt, wrongText } from "../config/problems.ts";
import { asHubError, type ErrorCode, ERRORS, HubError } from "../contract/errors.ts";

/** What an error's exit code (sysexits) means over HTTP: 500 is wrong in the hub itself, 503 may be mended by the next try. */
const BY_EXIT_CODE: Readonly<Record<number, number>> = {
  64: 400,
  65: 400,
  66: 404,
  69: 503,
  70: 500,
  73: 500,
  74: 503,
  75: 503,
  77: 403,
  78: 500,
};

/** What HTTP can say more exactly. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  message_too_long: 413,
  file_too_large: 413,
  unsent_files: 409,
  not_signed_in: 401,
  webhook_unsigned: 401,
  canvas_ended: 410,
  canvas_locked: 401,
  canvas_link_void: 401,
  too_many_requests: 429,
  too_many_messages: 429,
  pin_locked: 429,
  ambiguous_id: 409,
  key_reused: 422,
  already_decided: 409,
  store_conflict: 409,
};

/** `redact`: an error may quote what was sent. Default: it quotes nothing. */
export function problem(thrown: unknown, redact = (text: string): string => text): Response {
  const error = asHubError(thrown);
  const status = statusOf(error.code);
  const body = { type: "about:blank", title: redact(error.message), status, detail: redact(error.remedy), code: error.code };
  const wait = error.details["seconds"];
  const later: Record<string, string> = error.code === "too_many_requests" && wait !== undefined ? { "retry-after": String(wait) } : {};
  return Response.json(body, { status, headers: { "content-type": "application/problem+json", ...later } });
}

export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? BY_EXIT_CODE[ERRORS[code].exitCode] ?? 500;
}

/** What a body must be; throws `bad_request` with every problem and its path. */
export async function bodyOf<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  let given: unknown;
  try {
    given = await request.json();
  } catch (cause) {
    throw new HubError("bad_request", { problems: "the body is not JSON" }, { cause });
  }
  return parse(given, schema);
}

export function parse<T>(given: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => wrong(issue, given)).join("; ");
  throw new HubError("bad_request", { problems });
}

function wrong(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${[...issue.path, key].join(".")} is not a known field`).join("; ");
  return `${pathOf(issue)} ${wrongText(issue, valueAt(given, issue.path))}`;
}

function pathOf({ path }: z.core.$ZodIssue): string {
  return path.join(".") || "what was sent";
}
