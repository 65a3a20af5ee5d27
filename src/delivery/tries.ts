/** What is kept of attempts that failed, for whoever asks where a message is. Pure. */
import type { SendResult } from "../contract/message.ts";
import type { OutboxFields } from "../contract/tables.ts";

/** The latest ones say enough. */
const MOST_TRIES = 10;

interface Failure {
  readonly at: number;
  /** Redacted. */
  readonly reason: string;
  readonly result: SendResult;
}

export function withTry({ tries = [], attempts }: OutboxFields, { at, reason, result }: Failure): OutboxFields["tries"] {
  const { verdict, outcome = "not_sent" } = result;
  const wait = verdict?.do === "retry_after" ? ` ${verdict.ms} ms` : "";
  const words = [outcome.replace("_", " "), verdict && `${verdict.do.replaceAll("_", " ")}${wait}`].filter(Boolean).join(", ");
  return [...tries, { at, attempt: attempts, verdict: words, reason }].slice(-MOST_TRIES);
}
