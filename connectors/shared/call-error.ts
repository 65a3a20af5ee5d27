/** A call to a platform that failed: why, in words for a person, and what follows. Invariant: no token, address or text is in it. */
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { SendResult, Verdict } from "../../src/contract/message.ts";

export class CallError extends Error {
  override readonly name: string = "CallError";
  readonly result: SendResult;
  /** The platform's own name of the error; empty where it has none. */
  readonly code: string;

  constructor(error: string, result: Required<Pick<SendResult, "outcome" | "verdict">>, code = "") {
    super(error);
    this.result = { delivered: false, error, ...result };
    this.code = code;
  }
}

/** It may have been done. */
export const UNKNOWN = { outcome: "unknown", verdict: { do: "retry" } } as const;
export const notSent = (verdict: Verdict) => ({ outcome: "not_sent", verdict }) as const;

export function dropped(error: string): SendResult {
  return { delivered: false, error, ...notSent({ do: "drop" }) };
}

/** Never connected, so nothing can have been done. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** `why`: the system's code, or the error's name. */
export function broken(platform: string, why: string): CallError {
  return NOT_CONNECTED.test(why)
    ? new CallError(`${platform} cannot be reached (${why})`, notSent({ do: "retry" }))
    : new CallError(`${platform} did not answer (${why})`, UNKNOWN);
}

const MOST_WAITS = 20;

/** For reads: waits out what the platform asks for, as the governor does for what is sent. Rejects as `call` does for all else. */
export async function waitingOut<T>(setTimer: ConnectorContext["setTimer"], call: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await call();
    } catch (thrown) {
      const verdict = thrown instanceof CallError ? thrown.result.verdict : undefined;
      if (verdict?.do !== "retry_after" || waits === MOST_WAITS) throw thrown;
      await new Promise<void>((resolve) => void setTimer(verdict.ms, resolve));
    }
  }
}
