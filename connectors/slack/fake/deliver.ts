/**
 * How events reach the app: over one of its sockets, or by signed requests to its address. Acknowledged within the patience or tried again, with
 * the number of the attempt; an answer inside the acknowledgement is kept.
 */
import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";

export interface Envelope {
  readonly type: "events_api" | "interactive" | "slash_commands";
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Delivered {
  readonly acknowledged: boolean;
  /** What the app sent with its acknowledgement. */
  readonly answer: unknown;
  readonly attempts: number;
}

export interface Delivery {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tries up to `tries` times (default 4, as Slack does); presses and commands once. */
  deliver(envelope: Envelope, tries?: number): Promise<Delivered>;
  /** Asks every connection to be made anew, as Slack does from time to time. */
  refresh(reason?: "refresh_requested" | "warning"): void;
  /** How many sockets are open. */
  connections(): number;
  silence(isSilent: boolean): void;
  close(): void;
}

export interface DeliveryOptions {
  readonly patienceMs: number;
  readonly retryMs: number;
  readonly signingSecret: string;
  readonly now: () => number;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  /** Where requests go in HTTP mode; undefined in Socket Mode. */
  readonly requestUrl: () => string | undefined;
}

export function createDelivery({ patienceMs, retryMs, signingSecret, now, setTimer, requestUrl }: DeliveryOptions): Delivery {
  const server = new WebSocketServer({ noServer: true, autoPong: false });
  const sockets = new Set<WebSocket>();
  const waiting = new Map<string, (answer: unknown) => void>();
  let isSilent = false;
  let isClosed = false;
  let envelopes = 0;
  const pause = (ms: number): Promise<undefined> => new Promise((resolve) => void setTimer(ms, () => resolve(undefined)));

  function greet(socket: WebSocket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("ping", (data) => void (isSilent || socket.pong(data)));
    socket.on("message", (data: RawData) => {
      if (isSilent) return;
      const { envelope_id: id, payload } = JSON.parse(String(data)) as { envelope_id?: string; payload?: unknown };
      if (id !== undefined) waiting.get(id)?.(payload);
    });
    socket.send(JSON.stringify({ type: "hello", num_connections: sockets.size, connection_info: { app_id: "APP000001" }, debug_info: {} }));
  }

  /** Undefined: not acknowledged in time. */
  async function overSocket({ type, payload }: Envelope, attempt: number): Promise<{ readonly answer: unknown } | undefined> {
    const socket = [...sockets].findLast(({ readyState }) => readyState === WebSocket.OPEN);
    if (!socket || isSilent) return undefined;
    const id = `env-${(envelopes += 1)}`;
    const acknowledged = new Promise<{ answer: unknown }>((resolve) => waiting.set(id, (answer) => resolve({ answer })));
    const retry = type === "events_api" ? { retry_attempt: attempt, retry_reason: attempt === 0 ? "" : "timeout" } : {};
    socket.send(JSON.stringify({ type, envelope_id: id, payload, accepts_response_payload: type !== "events_api", ...retry }));
    const done = await Promise.race([acknowledged, pause(patienceMs)]);
    waiting.delete(id);
    return done ?? undefined;
  }

  async function overHttp(url: string, { type, payload }: Envelope, attempt: number): Promise<{ readonly answer: unknown } | undefined> {
    if (isSilent) return undefined;
    const isForm = type !== "events_api";
    const body = isForm ? formOf(type, payload) : JSON.stringify(payload);
    const seconds = String(Math.floor(now() / 1000));
    const headers = {
      "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
      "x-slack-request-timestamp": seconds,
      "x-slack-signature": signatureOf(signingSecret, seconds, body),
      ...(attempt > 0 ? { "x-slack-retry-num": String(attempt), "x-slack-retry-reason": "http_timeout" } : {}),
    };
    const impatience = new AbortController();
    const cancel = setTimer(patienceMs, () => impatience.abort());
    try {
      const answer = await fetch(url, { method: "POST", headers, body, signal: impatience.signal });
      const text = await answer.text();
      return answer.ok ? { answer: text === "" ? undefined : jsonOr(text) } : undefined;
    } catch {
      return undefined;
    } finally {
      cancel();
    }
  }

  return {
    upgrade: (request, socket, head) => server.handleUpgrade(request, socket, head, greet),
    async deliver(envelope, tries = envelope.type === "events_api" ? 4 : 1) {
      for (let attempt = 0; attempt < tries && !isClosed; attempt += 1) {
        if (attempt > 0) await pause(retryMs);
        const url = requestUrl();
        const done = await (url === undefined ? overSocket(envelope, attempt) : overHttp(url, envelope, attempt));
        if (done) return { acknowledged: true, answer: done.answer, attempts: attempt + 1 };
      }
      return { acknowledged: false, answer: undefined, attempts: tries };
    },
    refresh(reason = "refresh_requested") {
      for (const socket of sockets) {
        socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: {} }));
        if (reason === "refresh_requested") socket.close(1000);
      }
    },
    connections: () => sockets.size,
    silence: (silent) => void (isSilent = silent),
    close() {
      isClosed = true;
      for (const socket of sockets) socket.terminate();
      server.close();
    },
  };
}

export function signatureOf(secret: string, seconds: string, body: string): string {
  return `v0=${createHmac("sha256", secret).update(`v0:${seconds}:${body}`).digest("hex")}`;
}

/** Presses come as one field of JSON, commands as fields of their own. */
function formOf(type: Envelope["type"], payload: Envelope["payload"]): string {
  if (type === "interactive") return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]))).toString();
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
