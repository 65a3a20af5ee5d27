/**
 * Calls of the Bot API by grammY, each made once: waiting and repeating are the hub's. Invariant: no token, address or text of a request is in
 * an error; the library's own and those beneath it hold all three.
 */
import type { Api as GrammyApi, InputFile } from "grammy";
import { z } from "zod";
import type { Attachment, SendResult, Verdict } from "../../src/contract/message.ts";
import type { TelegramConfig } from "./config.ts";

export interface CallOptions {
  /** For calls that take longer than others. Default: `answer_ms`. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Api {
  /** Rejects with an ApiError. */
  call<T>(method: string, payload: object, shape: z.ZodType<T>, options?: CallOptions): Promise<T>;
  /** Its content. Rejects with an ApiError, whose message no address is in, though the file's own holds the token. */
  download(fileId: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** As a call takes a file. It is opened when it is sent, and streamed. */
  upload(file: Attachment, open: () => Promise<ReadableStream<Uint8Array>>): Promise<InputFile>;
}

/** A call that failed: why, in words for a person, and what follows. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly result: SendResult;
  /** The API's `error_code`, 0 where there was no answer. */
  readonly code: number;
  /** The group goes on under this id. */
  readonly migratedTo: string | undefined;
  /** The API's own words. */
  readonly description: string;

  constructor(error: string, result: Required<Pick<SendResult, "outcome" | "verdict">>, more: Partial<Refused> = {}) {
    super(error);
    this.result = { delivered: false, error, ...result };
    this.code = more.code ?? 0;
    this.migratedTo = more.migratedTo;
    this.description = more.description ?? "";
  }
}

interface Refused {
  readonly code: number;
  readonly description: string;
  readonly migratedTo: string | undefined;
}

/** The library hands these over without a payload. */
const WITHOUT_PAYLOAD: readonly string[] = ["getMe", "getWebhookInfo"];

type RawCall = (...args: readonly unknown[]) => Promise<unknown>;

export function createApi({ api_root, file_root = `${api_root}/file`, answer_ms }: TelegramConfig, token: string): Api {
  const clients = new Map<number, Promise<GrammyApi>>();

  /** One for each patience, which the library has for a client and not for a call. */
  function client(waitMs: number): Promise<GrammyApi> {
    const made = clients.get(waitMs) ?? open(waitMs);
    clients.set(waitMs, made);
    return made;
  }

  async function open(waitMs: number): Promise<GrammyApi> {
    const { Api: Client } = await import("grammy");
    return new Client(token, { apiRoot: api_root, timeoutSeconds: waitMs / 1000 });
  }

  return {
    async call(method, payload, shape, { waitMs = answer_ms, signal } = {}) {
      if (token === "") throw shutOut("there is no token");
      try {
        const raw = (await client(waitMs)).raw as unknown as Readonly<Record<string, RawCall>>;
        const args = WITHOUT_PAYLOAD.includes(method) ? [signal] : [payload, signal];
        return shape.parse(await raw[method]?.(...args));
      } catch (thrown) {
        throw apiErrorOf(thrown);
      }
    },
    async download(fileId, signal) {
      const { file_path: path = "" } = await this.call("getFile", { file_id: fileId }, filePath);
      if (path === "" || path.startsWith("/")) throw new ApiError("the Bot API server gives no address for it", notSent({ do: "drop" }));
      const url = `${file_root}/bot${token}/${path.split("/").map(encodeURIComponent).join("/")}`;
      const response = await fetch(url, { redirect: "error", signal }).catch(() => undefined);
      if (!response?.ok || !response.body) throw new ApiError(`Telegram answers ${response?.status ?? "nothing"}`, UNKNOWN);
      return response.body;
    },
    async upload({ name }, open) {
      const { InputFile: File } = await import("grammy");
      return new File(async () => (await open()) as AsyncIterable<Uint8Array>, name);
    },
  };
}

const filePath = z.object({ file_path: z.string().optional() });

/** Words for the refusals people meet; the API gives no codes for them. Descriptions of the Bot API server (2026). */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/bot was blocked/, "this person has blocked the bot"],
  [/bot can't initiate/, "this person has not begun a chat with the bot; they open it and press Start"],
  [/bot was kicked|bot is not a member/, "the bot is not in that chat any more"],
  [/user is deactivated/, "this person's account is gone"],
  [/chat not found/, "there is no such chat, or the bot is not in it"],
  [/not enough rights|have no rights|CHAT_WRITE_FORBIDDEN/, "the bot lacks a right in that chat"],
  [/TOPIC_CLOSED/, "the topic is closed, and the bot may not manage topics there"],
  [/too large|too big/i, "the file is larger than Telegram takes"],
  [/message to edit not found|can't be edited/, "the message is gone or not the bot's"],
];

/** Never connected, so nothing can have been done. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const UNKNOWN = { outcome: "unknown", verdict: { do: "retry" } } as const;
const notSent = (verdict: Verdict) => ({ outcome: "not_sent", verdict }) as const;
const shutOut = (why: string): ApiError => new ApiError(why, notSent({ do: "reauth" }), { code: 401 });

/** From what grammY throws, told by its shape: an answer of the API that is no, or a call that got none. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { error_code: code, description, parameters, error } = thrown as Partial<GrammyShape>;
  if (code === undefined) {
    const why = String(error?.code ?? error?.type ?? (thrown as Error).name);
    if (NOT_CONNECTED.test(why)) return new ApiError(`Telegram cannot be reached (${why})`, notSent({ do: "retry" }));
    return new ApiError(`Telegram did not answer (${why})`, UNKNOWN);
  }
  return refusal({ code, description: description ?? "", migratedTo: parameters?.migrate_to_chat_id?.toString() }, parameters?.retry_after);
}

interface GrammyShape {
  readonly error_code: number;
  readonly description: string;
  readonly parameters: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
  readonly error: { readonly code?: string; readonly type?: string };
}

function refusal(refused: Refused, retryAfterS: number | undefined): ApiError {
  const { code, description } = refused;
  if (code === 401) return shutOut("Telegram refused the token");
  if (code === 429) {
    const verdict: Verdict = retryAfterS === undefined ? { do: "retry" } : { do: "retry_after", ms: retryAfterS * 1000, scope: "chat" };
    return new ApiError("Telegram asks for fewer calls", notSent(verdict), refused);
  }
  if (code >= 500) return new ApiError(`Telegram is out of order (${code})`, UNKNOWN, refused);
  const known = WORDS.find(([pattern]) => pattern.test(description))?.[1];
  const words = known ?? `Telegram refused it: ${description.replace(/^Bad Request: /, "").slice(0, 200)}`;
  return new ApiError(`${words} (${code})`, notSent({ do: "drop" }), refused);
}

/** The topic a call named is deleted. */
export const isTopicGone = ({ description }: ApiError): boolean =>
  /message thread not found|TOPIC_DELETED|TOPIC_ID_INVALID/.test(description);

/** A change that changes nothing. */
export const isUnchanged = ({ description }: ApiError): boolean => /message is not modified/.test(description);

/** What was wrong is how the text is marked or where a button leads, not what is said. */
export const isMarkup = ({ description }: ApiError): boolean =>
  /can't parse entities|entity beginning|BUTTON_URL_INVALID/.test(description);
