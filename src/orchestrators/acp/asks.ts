/**
 * Requests of the agent that wait for a person. Each lives only in this process and ends exactly once:
 * answered, withdrawn by its asker, or ended with the session's turn or the agent's life.
 */
import { randomUUID } from "node:crypto";
import type { SessionKey } from "../../contract/ids.ts";
import type { Answer, AskHandle } from "../../contract/orchestrator.ts";

export interface Ask {
  readonly session: SessionKey;
  readonly handle: AskHandle;
  /** Undefined: nobody will answer. */
  readonly answer: Promise<Answer | undefined>;
}

export interface OpenAsk {
  readonly session: SessionKey;
  readonly epoch: string;
  /** Fires when the asker takes its request back. */
  readonly signal: AbortSignal;
  /** Resolves true once the answer has left for the agent, false when the agent died first. */
  readonly sent: Promise<boolean>;
}

export interface Asks {
  open(ask: OpenAsk): Ask;
  /** False when nobody waits for it any more. */
  answer(answer: Answer): Promise<boolean>;
  /** How many of this session are open. */
  waiting(session: SessionKey): number;
  /** Ends all that fit without an answer and returns them. */
  withdraw(which: { readonly session?: SessionKey; readonly epoch?: string }): AskHandle[];
}

/** `onTakenBack` is told of asks their own asker has ended. */
export function createAsks(onTakenBack: (session: SessionKey, handle: AskHandle) => void): Asks {
  const open = new Map<string, OpenAsk & { settle: (answer: Answer | undefined) => void }>();

  function settle(requestId: string, answer: Answer | undefined): void {
    open.get(requestId)?.settle(answer);
    open.delete(requestId);
  }

  return {
    open(ask) {
      const handle: AskHandle = { requestId: randomUUID(), epoch: ask.epoch };
      const answer = new Promise<Answer | undefined>((resolve) => open.set(handle.requestId, { ...ask, settle: resolve }));
      ask.signal.addEventListener("abort", () => {
        if (!open.has(handle.requestId)) return;
        settle(handle.requestId, undefined);
        onTakenBack(ask.session, handle);
      });
      return { session: ask.session, handle, answer };
    },
    async answer(answer) {
      const waiting = open.get(answer.handle.requestId);
      if (!waiting || waiting.epoch !== answer.handle.epoch) return false;
      settle(answer.handle.requestId, answer);
      return waiting.sent;
    },
    waiting: (session) => [...open.values()].filter((ask) => ask.session === session).length,
    withdraw({ session, epoch }) {
      const fitting = [...open].filter(
        ([, ask]) => (session === undefined || ask.session === session) && (epoch === undefined || ask.epoch === epoch),
      );
      for (const [requestId] of fitting) settle(requestId, undefined);
      return fitting.map(([requestId, ask]) => ({ requestId, epoch: ask.epoch }));
    },
  };
}
