/** What became of a call that sends, as the contract wants it told. Knows no platform. */
import type { SendResult, Verdict } from "../../src/contract/message.ts";

/** Thrown on the way to the call: nothing has left. */
export class NotSent extends Error {
  readonly verdict: Verdict;

  constructor(reason: string, verdict: Verdict) {
    super(reason);
    this.verdict = verdict;
  }
}

/** The result for what was thrown; `asked` knows the platform's own errors. Anything else is ours, from before the call. */
export function failed(thrown: unknown, asked: (thrown: unknown) => Pick<SendResult, "outcome" | "verdict"> | undefined): SendResult {
  const error = thrown instanceof Error ? thrown.message : "it could not be sent";
  const verdict: Verdict = thrown instanceof NotSent ? thrown.verdict : { do: "retry" };
  return { delivered: false, error, ...(asked(thrown) ?? { outcome: "not_sent", verdict }) };
}
