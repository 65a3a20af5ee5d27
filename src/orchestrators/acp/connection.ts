/**
 * The ACP connection to one life of an agent process, over the SDK. It knows requests, time limits and what has really been written;
 * it does not know sessions of the hub. Invariant: updates are handed over in the order they were printed and before any later answer
 * (the SDK starts its own handlers side by side and resolves a prompt before they finish), so they are taken here before the SDK sees them.
 */
import { type AnyMessage, client, type ClientContext, methods, RequestError } from "@agentclientprotocol/sdk/unstable";
import type { z } from "zod";
import { type Clock, within } from "../../clock.ts";
import type { ElicitationAnswer } from "./elicitation.ts";
import type { AgentLink } from "./link.ts";
import type { PermissionOutcome } from "./permission.ts";
import {
  elicitationDone,
  type ElicitationRequest,
  elicitationRequest,
  type PermissionRequest,
  permissionRequest,
  promptAnswer,
  type PromptAnswer,
  updateNotice,
} from "./wire.ts";

/** A request of the agent that a person must answer. */
export interface Asked {
  /** Fires when the agent takes the request back, not when it dies. */
  readonly signal: AbortSignal;
  /** True once the answer was written to the agent, false when it died first. */
  readonly sent: Promise<boolean>;
}

/** What the agent does by itself. */
export interface AgentListener {
  /** Called synchronously, in order. */
  update(agentSessionId: string, update: unknown): void;
  permission(request: PermissionRequest, asked: Asked): Promise<PermissionOutcome>;
  elicitation(request: ElicitationRequest, asked: Asked): Promise<ElicitationAnswer>;
  /** The agent says that the errand behind a question about an address is done. */
  elicitationDone(elicitationId: string): void;
  /** What else it may ask of this machine; everything that is not here is refused. */
  readonly host: readonly HostRequest[];
  /** Nothing more is read until it resolves. */
  room(): Promise<void>;
}

/** Something an agent may ask of the machine the hub runs on. */
export interface HostRequest {
  readonly method: string;
  readonly params: z.ZodType;
  /** Given what `params` has let through. Rejects with a `RequestError`. */
  run(params: unknown): Promise<object>;
}

export interface Prompted {
  /** Resolves when the prompt has left whole, rejects when it certainly has not. */
  readonly written: Promise<void>;
  /** Rejects with a `RequestError` when the agent refuses, with anything else when it is gone. */
  readonly answer: Promise<PromptAnswer>;
}

export interface AcpConnection {
  /** Rejects with a `RequestError` when the agent refuses; resolves undefined when it is silent for `withinMs`. */
  request<T>(method: string, params: unknown, answer: z.ZodType<T>, withinMs: number): Promise<{ readonly value: T } | undefined>;
  prompt(agentSessionId: string, params: unknown): Prompted;
  notifyCancel(agentSessionId: string): Promise<void>;
  /** Epoch ms of the last message of the agent, undefined before the first. */
  lastHeardAt(): number | undefined;
  rubbishLines(): number;
  /** Resolves when nothing can be said any more, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface ConnectionParts {
  readonly link: AgentLink;
  readonly listener: AgentListener;
  readonly clock: Clock;
  readonly onRubbish: (line: string, count: number) => void;
}

export function createConnection(parts: ConnectionParts): AcpConnection {
  const writes = createWriteMarks();
  const heard = { at: undefined as number | undefined, rubbish: 0 };
  const awaited = new Set<string>();
  const connection = createApp(parts.listener, writes).connect({
    readable: ReadableStream.from(incoming(parts, { heard, awaited })),
    writable: outgoing(parts.link, writes, awaited),
  });
  const { agent } = connection;
  return {
    request: async (method, params, answer, withinMs) => {
      const reply = await within(
        parts.clock,
        withinMs,
        agent.request<unknown>(method, params).then((value) => ({ value })),
      );
      return reply && { value: answer.parse(reply.value) };
    },
    prompt: (agentSessionId, params) => prompt(agent, writes, agentSessionId, params),
    notifyCancel: (sessionId) => agent.notify(methods.agent.session.cancel, { sessionId }),
    lastHeardAt: () => heard.at,
    rubbishLines: () => heard.rubbish,
    closed: connection.closed.then(writes.failAll),
    close: () => connection.close(),
  };
}

function prompt(agent: ClientContext, writes: WriteMarks, agentSessionId: string, params: unknown): Prompted {
  const written = writes.expect(promptMark(agentSessionId));
  const answer = agent.request<unknown>(methods.agent.session.prompt, params).then((value) => promptAnswer.parse(value));
  answer.catch(() => {});
  return { written, answer };
}

function createApp(listener: AgentListener, writes: WriteMarks) {
  const asked = (id: unknown, signal: AbortSignal): Asked => ({
    signal: takenBack(signal),
    sent: writes.expect(answerMark(id)).then(
      () => true,
      () => false,
    ),
  });
  const app = client({ name: "mos-hub" })
    .onRequest(methods.client.session.requestPermission, permissionRequest, async ({ params, requestId, signal }) => ({
      outcome: await listener.permission(params, asked(requestId, signal)),
    }))
    .onRequest(methods.client.elicitation.create, elicitationRequest, ({ params, requestId, signal }) =>
      listener.elicitation(params, asked(requestId, signal)),
    )
    .onNotification("*", () => {});
  for (const { method, params: shape, run } of listener.host) app.onRequest(method, shape, ({ params }) => run(params));
  return app;
}

/** The SDK fires the same signal when the connection closes; only the agent's own cancellation comes as a `RequestError`. */
function takenBack(signal: AbortSignal): AbortSignal {
  const own = new AbortController();
  signal.addEventListener("abort", () => {
    if (signal.reason instanceof RequestError) own.abort();
  });
  return own.signal;
}

async function* incoming(parts: ConnectionParts, { heard, awaited }: Heard): AsyncGenerator<AnyMessage> {
  const { link, listener, clock } = parts;
  const onRubbish = (line: string): void => parts.onRubbish(line, ++heard.rubbish);
  for await (const message of link.messages(onRubbish)) {
    heard.at = clock.now();
    if (!("method" in message)) {
      // The SDK writes about each answer to nothing; an agent could fill the log with them.
      if (awaited.delete(JSON.stringify(message.id))) yield message;
      else onRubbish("an answer to nothing");
    } else if (message.method === methods.client.session.update) {
      const notice = updateNotice.safeParse(message.params);
      if (notice.success) listener.update(notice.data.sessionId, notice.data.update);
      await listener.room();
    } else if (message.method === methods.client.elicitation.complete) {
      const done = elicitationDone.safeParse(message.params);
      if (done.success) listener.elicitationDone(done.data.elicitationId);
    } else yield message;
  }
}

interface Heard {
  readonly heard: { at: number | undefined; rubbish: number };
  /** Requests of the hub that have no answer yet, by their ids as JSON. */
  readonly awaited: Set<string>;
}

function outgoing(link: AgentLink, writes: WriteMarks, awaited: Set<string>): WritableStream<AnyMessage> {
  return new WritableStream({
    async write(message) {
      const mark = markOf(message);
      if ("method" in message && "id" in message) awaited.add(JSON.stringify(message.id));
      try {
        await link.write(message);
        writes.succeed(mark);
      } catch (error) {
        writes.fail(mark);
        throw error;
      }
    },
  });
}

// What has been written: an ACP agent confirms neither a prompt nor an answer, so the end of the write is all that is known.

interface WriteMarks {
  expect(mark: string): Promise<void>;
  succeed(mark: string | undefined): void;
  fail(mark: string | undefined): void;
  failAll(): void;
}

function createWriteMarks(): WriteMarks {
  const expected = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const take = (mark: string | undefined) => {
    const found = mark === undefined ? undefined : expected.get(mark);
    if (mark !== undefined) expected.delete(mark);
    return found;
  };
  const fail = (mark: string | undefined): void => take(mark)?.reject(new Error("the agent is gone"));
  return {
    expect(mark) {
      const written = new Promise<void>((resolve, reject) => expected.set(mark, { resolve, reject }));
      written.catch(() => {});
      return written;
    },
    succeed: (mark) => take(mark)?.resolve(),
    fail,
    failAll: () => [...expected.keys()].forEach(fail),
  };
}

const promptMark = (agentSessionId: string): string => `prompt ${agentSessionId}`;
const answerMark = (id: unknown): string => `answer ${JSON.stringify(id)}`;

function markOf(message: AnyMessage): string | undefined {
  if (!("method" in message)) return answerMark(message.id);
  if (message.method !== methods.agent.session.prompt) return undefined;
  const params: unknown = message.params;
  const isPrompt = typeof params === "object" && params !== null && "sessionId" in params && typeof params.sessionId === "string";
  return isPrompt ? promptMark(String(params.sessionId)) : undefined;
}
