/**
 * Calls of the Bot API by grammY, each made once: waiting and repeating are the hub's. Invariant: no token, address or text of a request is in
 * an error; the library's own and those beneath it hold all three.
 */
import type { Api as GrammyApi, InputFile } from "grammy";
import { z } from "zod";
import type { Verdict } from "../../src/contract/message.ts";
import { ApiError, notSent, shutOut, unanswered, UNKNOWN } from "../shared/api-error.ts";
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
  /** As a call takes a file, which is streamed. */
  upload(name: string, content: ReadableStream<Uint8Array>): Promise<InputFile>;
}

/** The API said no. */
export class Refused extends ApiError {
  /** The API's own words. */
  readonly description: string;
  /** The group goes on under this id. */
  readonly migratedTo: string | undefined;

  constructor(error: string, verdict: Verdict, { error_code: code, description, parameters }: Answer) {
    super(error, code >= 500 ? UNKNOWN : notSent(verdict), code);
    this.description = description;
    this.migratedTo = parameters?.migrate_to_chat_id?.toString();
  }
}

/** As grammY has it in its errors. */
interface Answer {
  readonly error_code: number;
  readonly description: string;
  readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
}

/** The library hands these over without a payload. */
const WITHOUT_PAYLOAD: readonly string[] = ["getMe", "getWebhookInfo"];

type RawCall = (...args: readonly unknown[]) => Promise<unknown>;

export function createApi({ api_root, file_root = `${api_root}/file`, answer_ms }: TelegramConfig, token: string): Api {
  const clients = new Map<number, Promise<GrammyApi>>();

  /** One for each patience, which the library has for a client and not for a call. */
  function client(waitMs: number): Promise<GrammyApi> {
    const made =
      clients.get(waitMs) ??
      import("grammy").then(({ Api: Client }) => new Client(token, { apiRoot: api_root, timeoutSeconds: waitMs / 1000 }));
    clients.set(waitMs, made);
    return made;
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
    async upload(name, content) {
      const { InputFile: File } = await import("grammy");
      return new File(content as AsyncIterable<Uint8Array>, name);
    },
  };
}

/** Of the bot. */
export const me = z.object({ id: z.number(), username: z.string(), can_read_all_group_messages: z.boolean().default(false) });
export const hookInfo = z.object({
  url: z.string(),
  pending_update_count: z.number().default(0),
  last_error_message: z.string().optional(),
});
const filePath = z.object({ file_path: z.string().optional() });

/** Words for the refusals people meet; the API gives no codes for them. Descriptions of the Bot API server (2026). */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/bot was blocked/, "this person has blocked the bot"],
  [/bot can't initiate/, "this person has not begun a chat with the bot; they open it and press Start"],
  [/bot was kicked|bot is not a member/, "the bot is not in that chat any more"],
  [/chat not found/, "there is no such chat, or the bot is not in it"],
  [/not enough rights|have no rights|CHAT_WRITE_FORBIDDEN/, "the bot lacks a right in that chat"],
  [/TOPIC_CLOSED/, "the topic is closed, and the bot may not manage topics there"],
  [/too large|too big/i, "the file is larger than Telegram takes"],
];

/** From what grammY throws, told by its shape: an answer of the API that is no, or a call that got none. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { error_code: code, error, name } = thrown as Partial<Answer> & { name?: string; error?: { code?: string; type?: string } };
  if (code === undefined) return unanswered("Telegram", error?.code ?? error?.type ?? name ?? "");
  return refusal(thrown as Answer);
}

function refusal(answer: Answer): ApiError {
  const { error_code: code, description, parameters } = answer;
  if (code === 401) return shutOut("Telegram refused the token", code);
  if (code >= 500) return new Refused(`Telegram is out of order (${code})`, { do: "retry" }, answer);
  const seconds = parameters?.retry_after;
  const wait: Verdict = seconds === undefined ? { do: "retry" } : { do: "retry_after", ms: seconds * 1000, scope: "chat" };
  if (code === 429) return new Refused("Telegram asks for fewer calls", wait, answer);
  const known = WORDS.find(([pattern]) => pattern.test(description))?.[1];
  const words = known ?? `Telegram refused it: ${description.replace(/^Bad Request: /, "").slice(0, 200)}`;
  return new Refused(`${words} (${code})`, { do: "drop" }, answer);
}

const isSaying =
  (words: RegExp) =>
  (thrown: unknown): thrown is Refused =>
    thrown instanceof Refused && words.test(thrown.description);

/** The topic a call named is deleted. */
export const isTopicGone = isSaying(/message thread not found|TOPIC_DELETED|TOPIC_ID_INVALID/);
/** A change that changes nothing. */
export const isUnchanged = isSaying(/message is not modified/);
/** What was wrong is how the text is marked or where a button leads, not what is said. */
export const isMarkup = isSaying(/can't parse entities|entity beginning|BUTTON_URL_INVALID/);
