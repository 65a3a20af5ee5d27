/** Why a call of a platform's API failed: in words for a person, and what the hub makes of it. Pure. */
import type { SendResult, Verdict } from "../../src/contract/message.ts";

type Failed = Required<Pick<SendResult, "outcome" | "verdict">>;

/** No token, address or text of a request is in it. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly result: SendResult;
  /** The platform's own number for it, 0 where there is none. */
  readonly code: number;

  constructor(error: string, failed: Failed, code = 0) {
    super(error);
    this.result = { delivered: false, error, ...failed };
    this.code = code;
  }
}

/** The request left, and nobody knows what became of it. */
export const UNKNOWN = { outcome: "unknown", verdict: { do: "retry" } } as const;
export const notSent = (verdict: Verdict) => ({ outcome: "not_sent", verdict }) as const;
export const dropped = (error: string): SendResult => ({ delivered: false, error, ...notSent({ do: "drop" }) });

/** The token is not valid, or not valid any more. */
export const shutOut = (why: string, code = 0): ApiError => new ApiError(why, notSent({ do: "reauth" }), code);

/** Never connected, so nothing can have been done. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** A connection that broke; `why` is the system's code for it. */
export function unanswered(platform: string, why: string): ApiError {
  return NOT_CONNECTED.test(why)
    ? new ApiError(`${platform} cannot be reached (${why})`, notSent({ do: "retry" }))
    : new ApiError(`${platform} did not answer (${why})`, UNKNOWN);
}
