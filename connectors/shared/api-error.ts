/** Why a call of a platform's API failed: in words for a person, and what the hub makes of it. Invariant: no token, address or text of a request is in it. */
import { HubError } from "../../src/contract/errors.ts";
import type { SendResult, Verdict } from "../../src/contract/message.ts";

interface Failed {
  readonly outcome: "not_sent" | "unknown";
  readonly verdict: Verdict;
}

export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly result: SendResult & Failed;
  /** The platform's own word or number for it; empty where it has none. */
  readonly code: string;

  constructor(error: string, failed: Failed, code: string | number = "") {
    super(error);
    this.result = { delivered: false, error, ...failed };
    this.code = String(code);
  }
}

/** The request left, and nobody knows what became of it. */
export const UNKNOWN = { outcome: "unknown", verdict: { do: "retry" } } as const;
export const notSent = (verdict: Verdict) => ({ outcome: "not_sent", verdict }) as const;

export const dropped = (error: string): SendResult => ({ delivered: false, error, ...notSent({ do: "drop" }) });
export const CLOSED: SendResult = { delivered: false, error: "the connector is closed", ...notSent({ do: "retry" }) };

/** The token is not valid, or not valid any more. */
export const shutOut = (why: string, code: string | number = ""): ApiError => new ApiError(why, notSent({ do: "reauth" }), code);

/** Never connected, so nothing can have been done. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** A connection that broke; `why` is the system's code for it, or the error's name. */
export function unanswered(platform: string, why: string): ApiError {
  return NOT_CONNECTED.test(why)
    ? new ApiError(`${platform} cannot be reached (${why})`, notSent({ do: "retry" }))
    : new ApiError(`${platform} did not answer (${why})`, UNKNOWN);
}

/** Empty, too, for what is no ApiError. */
export const codeOf = (thrown: unknown): string => (thrown instanceof ApiError ? thrown.code : "");

/** Asked again, the platform would refuse it again. */
export const isDropped = (thrown: unknown): thrown is ApiError => thrown instanceof ApiError && thrown.result.verdict.do === "drop";

/** How long the platform asks to be left alone, ms; undefined where it asks for nothing. */
export function askedWaitMs(thrown: unknown): number | undefined {
  const verdict = thrown instanceof ApiError ? thrown.result.verdict : undefined;
  return verdict?.do === "retry_after" ? verdict.ms : undefined;
}

/** What became of a message. What is no ApiError is our own, from before the call. */
export function resultOf(thrown: unknown): SendResult {
  if (thrown instanceof ApiError) return thrown.result;
  const isForGood = thrown instanceof HubError && thrown.verdict !== "retry";
  const error = thrown instanceof Error ? thrown.message : "it could not be sent";
  return { delivered: false, error, ...notSent({ do: isForGood ? "drop" : "retry" }) };
}
