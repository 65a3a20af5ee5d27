/**
 * The console behind a real port, without the rest of the hub: a data folder with `run.json`, the local token, and a brain the test gives.
 * Can be stopped hard and started again on the same durable state, on another port.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { serve, type ServerType } from "@hono/node-server";
import { Keyv } from "keyv";
import type { z } from "zod";
import type { decided as decidedShape } from "../../src/api/approval-shapes.ts";
import type { Caller, Connector } from "../../src/contract/connector.ts";
import type { Ack, InboundMessage } from "../../src/contract/message.ts";
import { createConsole } from "./harnesses/console.ts";

/** Stands for the hub behind the console: gives the Ack, and sends what it likes when it likes. */
export type Brain = (message: InboundMessage, connector: Connector) => Promise<Ack>;

/** The one request there is, until it is decided. */
const PENDING = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "Go live",
  class: "red",
  asker: "Mos",
  action: "{}",
  digest: "0".repeat(64),
  expiresAt: 0,
  who: "approver",
} as const;

export interface ConsoleServer {
  readonly dataDir: string;
  connector(): Connector;
  /** Bodies of `POST /v1/approvals/<code>/decide`. */
  readonly decisions: { readonly code: string; readonly body: unknown }[];
  /** Cuts every connection and leaves `run.json` behind, as `kill -9` does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
}

export async function startConsoleServer(brain: Brain): Promise<ConsoleServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "mos-hub-chat-"));
  const state = new Keyv();
  const decisions: { code: string; body: unknown }[] = [];
  let running: { server: ServerType; connector: Connector } | undefined;

  async function start(): Promise<void> {
    const token = randomUUID();
    const connector = createConsole(state);
    connector.subscribe((message) => brain(message, connector));
    const answer = async (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url);
      const caller: Caller = { type: request.headers.get("authorization") === `Bearer ${token}` ? "token" : "nobody" };
      if (pathname === `/v1/approvals/${PENDING.code}/decide`) {
        const body = (await request.json()) as { readonly always?: boolean };
        decisions.push({ code: PENDING.code, body });
        const said = body.always ? `${PENDING.code} is approved, and not asked again until Friday; \`!rules\` lists it.` : "";
        return Response.json({ ...PENDING, state: "approved", said } satisfies z.input<typeof decidedShape>);
      }
      if (pathname === `/v1/approvals/${PENDING.code}`)
        return Response.json({ ...PENDING, ...(decisions.length > 0 ? { state: "approved", decidedBy: "Ada" } : {}) });
      return (await connector.http?.(request, pathname.replace("/connectors/console", ""), caller)) ?? new Response(null, { status: 404 });
    };
    await new Promise<void>((resolve) => {
      const server = serve({ fetch: answer, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
        running = { server, connector };
        const file = JSON.stringify({ url: `http://127.0.0.1:${port}`, token, pid: process.pid });
        void writeFile(join(dataDir, "run.json"), file).then(resolve);
      });
    });
  }

  async function kill(): Promise<void> {
    const { server, connector } = running ?? {};
    running = undefined;
    if (server !== undefined && "closeAllConnections" in server) server.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    await connector?.close();
  }

  await start();
  return {
    dataDir,
    decisions,
    start,
    kill,
    connector: () => {
      if (running === undefined) throw new Error("the server is not running");
      return running.connector;
    },
    async end() {
      await kill();
      await rm(dataDir, { recursive: true });
    },
  };
}
