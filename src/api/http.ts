/**
 * The hub's port: health for probes, the API, MCP for agents, sign-in, and the doors of connectors that are called by their platform.
 * Every answer that is no success is a problem document. Refuses what a browser was tricked into sending.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { HubError } from "../contract/errors.ts";
import type { Scope } from "../contract/tables.ts";
import { readRest, withLimitedBody } from "./body-limit.ts";
import type { KnownCaller } from "./callers.ts";
import { canvasPages } from "./canvas/pages.ts";
import { untilRevoked } from "./event-streams.ts";
import { redactTyped } from "../redaction/agent-words.ts";
import { redactJson } from "../redaction/deep.ts";
import { deploysPages } from "./deploys/pages.ts";
import { createLimiter } from "./limiter.ts";
import { channelStream } from "./mcp/channel.ts";
import type { McpCaller } from "./mcp/server.ts";
import { refuseCrossSite, refuseForeign } from "./origins.ts";
import type { ApiParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { EVENT_STREAM, mount, type Route } from "./route.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { canvasRoutes } from "./routes/canvases.ts";
import { auditRoutes } from "./routes/audit.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { deployRoutes } from "./routes/deploys.ts";
import { grantRoutes } from "./routes/grants.ts";
import { inboxRoutes } from "./routes/inbox.ts";
import { messageRoutes } from "./routes/messages.ts";
import { orchestratorRoutes } from "./routes/orchestrators.ts";
import { outboxRoutes } from "./routes/outbox.ts";
import { pairingRoutes } from "./routes/pairings.ts";
import { peopleRoutes } from "./routes/people.ts";
import { recordRoutes } from "./routes/records.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { standingRoutes } from "./routes/standing.ts";
import { signInPages } from "./sign-in.ts";
import { webhookDoors } from "./webhooks.ts";

/** The largest body taken by the hub's own calls, bytes. */
const BODY_BYTES = 1024 * 1024;
/** What a form may hold beside its files, and the least a connector's platform may send. */
const FORM_BYTES = 16 * 1024 * 1024;

/** Nothing from elsewhere, nothing inline: what a page shows may come from anybody. */
const CONTENT_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:", "blob:"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

export function createApi(parts: ApiParts): Hono {
  const { log, health, hostNames } = parts;
  const { redact } = parts.settings;
  const app = new Hono();
  const identify = createIdentify(parts);
  const guard = createGuard(identify);

  app.onError((thrown) => {
    if (!(thrown instanceof HubError) || thrown.code === "internal") log.error({ err: thrown }, "a request failed");
    return problem(thrown, redact);
  });
  app.notFound(() => problem(new HubError("not_found", { what: "page", id: "here" })));
  app.use(secureHeaders({ contentSecurityPolicy: CONTENT_POLICY, referrerPolicy: "same-origin", xFrameOptions: "DENY", overwrite: false }));
  app.use(async ({ req }, next) => {
    await next();
    void readRest(req.raw);
  });
  app.use(async ({ req }, next) => {
    refuseForeign(req.raw, hostNames);
    await next();
  });

  app.get("/healthz", (context) => context.json({ alive: true }));
  app.get("/readyz", async (context) => {
    const { ready, phase, reasons } = await health();
    return context.json({ ready, started: phase !== "starting", reasons }, ready ? 200 : 503);
  });
  app.get("/", ({ redirect }) => redirect(parts.home === undefined ? "/openapi.json" : `/connectors/${encodeURIComponent(parts.home)}/`));

  const routes = [
    approvalRoutes,
    auditRoutes,
    grantRoutes,
    credentialRoutes,
    deployRoutes,
    canvasRoutes,
    inboxRoutes,
    messageRoutes,
    orchestratorRoutes,
    outboxRoutes,
    pairingRoutes,
    peopleRoutes,
    recordRoutes,
    sessionRoutes,
    standingRoutes,
  ].flatMap((make) => make(parts));
  const limit = bodyLimit({ maxSize: BODY_BYTES, onError: tooLong(BODY_BYTES) });
  mount(app, routes, { guard, limit, mask: (answer) => redactJson(answer, (text) => redactTyped(text, redact)) });
  describe(app, parts, { routes, guard });
  signInPages(app, parts);
  canvasPages(app, parts, guard);
  agentDoor(app, parts, identify);
  connectorDoors(app, parts, guard);
  webhookDoors(app, parts);
  deploysPages(app, parts, guard);
  return app;
}

type Identify = (request: Request) => Promise<KnownCaller>;
type Guard = (request: Request, scope: Scope) => Promise<KnownCaller>;

/** Throws `not_signed_in` or `too_many_requests`. */
function createIdentify({ callers, clock, publicUrl, requestsPerSecond }: ApiParts): Identify {
  const limiter = createLimiter(clock, requestsPerSecond);
  return async (request) => {
    const caller = await callers.callerOf(request);
    if (!caller) throw new HubError("not_signed_in");
    if (caller.ambient) refuseCrossSite(request, publicUrl);
    const seconds = limiter.take(caller.id);
    if (seconds > 0) throw new HubError("too_many_requests", { seconds });
    return caller;
  };
}

/** Throws what `identify` throws, and `not_allowed`. */
function createGuard(identify: Identify): Guard {
  return async (request, scope) => {
    const caller = await identify(request);
    if (!caller.scopes.includes(scope)) {
      const reason = caller.ambient ? "your roles here do not go so far" : `this token lacks the scope ${scope}`;
      throw new HubError("not_allowed", { reason });
    }
    return caller;
  };
}

/** Both are rarely asked for, and the libraries behind them stay unloaded until then. */
function describe(app: Hono, parts: ApiParts, { routes, guard }: { routes: readonly Route[]; guard: Guard }): void {
  app.get("/openapi.json", async (context) => context.json((await import("./openapi.ts")).openApi(routes)));
  app.get("/.well-known/jwks.json", async (context) =>
    context.json(await parts.grants.keys(), 200, { "cache-control": "public, max-age=300" }),
  );
  let metrics: Promise<() => Promise<string>> | undefined;
  app.get("/metrics", async ({ req, text }) => {
    await guard(req.raw, "read");
    metrics ??= import("./metrics.ts").then(({ createMetrics }) => createMetrics(parts));
    return text(await (await metrics)(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
}

/**
 * MCP, for agents: a session's own by the token it was handed, others by a token of theirs. A browser's cookie opens nothing here.
 * By GET, which is for what is said to a client unasked, only the channel is there, where the configuration has it.
 */
function agentDoor(app: Hono, parts: ApiParts, identify: Identify): void {
  let mcp: Promise<(request: Request, from: McpCaller) => Promise<Response>> | undefined;
  const callerOf = async (request: Request): Promise<McpCaller> => {
    const session = await parts.callers.sessionOf(request);
    if (session !== undefined) return { type: "session", session };
    const caller = await identify(request);
    if (caller.ambient) throw new HubError("not_signed_in");
    return { type: "outside", caller, hears: parts.channel && caller.scopes.includes("chat") };
  };
  app.post("/mcp", bodyLimit({ maxSize: BODY_BYTES, onError: tooLong(BODY_BYTES) }), async ({ req }) => {
    const from = await callerOf(req.raw);
    // Loaded on first use: a hub whose agents raise no cards does not carry the library.
    mcp ??= import("./mcp/server.ts").then(({ createMcp }) => createMcp(parts));
    return (await mcp)(req.raw, from);
  });
  app.get("/mcp", async ({ req }) => {
    const from = await callerOf(req.raw);
    if (from.type === "session" || !from.hears) return new Response(null, { status: 405, headers: { allow: "POST" } });
    const stream = new Response(channelStream(from.caller, parts), { headers: EVENT_STREAM });
    const isValid = async (): Promise<boolean> => (await parts.callers.callerOf(req.raw))?.scopes.includes("chat") === true;
    return untilRevoked(stream, { journal: parts.journal, isValid });
  });
}

/** Platforms come without any token of ours; their connector checks them itself, and limits what it takes below this door's limit. */
function connectorDoors(app: Hono, { connectors, callers, journal, fileBytes }: ApiParts, guard: Guard): void {
  // Several files in one form, and one that is too large by as much again, are refused by the connector in its own words.
  const most = 2 * fileBytes + FORM_BYTES;
  app.all("/connectors/:account/*", async ({ req }) => {
    const request = withLimitedBody(req.raw, most);
    const account = req.param("account") ?? "";
    const connector = connectors.get(account);
    if (!connector?.http) throw new HubError("not_found", { what: "connector", id: account });
    const path = new URL(req.url).pathname.slice(`/connectors/${encodeURIComponent(account)}`.length);
    if (!(await callers.callerOf(req.raw))) return connector.http(request, path, { type: "nobody" });
    const isReading = req.method === "GET" || req.method === "HEAD";
    const { caller } = await guard(req.raw, isReading ? "read" : "chat");
    return untilRevoked(await connector.http(request, path, caller), { journal, isValid: async () => !!(await callers.callerOf(req.raw)) });
  });
}

function tooLong(max: number): () => Response {
  return () => problem(new HubError("message_too_long", { bytes: `more than ${max}`, max }));
}
