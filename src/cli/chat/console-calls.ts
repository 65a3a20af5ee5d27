/** The calls a face makes to the console and to the hub's approvals, typed. The same client id makes a repeated call one message. */
import { z } from "zod";
import {
  type Taken,
  taken,
  type ThreadPage,
  threadList,
  threadPage,
  type ThreadSummary,
  threadSummary,
} from "../../../connectors/console/entry.ts";
import { type decided, type requestShape } from "../../api/approval-shapes.ts";
import { traceShape } from "../../api/shapes.ts";
import type { HubClient } from "../hub-client.ts";

type Shown = z.output<typeof requestShape>;

export interface ConsoleCalls {
  post(message: { text: string; thread?: string | undefined; clientId: string }, signal?: AbortSignal): Promise<Taken>;
  act(action: { subject: string; choice: string; values?: Record<string, string>; thread: string; clientId: string }): Promise<Taken>;
  threads(): Promise<readonly ThreadSummary[]>;
  createThread(title: string, clientId: string): Promise<ThreadSummary>;
  /** The newest messages of a thread, oldest first. */
  page(thread: string, limit: number): Promise<ThreadPage>;
  /** An approval or a question, as it is now. */
  request(code: string, signal?: AbortSignal): Promise<Shown>;
  /** The codes of what people are asked before the message of this trace is answered. */
  waitsFor(trace: string, signal: AbortSignal): Promise<readonly string[]>;
  decide(
    code: string,
    decision: { verdict: "approve" | "deny"; reason?: string | undefined; always?: true | undefined; pin: string },
  ): Promise<z.output<typeof decided>>;
}

export function createConsoleCalls(client: HubClient, base: string): ConsoleCalls {
  return {
    post: (body, signal) => client.request(`${base}/messages`, { method: "POST", body, answer: taken, signal }),
    act: (body) => client.request(`${base}/actions`, { method: "POST", body, answer: taken }),
    threads: async () => (await client.request(`${base}/threads`, { answer: threadList })).threads,
    createThread: async (title, clientId) =>
      (await client.request(`${base}/threads`, { method: "POST", body: { title, clientId }, answer: z.object({ thread: threadSummary }) }))
        .thread,
    page: (thread, limit) => client.request(`${base}/threads/${encodeURIComponent(thread)}?limit=${limit}`, { answer: threadPage }),
    request: (code, signal) => client.approvals.get(code, signal && { signal }),
    waitsFor: async (trace, signal) => (await client.request(`/v1/trace/${trace}`, { answer: traceShape, signal })).waitsFor,
    decide: (code, body) => client.approvals.decide(code, body),
  };
}
