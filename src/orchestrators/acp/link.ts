/**
 * The way to one life of an agent, whatever carries it: messages in, messages out, and how it ended. It knows no protocol beyond JSON-RPC.
 * Invariant: whatever comes in or stays unread, the hub keeps no more than a bounded part of it.
 */
import type { AnyMessage } from "@agentclientprotocol/sdk/unstable";
import type { AgentProcess } from "./agent-process.ts";
import { messagesIn } from "./stdout-filter.ts";

export interface AgentLink {
  /** Undefined for an agent that is reached over a network. */
  readonly pid: number | undefined;
  /** To be read once. `onRubbish` is told of what is no message, cut to 200 characters. */
  messages(onRubbish: (line: string) => void): AsyncIterable<AnyMessage>;
  /** Resolves when the message has left, rejects when it certainly has not. */
  write(message: AnyMessage): Promise<void>;
  /** Resolves with how it ended, e.g. `exit code 3`. Never rejects. */
  readonly ended: Promise<string>;
  /** What it said last that was no message, on one line. */
  lastWords(): string;
  /** May be called twice. */
  end(): Promise<void>;
}

export function processLink(process: AgentProcess): AgentLink {
  return {
    pid: process.pid,
    messages: (onRubbish) => messagesIn(process.stdout, { onRubbish }),
    write: (message) => process.write(`${JSON.stringify(message)}\n`),
    ended: process.ended,
    lastWords: process.lastWords,
    end: process.end,
  };
}
