/** One HTTP call with a deadline and a limit to what is read of its answer. Never rejects. */
import type { Clock } from "../clock.ts";

export type CallResult =
  | { readonly status: number; /** Undefined: no JSON. */ readonly body: unknown }
  /** `mayHaveArrived`: the other side may have it although no answer came. */
  | { readonly failed: string; readonly mayHaveArrived: boolean };

export interface Caller {
  call(url: string, init: RequestInit): Promise<CallResult>;
  close(): void;
}

const ANSWER_BYTES = 1024 * 1024;
/** The connection never came about. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export function createCaller({ clock, answerWithinMs }: { readonly clock: Clock; readonly answerWithinMs: number }): Caller {
  const closing = new AbortController();

  async function call(url: string, init: RequestInit): Promise<CallResult> {
    const deadline = new AbortController();
    const cancel = clock.setTimer(answerWithinMs, () => deadline.abort());
    try {
      const signal = AbortSignal.any([deadline.signal, closing.signal]);
      const response = await fetch(url, { ...init, redirect: "manual", signal });
      return { status: response.status, body: parsed(await textOf(response)) };
    } catch (error) {
      if (deadline.signal.aborted) return { failed: `no answer within ${answerWithinMs} ms`, mayHaveArrived: true };
      const code = codeOf(error);
      return { failed: code, mayHaveArrived: !NOT_SENT.has(code) };
    } finally {
      cancel();
    }
  }

  return { call, close: () => closing.abort() };
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // The loop's end cancels what is still to come.
    if (bytes > ANSWER_BYTES) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error && "code" in inner ? String(inner.code) : "the call failed";
}
