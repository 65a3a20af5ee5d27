/**
 * The homeserver as the connector calls it: one call, one request, through the SDK's own HTTP interface. Nothing is queued or repeated here: that
 * is the outbox's part, and session.ts's. The SDK is imported with the first call. Invariant: a call that fails rejects with a MatrixTrouble,
 * whose words hold no token.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Attachment, Verdict } from "../../src/contract/message.ts";
import { ApiError } from "../shared/api-error.ts";
import type { MatrixConfig } from "./config.ts";

export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Default: the `answerMs` of the account. */
  readonly answerMs?: number;
  /** Default `/_matrix/client/v3`. */
  readonly prefix?: string;
}

export interface MatrixApi {
  /** The parsed answer; a shape that is not Matrix's is trouble, too. */
  call<T>(method: "GET" | "PUT" | "POST", path: string, shape: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** Streams a file up; resolves to its `mxc:` address. */
  upload(content: ReadableStream<Uint8Array>, about: Attachment): Promise<string>;
  /** The content of an `mxc:` address, as it comes. */
  download(mxc: string): Promise<ReadableStream<Uint8Array>>;
  /** Ends every call under way. */
  abort(): void;
}

/** Without timers of ours the SDK's own limit holds, for a program that asks a few things and ends. */
type ApiParts = Partial<Pick<ConnectorContext, "setTimer">> & {
  readonly url: string;
  readonly token?: string | undefined;
  readonly answerMs: number;
};
type Refusal = { readonly status?: number; readonly errcode?: string | undefined; readonly retryAfterMs?: number };

/** A fault of the server may come after it has done what was asked; so may a lost answer. */
export class MatrixTrouble extends ApiError {
  /** Absent when there was no answer at all. */
  readonly status: number | undefined;

  constructor(message: string, refusal: Refusal = {}) {
    const { status, errcode } = refusal;
    const outcome = status === undefined || status >= 500 ? "unknown" : "not_sent";
    super(message, { outcome, verdict: verdictOf(refusal) }, errcode);
    this.status = status;
  }
}

/** A big file may take long; one that stands still does not go on by itself. */
const FILE_MS = 600_000;
/** Synapse's default gives back one event in so long. */
export const UNTOLD_RETRY_MS = 5000;

const CLIENT = "/_matrix/client/v3";
const MEDIA = "/_matrix/media/v3";
const MEDIA_WITH_TOKEN = "/_matrix/client/v1/media";

export function createApi({ url, token = "", answerMs, setTimer }: ApiParts): MatrixApi {
  let loading: ReturnType<typeof loadSdk> | undefined;
  const load = () => (loading ??= loadSdk({ baseUrl: url, accessToken: token }));

  /** The SDK's own limit ends with the head of an answer, and its timer keeps a process alive; this one holds for the whole. */
  function inTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!setTimer) return work(AbortSignal.any([]));
    const stop = new AbortController();
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = setTimer(ms, () => reject(new MatrixTrouble(`the homeserver did not answer within ${Math.ceil(ms / 1000)} s`)));
    });
    late.catch(() => stop.abort());
    return Promise.race([work(stop.signal), late]).finally(() => cancel());
  }

  async function request(method: string, path: string, options: CallOptions & Streamed): Promise<unknown> {
    const { http, retryAfterOf } = await load();
    const { query, body, stream, headers, prefix = CLIENT, answerMs: ms = answerMs } = options;
    const limit = setTimer ? {} : { localTimeoutMs: ms };
    const more = { prefix, priority: "auto" as const, ...limit, ...(headers ? { headers } : {}) };
    const call = token === "" ? http.request.bind(http) : http.authedRequest.bind(http);
    try {
      return await inTime(ms, (abortSignal) =>
        call<unknown>(method as never, path, query, (stream ?? body) as never, { ...more, abortSignal }),
      );
    } catch (thrown) {
      throw troubleOf(thrown, retryAfterOf);
    }
  }

  return {
    async call(method, path, shape, options = {}) {
      const parsed = shape.safeParse(
        await request(method, path, { ...options, ...(method === "GET" ? {} : { body: options.body ?? {} }) }),
      );
      if (!parsed.success) throw new MatrixTrouble(`the homeserver's answer to ${method} ${path.split("?")[0]} is none of Matrix's`);
      return parsed.data;
    },
    async upload(content, { name, mimeType, sizeBytes }) {
      const headers = { "Content-Type": mimeType, "Content-Length": String(sizeBytes) };
      const options = { prefix: MEDIA, query: { filename: name }, headers, stream: content, answerMs: FILE_MS };
      return uploaded.parse(await request("POST", "/upload", options)).content_uri;
    },
    async download(mxc) {
      const [, server, id] = /^mxc:\/\/([^/]+)\/([^/?#]+)$/.exec(mxc) ?? [];
      if (server === undefined || id === undefined) throw new MatrixTrouble("that is no address of a file", { status: 400 });
      const { http } = await load();
      const late = new AbortController();
      setTimer?.(FILE_MS, () => late.abort());
      // A server may keep its files elsewhere: `fetch` leaves the token out of what follows a redirect to another origin.
      const head = { headers: { authorization: `Bearer ${token}` }, signal: late.signal };
      const asked = fetch(http.getUrl(`/download/${server}/${id}`, undefined, MEDIA_WITH_TOKEN), head);
      const response = await inTime(answerMs, () => asked.catch(() => undefined));
      if (response?.ok && response.body) return response.body;
      throw new MatrixTrouble(`the file cannot be fetched (${response?.status ?? "no answer"})`, response && { status: response.status });
    },
    abort: () => void loading?.then(({ http }) => http.abort()),
  };
}

type Streamed = { readonly headers?: Record<string, string>; readonly stream?: ReadableStream<Uint8Array> };

const uploaded = z.object({ content_uri: z.string() });

async function loadSdk(login: { readonly baseUrl: string; readonly accessToken: string }) {
  const { MatrixHttpApi, safeGetRetryAfterMs } = await import("matrix-js-sdk/lib/http-api/index.js");
  const { TypedEventEmitter } = await import("matrix-js-sdk/lib/models/typed-event-emitter.js");
  const http = new MatrixHttpApi(new TypedEventEmitter(), {
    ...login,
    prefix: CLIENT,
    onlyData: true,
    useAuthorizationHeader: true,
    // What streams up needs to be told that it does, and no redirect may carry the token elsewhere.
    fetchFn: (input, init) =>
      fetch(input, { ...init, redirect: "error", ...(init?.body instanceof ReadableStream ? { duplex: "half" } : {}) }),
  });
  return { http, retryAfterOf: (thrown: unknown): number => safeGetRetryAfterMs(thrown, UNTOLD_RETRY_MS) };
}

const answered = z.object({ httpStatus: z.number(), errcode: z.string().optional(), error: z.string().optional() });

function troubleOf(thrown: unknown, retryAfterOf: (thrown: unknown) => number): MatrixTrouble {
  if (thrown instanceof MatrixTrouble) return thrown;
  const answer = answered.safeParse(thrown);
  if (!answer.success) return new MatrixTrouble("the homeserver cannot be reached");
  const { httpStatus: status, errcode, error = "the homeserver refused" } = answer.data;
  const words = `${error} (${errcode ?? status})`;
  return new MatrixTrouble(words, { status, errcode, ...(status === 429 ? { retryAfterMs: retryAfterOf(thrown) } : {}) });
}

/** An answer that will not change by asking again. */
export function isRefusal(thrown: unknown): thrown is MatrixTrouble {
  const status = thrown instanceof MatrixTrouble ? (thrown.status ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 429;
}

export const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : "unknown trouble");
export const isShutOut = (thrown: unknown): boolean => thrown instanceof MatrixTrouble && thrown.status === 401;

/** The server's users that may not use it: nothing is mended by another token. */
const CLOSED_ACCOUNTS = ["M_USER_DEACTIVATED", "M_USER_SUSPENDED", "M_USER_LOCKED"];

function verdictOf({ status, errcode = "", retryAfterMs = UNTOLD_RETRY_MS }: Refusal): Verdict {
  if (CLOSED_ACCOUNTS.includes(errcode)) return { do: "stop_account" };
  if (status === 401) return { do: "reauth" };
  if (status === 429) return { do: "retry_after", ms: retryAfterMs };
  return status === undefined || status >= 500 ? { do: "retry" } : { do: "drop" };
}

/** Why this account may not be used, or undefined. Rejects when nobody could be asked. */
export async function whyRefused(api: MatrixApi, { user_id }: MatrixConfig, answerMs?: number): Promise<string | undefined> {
  try {
    const who = await api.call("GET", "/account/whoami", whoami, answerMs === undefined ? {} : { answerMs });
    return who.user_id === user_id ? undefined : `the token belongs to ${who.user_id}, not to ${user_id}`;
  } catch (thrown) {
    if (isShutOut(thrown)) return `the homeserver does not accept the token: ${(thrown as MatrixTrouble).message}`;
    throw thrown;
  }
}

const whoami = z.object({ user_id: z.string() });
