/**
 * Calls of Discord's REST API, each made once: waiting and repeating are the hub's. Invariant: no token, address or text of a request is in an
 * error; discord.js's own hold all three.
 */
import type { RawFile, REST } from "discord.js";
import type { BudgetLeft, Verdict } from "../../src/contract/message.ts";
import { ApiError, notSent, shutOut, unanswered, UNKNOWN } from "../shared/api-error.ts";
import type { DiscordConfig } from "./config.ts";

export interface Asking {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: `/${string}`;
  readonly body?: unknown;
  readonly files?: RawFile[];
  /** False where the path itself authorises, as an interaction's does. */
  readonly auth?: false;
  readonly query?: URLSearchParams;
}

export interface Answered {
  readonly json: unknown;
  readonly budget: BudgetLeft | undefined;
}

export interface Api {
  /** Rejects with an ApiError. */
  call(asking: Asking): Promise<Answered>;
  /** Rejects with an ApiError; waits out Discord's rate limits by itself. */
  get(path: `/${string}`, query?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** `onShutOut`: the token is not valid any more. */
export function createApi({ api_base, answer_ms }: DiscordConfig, token: string, onShutOut = (): void => {}): Api {
  let rest: Promise<REST> | undefined;

  async function open(): Promise<REST> {
    const { REST } = await import("discord.js");
    // A call that may have been done is not made again here, and one that must wait is the governor's; only reads wait by themselves.
    const rejectOnRateLimit = ({ method }: { readonly method: string }): boolean => method.toUpperCase() !== "GET";
    // Nor does it bar a call for longer than Discord does, which the governor would not know of.
    const options = { timeout: answer_ms, retries: 0, rejectOnRateLimit, offset: 0 };
    return new REST({ api: api_base, version: "10", ...options }).setToken(token);
  }

  async function call({ path, ...asking }: Asking): Promise<Answered> {
    if (token === "") throw shutOut("there is no token");
    try {
      const response = await (await (rest ??= open())).queueRequest({ ...asking, fullRoute: path } as Parameters<REST["queueRequest"]>[0]);
      return { json: response.status === 204 ? undefined : await response.json(), budget: budgetOf(response.headers, asking.method) };
    } catch (thrown) {
      const error = apiErrorOf(thrown);
      if (error.result.verdict.do === "reauth") onShutOut();
      throw error;
    }
  }

  return { call, get: async (path, query = {}) => (await call({ method: "GET", path, query: new URLSearchParams(query) })).json };
}

/** Discord counts sending, changing and reacting apart (Rate Limits, 2026). */
const KIND_OF = { POST: "send", PATCH: "edit", PUT: "reaction" } as const;

function budgetOf(headers: { get(name: string): string | null }, method: Asking["method"]): BudgetLeft | undefined {
  const calls = headers.get("x-ratelimit-remaining");
  const seconds = headers.get("x-ratelimit-reset-after");
  if (calls === null || seconds === null || method === "GET") return undefined;
  return { scope: "chat", calls: Number(calls), fullInMs: Math.ceil(Number(seconds) * 1000), kinds: [KIND_OF[method]] };
}

/** Words for the refusals people meet. Discord Developer Docs, Opcodes and Status Codes, JSON (2026). */
const WORDS: Readonly<Record<number, string>> = {
  10003: "the channel or thread is gone",
  10008: "the message is gone",
  40005: "the file is larger than Discord takes",
  50001: "the bot cannot see that channel; it needs View Channel there",
  50007: "this person takes no direct messages from the bot",
  50013: "the bot lacks a permission in that channel",
  160005: "the thread is locked",
  200000: "the server's AutoMod refused the text",
  240000: "Discord took the text for harmful",
};

/** From what @discordjs/rest throws, told by its shape: a rate limit, a refusal, a fault of the server, or a broken connection. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { name, message, status, code, cause, ...more } = thrown as Record<string, unknown> & { cause?: { code?: unknown } };
  if ("retryAfter" in more) return tooMany(Number(more["retryAfter"]) || Number(more["timeToReset"]) || 0, more["global"] === true);
  if ("rawError" in more) return refusal(Number(status), Number(code) || 0, String(message));
  if (name === "HTTPError") return new ApiError(`Discord is out of order (${String(status)})`, UNKNOWN);
  if (String(message).startsWith("Expected token to be set")) return shutOut("Discord refused the token");
  const why = String(code ?? cause?.code ?? name);
  return unanswered("Discord", why);
}

function tooMany(ms: number, isGlobal: boolean): ApiError {
  const verdict: Verdict = ms > 0 ? { do: "retry_after", ms, scope: isGlobal ? "account" : "chat" } : { do: "retry" };
  return new ApiError("Discord asks for fewer calls", notSent(verdict));
}

function refusal(status: number, code: number, message: string): ApiError {
  if (status === 401 && code === 0) return shutOut("Discord refused the token");
  const words = WORDS[code] ?? `Discord refused it: ${message.split("\n").slice(0, 2).join(" ").slice(0, 200)}`;
  return new ApiError(`${words} (${code || status})`, notSent({ do: "drop" }), code || "");
}
