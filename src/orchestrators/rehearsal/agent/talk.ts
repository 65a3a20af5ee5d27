/**
 * One answer being given: what a word of the rehearsal can do with the chat, its client and the hub.
 * Invariant: after a cancel nothing more is said; every step that waits rejects with `Stopped`.
 */
import { type AgentContext, type ContentBlock, methods, type SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { Clock } from "../../../clock.ts";
import type { GivenFile } from "./given.ts";
import type { HubTools } from "./hub-tools.ts";
import type { Shop } from "./memory.ts";

/** The person stopped this answer. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export interface TalkSetup {
  readonly client: AgentContext;
  readonly sessionId: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly paceMs: number;
  readonly hub: HubTools | undefined;
  readonly canElicit: boolean;
  readonly files: readonly GivenFile[];
  readonly shop: Shop;
}

export interface Talk {
  readonly sessionId: string;
  readonly client: AgentContext;
  readonly canElicit: boolean;
  /** What came with the prompt. */
  readonly files: readonly GivenFile[];
  /** Of this conversation; what is changed here is remembered. */
  readonly shop: Shop;
  /** Shows a file. */
  show(content: ContentBlock): Promise<void>;
  say(text: string): Promise<void>;
  /** A report that is not text: a plan, a tool call, a helper. */
  report(update: SessionUpdate): Promise<void>;
  /** Waits so many paces. */
  pause(paces?: number): Promise<void>;
  waitMs(ms: number): Promise<void>;
  /** Calls a tool of the hub. Rejects with a sentence when the agent was handed no server. */
  callHub(tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Settles like `work`, or rejects with `Stopped` as soon as the answer is stopped. */
  orStopped<T>(work: Promise<T>): Promise<T>;
  /** All that was said. */
  said(): string;
}

const NO_SERVER = "I was handed no MCP server of the hub over HTTP, so I cannot raise this card.";

export function createTalk(setup: TalkSetup): Talk {
  const { client, sessionId, signal, clock } = setup;
  const said: string[] = [];
  const stopped = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(new Stopped());
    signal.addEventListener("abort", () => reject(new Stopped()), { once: true });
  });
  stopped.catch(() => {});
  const orStopped = <T>(work: Promise<T>): Promise<T> => Promise.race([work, stopped]);
  const waitMs = (ms: number): Promise<void> => orStopped(new Promise((resolve) => void clock.setTimer(ms, resolve)));

  async function report(update: SessionUpdate): Promise<void> {
    if (signal.aborted) throw new Stopped();
    await client.notify(methods.client.session.update, { sessionId, update });
  }

  return {
    sessionId,
    client,
    canElicit: setup.canElicit,
    files: setup.files,
    shop: setup.shop,
    show: (content) => report({ sessionUpdate: "agent_message_chunk", content }),
    report,
    orStopped,
    waitMs,
    pause: (paces = 1) => waitMs(paces * setup.paceMs),
    async say(text) {
      said.push(text);
      await report({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
    },
    async callHub(tool, args) {
      if (!setup.hub) throw new Error(NO_SERVER);
      return orStopped(setup.hub.call(tool, args, signal));
    },
    said: () => said.join(""),
  };
}
