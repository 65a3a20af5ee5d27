/**
 * The way to an agent over a network: a WebSocket with one message a frame, or the streamable HTTP of the ACP SDK.
 * Invariant: a message that may have left counts as left; what waits unread is bounded, and beyond that the connection ends.
 */
import { createHttpStream } from "@agentclientprotocol/sdk/experimental/http-client";
import type { AnyMessage } from "@agentclientprotocol/sdk/unstable";
import { type Clock, within } from "../../clock.ts";
import type { AgentLink } from "./link.ts";
import { asMessage, MAX_LINE_BYTES, parseMessage } from "./stdout-filter.ts";

/** The hub reads slower than the agent speaks, and a network cannot be made to wait: so much is kept. */
const MAX_WAITING_MESSAGES = 10_000;
const CLOSE_WITHIN_MS = 2_000;

export interface Reaching {
  /** `ws:`, `wss:`, `http:` or `https:`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly clock: Clock;
}

/** Rejects nothing: a place that cannot be reached is a link that ends. */
export function reachAgent(reaching: Reaching): AgentLink {
  const inbox = createInbox();
  const headers = reaching.token === undefined ? {} : { Authorization: `Bearer ${reaching.token}` };
  const carry = /^wss?:/.test(reaching.url) ? overWebSocket : overHttp;
  const carrier = carry(reaching.url, headers, inbox);
  return {
    pid: undefined,
    messages: inbox.messages,
    async write(message) {
      if (inbox.isOver()) throw new Error("the connection is closed");
      await carrier.write(message);
    },
    ended: inbox.ended,
    lastWords: () => "",
    async end() {
      carrier.close();
      await within(reaching.clock, CLOSE_WITHIN_MS, inbox.ended);
      inbox.end("the connection was closed");
    },
  };
}

interface Carrier {
  /** Rejects only when the message certainly has not left. */
  write(message: AnyMessage): Promise<void>;
  close(): void;
}

function overWebSocket(url: string, headers: Record<string, string>, inbox: Inbox): Carrier {
  const socket = new WebSocket(url, { headers } as never);
  const open = new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("close", () => reject(new Error("the connection is closed")));
  });
  open.catch(() => {});
  socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
    if (typeof data === "string" && data.length > MAX_LINE_BYTES) return refuse("it sent a message that is too large");
    const message = typeof data === "string" ? parseMessage(data) : undefined;
    if (!message) inbox.rubbish(typeof data === "string" ? data.slice(0, 200) : "(binary)");
    else if (!inbox.push(message)) refuse("it sent more than could be read");
  });
  socket.addEventListener("error", (event) => inbox.end(reasonOf("error" in event ? event.error : undefined)));
  socket.addEventListener("close", ({ code, reason }) => inbox.end(`it closed the connection (${reason || code})`));

  function refuse(why: string): void {
    inbox.end(why);
    socket.close();
  }

  return {
    async write(message) {
      await open;
      socket.send(JSON.stringify(message));
    },
    close: () => socket.close(),
  };
}

function overHttp(url: string, headers: Record<string, string>, inbox: Inbox): Carrier {
  const { readable, writable } = createHttpStream(url, { headers, maxMessageBytes: MAX_LINE_BYTES });
  const reader = readable.getReader();
  const writer = writable.getWriter();
  writer.closed.catch(() => {});

  async function pump(): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return inbox.end("it closed the connection");
      const message = asMessage(value);
      if (!message) inbox.rubbish("(no message)");
      else if (!inbox.push(message)) throw new Error("it sent more than could be read");
    }
  }
  pump().catch((thrown: unknown) => {
    inbox.end(reasonOf(thrown));
    void reader.cancel().catch(() => {});
  });

  return {
    // A request that failed may have been acted on; if the connection is gone with it, that is told as the end of the link.
    write: (message) => writer.write(message).catch(() => {}),
    close: () => void writer.close().catch(() => {}),
  };
}

interface Inbox {
  readonly messages: AgentLink["messages"];
  /** False when there is no room. */
  push(message: AnyMessage): boolean;
  rubbish(text: string): void;
  /** The first reason counts. */
  end(reason: string): void;
  isOver(): boolean;
  readonly ended: Promise<string>;
}

function createInbox(): Inbox {
  const waiting: AnyMessage[] = [];
  let onRubbish = (_text: string): void => {};
  let wake = (): void => {};
  let isOver = false;
  let tell = (_reason: string): void => {};
  const ended = new Promise<string>((resolve) => (tell = resolve));
  return {
    async *messages(told) {
      onRubbish = told;
      for (;;) {
        const message = waiting.shift();
        if (message) yield message;
        else if (isOver) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    push(message) {
      if (isOver || waiting.length >= MAX_WAITING_MESSAGES) return false;
      waiting.push(message);
      wake();
      return true;
    },
    rubbish: (text) => onRubbish(text),
    end(reason) {
      isOver = true;
      tell(reason);
      wake();
    },
    isOver: () => isOver,
    ended,
  };
}

/** What went wrong, as the system calls it: `fetch failed` says nothing, its cause does. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "it cannot be reached";
  const { cause } = thrown;
  const words = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : cause.name) : thrown.message;
  return words.slice(0, 300) || "it cannot be reached";
}
