/**
 * A running hub, as the commands see it: found through `run.json` in the data folder, spoken to over HTTP with the local token.
 * The file is read again for every call, since a hub that was restarted has another address and token. Never prints the token.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type ErrorCode, ERRORS, HubError } from "../contract/errors.ts";
import { readServerEvents, type ServerEvent } from "./server-events.ts";

export const runFile = z.object({ url: z.url(), token: z.string().min(1), pid: z.number().int() });

/** The hub beats every 15 s; after three missed beats the connection is dead, whatever TCP says. */
const SILENCE_MS = 45_000;

export interface Ask<T> {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
}

export interface HubClient {
  /** Where the hub is, without a trailing slash. Rejects with `hub_not_running`. */
  url(): Promise<string>;
  /** Rejects with a HubError: `hub_not_running`, `hub_unreachable`, or HubAnswerError with what the hub answered. */
  request<T>(path: string, ask: Ask<T>): Promise<T>;
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

export interface HubClientOptions {
  readonly dataDir: string;
  readonly clock: Clock;
}

export function openHubClient({ dataDir, clock }: HubClientOptions): HubClient {
  async function call(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = await findHub(dataDir);
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const response = await fetch(new URL(path, url), { ...init, headers }).catch((error: unknown) => {
      throw init.signal?.aborted === true ? error : unreachable(url, dataDir, error);
    });
    if (!response.ok) throw await answerError(response);
    return response;
  }

  return {
    url: async () => (await findHub(dataDir)).url,

    async request(path, { method = "GET", body, answer, signal }) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      const response = await call(path, { method, ...sent, ...(signal ? { signal } : {}) });
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
      let cancel = clock.setTimer(SILENCE_MS, () => gone.abort());
      const onSign = (): void => {
        cancel();
        cancel = clock.setTimer(SILENCE_MS, () => gone.abort());
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

async function findHub(dataDir: string): Promise<z.infer<typeof runFile>> {
  try {
    return runFile.parse(JSON.parse(await readFile(join(dataDir, "run.json"), "utf8")));
  } catch (cause) {
    throw new HubError("hub_not_running", { dir: dataDir }, { cause });
  }
}

/** A refused connection is a hub that is gone and could not tidy up; anything else is one that does not answer. */
function unreachable(url: string, dir: string, cause: unknown): HubError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : "no answer";
  return code === "ECONNREFUSED"
    ? new HubError("hub_not_running", { dir }, { cause })
    : new HubError("hub_unreachable", { url, reason: code }, { cause });
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
