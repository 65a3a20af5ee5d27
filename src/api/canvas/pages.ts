/**
 * Canvases in a browser. The page itself is the same for everybody and says nothing; what opens a canvas stands in the fragment of its link
 * and is exchanged for a cookie by POST, so that no log and no preview of a link ever has it, and no GET changes anything.
 * An agent's own HTML runs in a sandboxed frame: another origin, no network, no forms, no way out.
 */
import { readFileSync } from "node:fs";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { z } from "zod";
import { closedBecause, openCanvas, maySubmit, type Viewing, viewingOf } from "../../canvases/views.ts";
import { revisionId } from "../../canvases/record.ts";
import { HubError } from "../../contract/errors.ts";
import { createLimiter } from "../limiter.ts";
import { refuseCrossSite } from "../origins.ts";
import type { ApiParts } from "../parts.ts";
import { parse, statusOf } from "../problem.ts";
import { createBelow, type Guard } from "./below.ts";
import type { Drawing } from "./draw.ts";
import { canvasEvents } from "./events.ts";
import { createFrame } from "./frame.ts";

const BODY_BYTES = 200_000;
/** Of tries to open one canvas; a secret of 256 bits is not guessed, this only keeps the noise down, and nobody's noise another canvas shut. */
const OPENINGS_PER_SECOND = 20;

const openingBody = z.object({ link: z.string().max(200).default("") });
const submission = z.object({
  id: z.uuid(),
  /** What was filled in is of this revision; another one has other fields. */
  revision: z.number().int().positive(),
  button: z.string().max(60),
  values: z.record(z.string().max(64), z.string().max(4000)),
});

/** The page may frame its own pages and nothing else, so that what is in a frame cannot lead it elsewhere. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  frameSrc: ["'self'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

export function canvasPages(app: Hono, parts: ApiParts, guard: Guard): void {
  const { journal, clock, publicUrl, hub } = parts;
  const { store } = journal;
  const below = createBelow(parts, guard);
  const frame = createFrame();
  emptyPage(app, parts);
  opening(app, parts);
  takeBack();

  /** Throws `canvas_unknown`, `canvas_ended` and `canvas_locked`. */
  async function viewing(context: Context): Promise<Viewing> {
    const id = idOf(context);
    const found = await viewingOf(store, { id, secret: cookieOf(context), kind: "browser" }, clock.now());
    if (!found) throw closedBecause(await store.get("canvases", id), clock.now()) ?? new HubError("canvas_locked");
    return found;
  }

  async function revisionOf({ canvas }: Viewing, asked: unknown) {
    const number = parse(asked ?? canvas.revision, z.coerce.number().int().positive());
    const shown = await store.get("revisions", revisionId(canvas.id, number));
    if (!shown) throw new HubError("not_found", { what: "version", id: String(number) });
    return shown;
  }

  app.get("/canvas/:id/view", async (context) => {
    const found = await viewing(context);
    const shown = await revisionOf(found, context.req.query("revision"));
    const sender = maySubmit(found) ? found.person?.name : undefined;
    return context.html(await draw({ canvas: found.canvas, shown, sender }), 200, { "cache-control": "no-store" });
  });

  app.get("/canvas/:id/page/:number", async (context) => {
    // As a page of its own it could lead a person elsewhere; only the frame of ours cannot.
    const target = context.req.header("sec-fetch-dest") ?? "iframe";
    if (target !== "iframe") throw new HubError("not_found", { what: "page", id: "here" });
    const { content } = await revisionOf(await viewing(context), context.req.param("number"));
    return context.html(frame.page(content.html ?? ""), 200, frame.headers);
  });

  app.get("/canvas/:id/events", async (context) => {
    const { canvas } = await viewing(context);
    const draw = below.drawer(context.req.raw);
    const isValid = async (): Promise<boolean> => (await viewing(context)) !== undefined;
    return canvasEvents({ journal, clock, id: canvas.id, isValid, drawApprovals: draw });
  });

  /** What people send: votes and forms. */
  function takeBack(): void {
    app.post("/canvas/:id/decide", bodyLimit({ maxSize: BODY_BYTES }), async (context) => {
      refuseCrossSite(context.req.raw, publicUrl);
      const { canvas } = await viewing(context);
      return context.json({ said: await below.decide(context.req.raw, canvas, await jsonOf(context)) });
    });

    app.post("/canvas/:id/submit", bodyLimit({ maxSize: BODY_BYTES }), async (context) => {
      refuseCrossSite(context.req.raw, publicUrl);
      const found = await viewing(context);
      if (!found.person || !maySubmit(found))
        throw new HubError("not_allowed", { reason: "only a link of one's own, or a signed-in browser, may send" });
      const sent = parse(await jsonOf(context), submission);
      await hub.submit({ ...sent, canvasId: found.canvas.id, person: found.person });
      return context.body(null, 204);
    });
  }
}

/** Trades that somebody is signed in, or a link, for a cookie of this canvas alone. */
function opening(app: Hono, { journal, clock, callers, publicUrl }: ApiParts): void {
  const limiter = createLimiter(clock, OPENINGS_PER_SECOND);
  app.post("/canvas/:id/open", bodyLimit({ maxSize: BODY_BYTES }), async (context) => {
    refuseCrossSite(context.req.raw, publicUrl);
    const seconds = limiter.take(idOf(context));
    if (seconds > 0) throw new HubError("too_many_requests", { seconds });
    const { link } = parse(await jsonOf(context), openingBody);
    const caller = await callers.callerOf(context.req.raw);
    const person = caller?.ambient ? await journal.store.get("people", caller.personId) : undefined;
    const signedIn = caller && person && { person, credentialId: caller.id };
    const given = await openCanvas({ journal, now: clock.now() }, idOf(context), { signedIn, link, cookie: cookieOf(context) });
    if (!given) return context.body(null, 204);
    const { secret, expiresAt } = given;
    const expires = expiresAt === null ? "" : `; Expires=${new Date(expiresAt).toUTCString()}`;
    const secure = publicUrl?.startsWith("https:") ? "; Secure" : "";
    const cookie = `${COOKIE}=${secret}; Path=/canvas/${idOf(context)}; HttpOnly; SameSite=Strict${expires}${secure}`;
    return context.body(null, 204, { "set-cookie": cookie });
  });
}

/** Loaded on first use: what reads Markdown takes memory that a hub without canvases need not keep. */
async function draw(drawing: Drawing): Promise<string> {
  return (await import("./draw.ts")).drawCanvas(drawing);
}

/** What everybody gets, with the script that asks for the rest. That there is nothing any more is told by the status, too. */
function emptyPage(app: Hono, { journal, clock }: ApiParts): void {
  const file = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
  const page = file("canvas.html");
  for (const name of ["canvas.js", "canvas-calls.js", "canvas-approvals.js", "canvas.css"]) {
    const [body, type] = [file(name), name.endsWith(".js") ? "text/javascript" : "text/css"];
    const headers = { "content-type": `${type}; charset=utf-8`, "cache-control": "max-age=300" };
    app.get(`/${name}`, (context) => context.body(body, 200, headers));
  }
  app.get("/canvas/:id", secureHeaders({ contentSecurityPolicy: PAGE_POLICY, referrerPolicy: "no-referrer" }), async (context) => {
    const closed = closedBecause(await journal.store.get("canvases", idOf(context)), clock.now());
    return new Response(page, {
      status: closed ? statusOf(closed.code) : 200,
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    });
  });
}

const COOKIE = "mos_canvas";

const idOf = (context: Context): string => context.req.param("id") ?? "";

function cookieOf(context: Context): string {
  const pairs = (context.req.header("cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([key]) => key === COOKIE)?.[1] ?? "";
}

async function jsonOf(context: Context): Promise<unknown> {
  return context.req.json<unknown>().catch(() => undefined);
}
