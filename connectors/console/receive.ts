/**
 * The HTTP face under `/connectors/<account>/`: what people send in, and what their faces read. A message is answered with 202 only after
 * the hub has taken it. The web page is in page/, and is loaded when somebody first opens it.
 */
import type { Caller } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { type Call, parse, problem, readJson, refusal, type Route, wantsPage } from "./call.ts";
import { actionRequest, feedQuery, messageRequest, pageQuery, senderOf, threadRequest } from "./decode.ts";
import { encodeFrame, encodeThread } from "./encode.ts";
import { EVENT_STREAM, type Said, streamFrames } from "./feed.ts";
import { eventIdOf, threadId } from "./ids.ts";
import type { Page } from "./page/routes.ts";
import { type Inward, type Outcome, takeAction, takeMessage } from "./take.ts";

const ROUTES: Readonly<Record<string, Route>> = {
  "POST /messages": async (inward, { request, sender }) =>
    answerOf(await takeMessage(inward, parse(messageRequest, await readJson(request)), sender)),
  "POST /actions": async (inward, { request, sender }) =>
    answerOf(await takeAction(inward, parse(actionRequest, await readJson(request)), sender)),
  "GET /feed": showFeed,
  "GET /threads": listThreads,
  "POST /threads": createThread,
  "GET /threads/:id": showThread,
};

export type Receive = (request: Request, path: string, caller: Caller) => Promise<Response>;

/** What it makes never rejects: what goes wrong is answered as problem+json, or as a page to who asked for one. */
export function createReceive(inward: Inward): Receive {
  let loading: Promise<Page> | undefined;
  const loadPage = (): Promise<Page> => (loading ??= import("./page/routes.ts").then(({ createPage }) => createPage()));
  return (request, path, caller) => receive(inward, loadPage, { request, path, caller });
}

interface Asked {
  readonly request: Request;
  readonly path: string;
  readonly caller: Caller;
}

async function receive(inward: Inward, loadPage: () => Promise<Page>, { request, path, caller }: Asked): Promise<Response> {
  const sender = senderOf(caller);
  const home = homeOf(request, path);
  try {
    if (sender === undefined) throw new HubError("not_signed_in");
    const [, first = "", id, file, more] = path.split("/").map(decodePart);
    const call: Call = { request, home, query: Object.fromEntries(new URL(request.url).searchParams), sender, id, file };
    const name = `${request.method} /${first}${id === undefined ? "" : "/:id"}${file === undefined ? "" : "/:file"}`;
    const route = more === undefined ? (ROUTES[name] ?? (await loadPage()).routes[name]) : undefined;
    if (route === undefined) throw new HubError("not_found", { what: request.method, id: path });
    return await route(inward, call);
  } catch (thrown) {
    const error = thrown instanceof HubError ? thrown : new HubError("internal", { trace: "unknown" });
    // It may quote what was sent.
    error.message = inward.hideSecrets(error.message);
    if (sender === undefined && request.method === "GET" && wantsPage(request))
      return new Response(null, { status: 303, headers: { location: "/sign-in" } });
    if (sender === undefined || !wantsPage(request)) return problem(error);
    return (await loadPage()).showProblem(error, home);
  }
}

/** The path up to and with the account: what the hub's door took away before it handed the rest on. */
function homeOf(request: Request, path: string): string {
  const { pathname } = new URL(request.url);
  return pathname.endsWith(path) ? pathname.slice(0, pathname.length - path.length) : "";
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HubError("bad_request", { problems: "the path is not readable" });
  }
}

function answerOf(outcome: Outcome): Response {
  return "refused" in outcome ? refusal(outcome.refused) : Response.json(outcome, { status: 202 });
}

/** `Last-Event-ID` is what a browser sends when it comes back by itself, and is the later of the two. */
async function showFeed({ audience }: Inward, { request, query, sender }: Call): Promise<Response> {
  const { after, thread } = parse(feedQuery, {
    ...query,
    ...(request.headers.has("last-event-id") ? { after: request.headers.get("last-event-id") } : {}),
  });
  const following = await audience.follow({ viewer: sender.id, after, threadId: thread });
  return new Response(streamFrames(following, encodeFrame({ type: "ready", n: following.from }), framesOf), { headers: EVENT_STREAM });
}

function framesOf(said: Said): string {
  if (said.type === "entries") return said.entries.map(encodeFrame).join("");
  if (said.type === "silence") return ": still here\n\n";
  return said.glimpses.flatMap((seen) => (seen.type === "read" ? [] : [encodeFrame(seen)])).join("");
}

async function listThreads({ log }: Inward): Promise<Response> {
  return Response.json({ threads: await log.threads() });
}

async function createThread({ log, now, hideSecrets }: Inward, { request, sender }: Call): Promise<Response> {
  const { title, clientId } = parse(threadRequest, await readJson(request));
  const { threadId } = await log.append(encodeThread(hideSecrets(title), clientId && eventIdOf(sender.id, clientId), now()));
  return Response.json({ thread: await log.thread(threadId) }, { status: 201 });
}

async function showThread({ log }: Inward, { query, sender, id }: Call): Promise<Response> {
  const wanted = parse(threadId, id);
  const options = parse(pageQuery, query);
  const thread = await log.thread(wanted);
  if (thread === undefined) throw new HubError("not_found", { what: "thread", id: wanted });
  const messages = await log.page(thread, { viewer: sender.id, ...options });
  const before = messages.length === options.limit ? messages[0]?.n : undefined;
  return Response.json({ thread, messages, before });
}
