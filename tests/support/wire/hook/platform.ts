/**
 * A fake platform over HTTP that can do everything: idempotency keys, a history to look things up in, edits, reactions, buttons, webhooks that
 * carry an answer. Strict: a wrong token, a text too long or an unknown message is refused. Faults are switched on from outside.
 */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Acknowledged, Fault } from "../../../../src/testing/kit.ts";
import { createLedger, type Ledger, type Said, type Spot } from "../ledger.ts";

/** UTF-16 units. */
export const HOOK_TEXT_MAX = 1000;
export const HOOK_CHAT = "lobby";

export interface HookPlatform {
  readonly url: string;
  readonly ledger: Ledger;
  /** Where its webhooks go. */
  hookUrl: string;
  /** Told of each call before it is looked at, and again after it was done and before it is answered. */
  onCall: (call: { readonly method: string; readonly path: string; readonly isDone: boolean }) => void;
  next(fault: Fault): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  /** Delivers once. Not acknowledged: no 200 within the patience. */
  deliver(said: Said): Promise<Acknowledged>;
  /** Delivers until it is acknowledged, again after `everyMs`. Not again once it is closed. */
  insist(said: Said, everyMs: number): Promise<void>;
  say(text: string, spot?: Spot): Said;
  close(): Promise<void>;
}

export interface HookOptions {
  readonly token: string;
  /** Default 300. */
  readonly patienceMs?: number;
}

interface Call {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function createHookPlatform({ token, patienceMs = 300 }: HookOptions): Promise<HookPlatform> {
  const ledger = createLedger(HOOK_CHAT);
  const faults: Fault[] = [];
  const open = new Set<Socket>();
  let isSilent = false;
  let isClosed = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    platform.onCall({ method: call.method, path: call.path.join("/"), isDone: false });
    if (isSilent) return;
    if (request.headers.authorization !== `Bearer ${token}`) return reply(response, { status: 401, body: { error: "who are you?" } });
    const isSend = call.method === "POST";
    if (isSend) ledger.sendTimes.push(Date.now());
    const fault = isSend ? faults.shift() : undefined;
    if (fault?.type === "lost_request") return void request.socket.destroy();
    const failed = fault && failure(fault);
    if (failed) return reply(response, failed);
    const answer = act(call, ledger);
    platform.onCall({ method: call.method, path: call.path.join("/"), isDone: true });
    if (fault?.type === "lost_answer") return void request.socket.destroy();
    reply(response, answer);
  }

  async function deliver(said: Said): Promise<Acknowledged> {
    const body = JSON.stringify(said);
    const headers = { "content-type": "application/json", "x-signature": signatureOf(body, token) };
    if (isSilent) return { acknowledged: false };
    try {
      const response = await fetch(platform.hookUrl, { method: "POST", body, headers, signal: AbortSignal.timeout(patienceMs) });
      if (response.status !== 200) return { acknowledged: false };
      const { answer } = z.object({ answer: z.string().optional() }).parse(await response.json());
      ledger.confirmed.add(said.n);
      return answer === undefined ? { acknowledged: true } : { acknowledged: true, answer };
    } catch {
      return { acknowledged: false };
    }
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => request.socket.destroy()));
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  const platform: HookPlatform = {
    url: await listen(server),
    ledger,
    hookUrl: "",
    onCall: () => {},
    next: (fault) => void faults.push(fault),
    silence: (silent) => void (isSilent = silent),
    hangUp: () => open.forEach((socket) => socket.destroy()),
    deliver,
    async insist(said, everyMs) {
      while (!isClosed && !(await deliver(said)).acknowledged) await pause(everyMs);
    },
    say: ledger.say,
    close: () =>
      new Promise((resolve) => {
        isClosed = true;
        open.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
  return platform;
}

export function signatureOf(body: string, token: string): string {
  return createHmac("sha256", token).update(body).digest("hex");
}

function failure(fault: Fault): Answer | undefined {
  switch (fault.type) {
    case "server_error":
      return { status: 500, body: { error: "out of order" } };
    case "too_many": {
      const headers = fault.retryAfterMs === undefined ? {} : { "retry-after": String(fault.retryAfterMs / 1000) };
      return { status: 429, body: { error: "too many" }, headers };
    }
    case "refused":
      return { status: 400, body: { error: "not acceptable" } };
    case "unauthorized":
      return { status: 401, body: { error: "who are you?" } };
    default:
      return undefined;
  }
}

const newMessage = z.object({
  text: z.string(),
  thread: z.string().optional(),
  key: z.string().optional(),
  buttons: z.boolean().default(false),
  notified: z.array(z.string()).default([]),
});

const newThread = z.object({ title: z.string().min(1).max(60) });

function act({ method, path: [kind, id = "", what, extra = ""], query, body }: Call, ledger: Ledger): Answer {
  const known = ledger.kept.find((message) => message.id === id);
  if (kind === "me") return { status: 200, body: { id: "hook-bot" } };
  if (kind === "events") return { status: 200, body: ledger.said.filter(({ n }) => n > Number(query.get("after"))) };
  if (kind === "chats" && method === "GET") return { status: 200, body: ledger.kept };
  if (kind === "chats" && method === "POST") {
    const { buttons, ...message } = newMessage.parse(body);
    if (message.text.length > HOOK_TEXT_MAX) return { status: 400, body: { error: "text too long" } };
    const same = ledger.kept.find(({ key }) => key !== undefined && key === message.key);
    return { status: 200, body: { id: (same ?? ledger.keep({ chat: id, ...message }, buttons)).id } };
  }
  if (kind === "chats" && what === "threads") {
    newThread.parse(body);
    return { status: 200, body: { id: `thread-${extra}` } };
  }
  if (!known) return { status: 404, body: { error: "no such message" } };
  if (what === "reactions" && !known.reactions.includes(extra)) known.reactions.push(extra);
  if (method === "PATCH") known.text = newMessage.parse(body).text;
  return { status: 200, body: { id } };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://platform.example.internal");
  const text = Buffer.concat(chunks).toString();
  const path = pathname.slice(1).split("/").map(decodeURIComponent);
  return { method: request.method ?? "GET", path, query: searchParams, body: text === "" ? undefined : JSON.parse(text) };
}

function reply(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
