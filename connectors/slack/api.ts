/**
 * Calls of Slack's Web API over its own client, each made once: waiting and repeating are the hub's. Invariant: no token, address or text of a
 * request is in an error or a log; the client's own hold all three, so its logger is silent.
 */
import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Verdict } from "../../src/contract/message.ts";
import { ApiError, notSent, shutOut, unanswered, UNKNOWN } from "../shared/api-error.ts";
import { waitingOut } from "../shared/waiting-out.ts";
import type { SlackConfig } from "./config.ts";

export type Arguments = Readonly<Record<string, unknown>>;

export interface Api {
  /** Rejects with a ApiError. */
  call(method: string, fields?: Arguments): Promise<Record<string, unknown>>;
  /** Reads only: waits out Slack's rate limits by itself. Rejects with a ApiError. */
  read(method: string, fields?: Arguments): Promise<Record<string, unknown>>;
}

/** For the clients of web-api and socket-mode alike. Made anew for each, since they write into it. */
export function clientOptions({ api_base, answer_ms }: SlackConfig) {
  // By default ten tries, also after a message may have been posted; and a 429 would hold up every channel.
  return { slackApiUrl: api_base, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout: answer_ms };
}

export function silentLogger() {
  const silent = (): void => {};
  return { debug: silent, info: silent, warn: silent, error: silent, setLevel: silent, setName: silent, getLevel: () => "error" as never };
}

export interface ApiParts {
  readonly settings: SlackConfig;
  readonly token: string;
  readonly setTimer: ConnectorContext["setTimer"];
  /** The token is not valid any more. */
  readonly onShutOut?: () => void;
}

export function createApi({ settings, token, setTimer, onShutOut = () => {} }: ApiParts): Api {
  let client: Promise<WebClient> | undefined;

  async function open(): Promise<WebClient> {
    const { WebClient } = await import("@slack/web-api");
    return new WebClient(token, { ...clientOptions(settings), logger: silentLogger(), allowAbsoluteUrls: false });
  }

  async function call(method: string, fields: Arguments = {}): Promise<Record<string, unknown>> {
    try {
      if (token === "") throw shutOut("there is no bot token", "not_authed");
      return { ...(await (await (client ??= open())).apiCall(method, { ...fields })) };
    } catch (thrown) {
      const error = apiErrorOf(thrown);
      if (error.result.verdict.do === "reauth") onShutOut();
      throw error;
    }
  }

  return { call, read: (method, fields) => waitingOut(setTimer, () => call(method, fields)) };
}

/** Words for the refusals people meet. Slack Developer Docs, pages of the methods, "Errors" (2026). */
const WORDS: Readonly<Record<string, string>> = {
  not_in_channel: "the bot is not in that channel; invite it there with /invite",
  channel_not_found: "there is no such channel, or the bot cannot see it; invite it there with /invite",
  is_archived: "the channel is archived",
  restricted_action_thread_locked: "the thread is locked",
  restricted_action_non_threadable_channel: "that channel has no threads",
  cannot_reply_to_message: "that message can have no thread",
  message_not_found: "the message is gone",
  edit_window_closed: "the message is too old to be changed",
  msg_too_long: "the text is too long for Slack",
  msg_blocks_too_long: "the card is too long for Slack",
  user_not_in_channel: "this person is not in that channel",
  expired_trigger_id: "the form came too late; press again",
};

const SHUT_OUT =
  /^(invalid_auth|not_authed|account_inactive|token_revoked|token_expired|user_removed_from_team|team_disabled|no_permission|not_allowed_token_type)$/;
/** A fault of Slack's own: it may have been done. */
const FAULTS = /^(internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/;

const why = { name: z.string().optional(), code: z.string().optional() };
/** What the client throws, told by its documented shape: by status, by Retry-After, by Slack's name of the error, or by what broke. */
const thrownShape = z.object({
  code: z.string().optional(),
  retryAfter: z.number().optional(),
  statusCode: z.number().optional(),
  data: z.object({ error: z.string().catch(""), needed: z.string().optional() }).optional(),
  original: z.object({ ...why, cause: z.object(why).optional() }).optional(),
});

export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { retryAfter, statusCode: status, data, original } = thrownShape.safeParse(thrown).data ?? {};
  if (retryAfter !== undefined) return tooMany(retryAfter * 1000);
  if (status !== undefined) return new ApiError(`Slack is out of order (${status})`, status >= 500 ? UNKNOWN : notSent({ do: "drop" }));
  if (data) return refusal(data);
  // A 429 without a time to wait is told by nothing but its words.
  if (thrown instanceof Error && thrown.message.startsWith("Retry header")) return tooMany(0);
  return unanswered("Slack", original?.cause?.code ?? original?.code ?? original?.name ?? "unknown");
}

/** Slack limits a method for a workspace, posting for each channel too; to bar the whole account would hold up every answer. */
function tooMany(ms: number): ApiError {
  const verdict: Verdict = ms > 0 ? { do: "retry_after", ms, scope: "chat" } : { do: "retry" };
  return new ApiError("Slack asks for fewer calls", notSent(verdict), "ratelimited");
}

function refusal({ error, needed }: { readonly error: string; readonly needed?: string | undefined }): ApiError {
  if (SHUT_OUT.test(error)) return shutOut(`Slack refused the token (${error})`, error);
  if (FAULTS.test(error) || !/^[a-z0-9_:]+$/.test(error)) return new ApiError("Slack is out of order", UNKNOWN, error);
  if (error === "ratelimited" || error === "rate_limited") return tooMany(0);
  const words =
    needed === undefined ? (WORDS[error] ?? "Slack refused it") : `the bot token lacks the scope ${needed}; install the app with it`;
  return new ApiError(`${words} (${error})`, notSent({ do: "drop" }), error);
}
