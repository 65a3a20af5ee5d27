/** Opens the hub's port, or says in words why it cannot. */
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import { HubError } from "../contract/errors.ts";
import type { Tls } from "./tls.ts";

export interface Listening {
  /** How this machine reaches the port, without a trailing slash. https:// when it is encrypted. */
  readonly localUrl: string;
  /** Ends every connection, also those of event streams. */
  close(): Promise<void>;
}

/** A request whose head or body does not arrive by then is ended, so that slow senders cannot hold the port. Answers may take as long as they like. */
const HEADERS_MS = 5000;
const REQUEST_MS = 120_000;
/** Longer than programs keep an idle connection, so that none is closed on them as they use it again. */
const IDLE_MS = 65_000;

interface At {
  readonly host: string;
  readonly port: number;
  readonly tls?: Tls | undefined;
}

/** Throws `port_taken` or `port_refused`. */
export async function listen(app: Hono, { host, port, tls }: At): Promise<Listening> {
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: IDLE_MS };
  const serverOptions = { ...limits, connectionsCheckingInterval: HEADERS_MS / 2 };
  const options = { fetch: app.fetch, hostname: host, port, autoCleanupIncoming: false };
  const server = (
    tls
      ? serve({ ...options, createServer: createTlsServer, serverOptions: { ...serverOptions, ...tls, minVersion: "TLSv1.2" } })
      : serve({ ...options, serverOptions })
  ) as Server;
  await opened(server, { host, port });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  const localHost = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    localUrl: `${tls ? "https" : "http"}://${localHost}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function opened(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code ?? "unknown";
      reject(
        code === "EADDRINUSE" ? new HubError("port_taken", at) : new HubError("port_refused", { ...at, reason: code }, { cause: error }),
      );
    });
  });
}
