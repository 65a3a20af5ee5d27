/**
 * The hub's port: health for probes, the calls of the commands, MCP for agents, and the doors of connectors that are called by their
 * platform. Every answer that is no success is a problem document. Refuses what a browser was tricked into sending (Host, Origin).
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HubError } from "../contract/errors.ts";
import type { ApiParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { deployRoutes } from "./routes/deploys.ts";
import { messageRoutes } from "./routes/messages.ts";
import { peopleRoutes } from "./routes/people.ts";
import { recordRoutes } from "./routes/records.ts";
import type { Tokens } from "./tokens.ts";

/** The largest body taken by the hub's own calls, bytes. Connectors limit theirs. */
const BODY_BYTES = 1024 * 1024;
const CONNECTOR_BODY_BYTES = 32 * 1024 * 1024;

export function createApi(parts: ApiParts): Hono {
  const { hub, journal, clock, log, tokens, connectors, health } = parts;
  const app = new Hono();
  let mcp: Promise<(request: Request, session: ReturnType<Tokens["sessionOf"]> & string) => Promise<Response>> | undefined;

  app.onError((thrown) => {
    if (!(thrown instanceof HubError)) log.error({ err: thrown }, "a request failed");
    return problem(thrown);
  });
  app.notFound(() => problem(new HubError("not_found", { what: "page", id: "here" })));
  app.use(async ({ req }, next) => {
    refuseForeignHost(req.raw, parts.hostNames);
    await next();
  });

  app.get("/healthz", (context) => context.json({ alive: true }));
  app.get("/readyz", async (context) => {
    const { ready } = await health();
    return context.json({ ready }, ready ? 200 : 503);
  });

  app.post("/mcp", bodyLimit({ maxSize: BODY_BYTES, onError: tooLong(BODY_BYTES) }), async ({ req }) => {
    const session = tokens.sessionOf(req.raw);
    if (session === undefined) throw new HubError("not_signed_in");
    // Loaded on first use: a hub whose agents raise no cards does not carry the library.
    mcp ??= import("./mcp.ts").then(({ createMcp }) => createMcp({ hub, journal, clock }));
    return (await mcp)(req.raw, session);
  });

  app.all(
    "/connectors/:account/*",
    bodyLimit({ maxSize: CONNECTOR_BODY_BYTES, onError: tooLong(CONNECTOR_BODY_BYTES) }),
    async ({ req }) => {
      const account = req.param("account") ?? "";
      const door = connectors.get(account)?.http?.bind(connectors.get(account));
      if (!door) throw new HubError("not_found", { what: "connector", id: account });
      const path = new URL(req.url).pathname.slice(`/connectors/${encodeURIComponent(account)}`.length);
      return door(req.raw, path, tokens.callerOf(req.raw));
    },
  );

  app.use("/v1/*", bodyLimit({ maxSize: BODY_BYTES, onError: tooLong(BODY_BYTES) }), async ({ req }, next) => {
    if (tokens.callerOf(req.raw).type === "nobody") throw new HubError("not_signed_in");
    await next();
  });
  app.get("/v1/health", async (context) => context.json(await health()));
  for (const routes of [approvalRoutes, deployRoutes, messageRoutes, peopleRoutes, recordRoutes]) routes(app, parts);
  return app;
}

/** Against DNS rebinding: a page of a foreign name that resolves to this machine still sends its own name as Host. */
function refuseForeignHost(request: Request, hostNames: readonly string[]): void {
  const host = (request.headers.get("host") ?? "").replace(/:\d+$/, "").toLowerCase();
  const known = ["localhost", "127.0.0.1", "[::1]", ...hostNames.map((name) => name.toLowerCase())];
  if (!known.includes(host)) throw new HubError("not_allowed", { reason: "this address is not one of the hub's own" });
  const origin = request.headers.get("origin");
  if (origin !== null && !known.includes(URL.parse(origin)?.hostname ?? ""))
    throw new HubError("not_allowed", { reason: "requests of other sites are refused" });
}

function tooLong(max: number): () => Response {
  return () => problem(new HubError("message_too_long", { bytes: `more than ${max}`, max }));
}
