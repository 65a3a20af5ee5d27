/**
 * A fake platform on a raw TCP line that can do next to nothing: no keys, no history, no edits. One JSON object a line. What is said is pushed
 * until it is confirmed, again after each new connection. Faults are switched on from outside.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Acknowledged, Fault } from "../../../../src/testing/kit.ts";
import { createLedger, type Ledger, type Said, type Spot } from "../ledger.ts";

/** Bytes of UTF-8. */
export const LINE_TEXT_MAX = 800;
export const LINE_CHAT = "square";

export interface LinePlatform {
  readonly port: number;
  readonly ledger: Ledger;
  /** Told of each message that was kept, before the answer leaves. */
  onKept: () => void;
  next(fault: Fault): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  /** Pushes once; resolves when it is confirmed or the patience is over. */
  deliver(said: Said): Promise<Acknowledged>;
  say(text: string, spot?: Spot): Said;
  /** Pushes everything that is not confirmed, now and on each new connection. */
  insist(): void;
  close(): Promise<void>;
}

export interface LineOptions {
  readonly token: string;
  /** Default 300. */
  readonly patienceMs?: number;
}

const fromClient = z.union([
  z.object({ hello: z.string() }),
  z.object({ ping: z.number() }),
  z.object({ confirm: z.number() }),
  z.object({ send: z.number(), chat: z.string(), thread: z.string().optional(), text: z.string() }),
]);
type FromClient = z.infer<typeof fromClient>;
type Send = Extract<FromClient, { send: number }>;

export async function createLinePlatform({ token, patienceMs = 300 }: LineOptions): Promise<LinePlatform> {
  const ledger = createLedger(LINE_CHAT);
  const faults: Fault[] = [];
  const open = new Set<Socket>();
  const clients = new Set<Socket>();
  let isSilent = false;
  let isInsisting = false;

  const write = (socket: Socket, message: object): void =>
    void (isSilent || socket.destroyed || socket.write(`${JSON.stringify(message)}\n`));
  const push = (socket: Socket, { n, chat, thread, from, name, ts, text, direct }: Said): void =>
    write(socket, { event: n, chat, thread, from, name, ts, text, direct });
  const unconfirmed = (): Said[] => ledger.said.filter(({ n }) => !ledger.confirmed.has(n));

  function hear(socket: Socket, message: FromClient): void {
    if (isSilent) return;
    if ("hello" in message) {
      write(socket, { welcome: message.hello === token });
      if (message.hello === token) clients.add(socket);
      if (isInsisting) for (const said of unconfirmed()) push(socket, said);
    } else if (!clients.has(socket)) socket.destroy();
    else if ("ping" in message) write(socket, { pong: message.ping });
    else if ("confirm" in message) ledger.confirmed.add(message.confirm);
    else take(socket, message);
  }

  function take(socket: Socket, { send, chat, thread, text }: Send): void {
    ledger.sendTimes.push(Date.now());
    const fault = faults.shift();
    if (fault?.type === "lost_request") return void socket.destroy();
    const code = fault && CODES[fault.type];
    const retryMs = fault?.type === "too_many" ? fault.retryAfterMs : undefined;
    if (code !== undefined) return write(socket, { failed: send, code, retryMs });
    if (Buffer.byteLength(text) > LINE_TEXT_MAX) return write(socket, { failed: send, code: 400 });
    const { id } = ledger.keep({ chat, thread, text });
    platform.onKept();
    if (fault?.type === "lost_answer") return void socket.destroy();
    write(socket, { sent: send, id });
  }

  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => (open.delete(socket), clients.delete(socket)));
    // The reader passes the socket's errors on.
    createInterface({ input: socket })
      .on("error", () => {})
      .on("line", (line) => hear(socket, fromClient.parse(JSON.parse(line))));
  });
  const platform: LinePlatform = {
    port: await listen(server),
    ledger,
    onKept: () => {},
    next: (fault) => void faults.push(fault),
    silence: (silent) => void (isSilent = silent),
    hangUp: () => open.forEach((socket) => socket.destroy()),
    async deliver(said) {
      ledger.confirmed.delete(said.n);
      const end = Date.now() + patienceMs;
      const pushed = new Set<Socket>();
      while (!ledger.confirmed.has(said.n) && Date.now() < end) {
        // Also to a connection that is made meanwhile.
        for (const socket of clients) if (!pushed.has(socket)) push(socket, said);
        for (const socket of clients) pushed.add(socket);
        await pause(5);
      }
      return { acknowledged: ledger.confirmed.has(said.n) };
    },
    say(text, spot) {
      const said = ledger.say(text, spot);
      if (isInsisting) for (const socket of clients) push(socket, said);
      return said;
    },
    insist() {
      isInsisting = true;
      for (const socket of clients) for (const said of unconfirmed()) push(socket, said);
    },
    close: () =>
      new Promise((resolve) => {
        open.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
  return platform;
}

const CODES: Partial<Record<Fault["type"], number>> = { server_error: 500, too_many: 429, refused: 400, unauthorized: 401 };

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
