/**
 * The pages of deploys, for who may read: every place with what is there now, and the history of one place. They change nothing, work without
 * script, and with it bring themselves up to date.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Hono } from "hono";
import { z } from "zod";
import { PALETTE } from "../../contract/palette.ts";
import type { Row, Scope } from "../../contract/tables.ts";
import { liveIn } from "../../deploys/line.ts";
import { slotOf } from "../../deploys/state.ts";
import { streamOf, untilRevoked } from "../event-streams.ts";
import type { ApiParts } from "../parts.ts";
import { parse } from "../problem.ts";
import { EVENT_STREAM } from "../route.ts";
import { watch } from "../wait.ts";
import type { Frame } from "./document.ts";
import { type Overview, overviewPage } from "./overview.ts";
import { placePage, type PlaceView } from "./place.ts";
import { seen, type Seen } from "./seen.ts";

/** Places looked at, the last to have begun a deploy first. */
const MOST_PLACES = 1000;
const SHOWN_PLACES = 60;
/** Of each place: in its row, and on a page of its history. */
const LATEST = 10;
const PAGE = 20;
/** Silence is told from a dead connection by a comment this often. */
const HEARTBEAT_MS = 15_000;

const asked = z.object({
  app: z.string().min(1).max(100).optional(),
  environment: z.string().min(1).max(60).default("production"),
  before: z.coerce.number().int().positive().optional(),
  q: z.string().trim().max(200).default(""),
});

type Guard = (request: Request, scope: Scope) => Promise<unknown>;

export function deploysPages(app: Hono, parts: ApiParts, guard: Guard): void {
  const { callers, home, journal } = parts;
  const frame: Frame = { home: home === undefined ? undefined : pathOf(home, "/"), version: serveFiles(app) };

  app.get("/deploys", async ({ req, redirect }) => {
    if (!(await callers.callerOf(req.raw))) return redirect("/sign-in", 303);
    await guard(req.raw, "read");
    const query = parse(req.query(), asked);
    const page =
      query.app === undefined
        ? overviewPage(await overviewOf(parts, query.q), frame)
        : placePage(await placeOf(parts, { ...query, app: query.app }), frame);
    return new Response(String(await page), { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
  });

  app.get("/deploys/changes", async ({ req }) => {
    await guard(req.raw, "read");
    const stream = new Response(streamOf(changes(parts), "the deploys"), { headers: EVENT_STREAM });
    const isValid = async (): Promise<boolean> => (await callers.callerOf(req.raw))?.scopes.includes("read") === true;
    return untilRevoked(stream, { journal, isValid });
  });
}

/** Their version. */
function serveFiles(app: Hono): string {
  const hash = createHash("sha256");
  for (const [name, type, before] of [
    ["deploys.css", "text/css", PALETTE],
    ["deploys.js", "text/javascript", ""],
  ] as const) {
    const text = before + readFileSync(new URL(name, import.meta.url), "utf8");
    hash.update(text);
    const headers = { "content-type": `${type}; charset=utf-8`, "cache-control": "max-age=86400" };
    app.get(`/${name}`, ({ body }) => body(text, 200, headers));
  }
  return hash.digest("base64url").slice(0, 12);
}

/** That there is something new, and once at the beginning that there may be; what it is, the page says. */
async function* changes({ journal, clock }: ApiParts): AsyncGenerator<string> {
  const deploys = watch({ journal, clock }, ["deploys"]);
  try {
    yield "data: deploys\n\n";
    for (;;) yield (await deploys.next(HEARTBEAT_MS)) ? "data: deploys\n\n" : ": still here\n\n";
  } finally {
    deploys.end();
  }
}

async function overviewOf(parts: ApiParts, words: string): Promise<Overview> {
  const { store } = parts.journal;
  const all = await store.find("deploys", { firstPer: "slot", newestFirst: true, limit: MOST_PLACES });
  const wanted = words.toLowerCase();
  const fit = all.filter(({ report }) => `${report.app} ${report.environment}`.toLowerCase().includes(wanted));
  const places = fit.slice(0, SHOWN_PLACES).map(async ({ slot }) => {
    const rows = await store.find("deploys", { where: { slot }, newestFirst: true, limit: LATEST });
    return { deploys: rows.map((row) => seenBy(parts, row)), live: await liveSeen(parts, slot, rows) };
  });
  return { words, places: await Promise.all(places), fit: fit.length, all: all.length };
}

async function liveSeen(parts: ApiParts, slot: string, newest?: readonly Row<"deploys">[]): Promise<Seen | undefined> {
  const live = await liveIn(slot, parts.journal.store, newest);
  return live && seenBy(parts, live);
}

interface Place {
  readonly app: string;
  readonly environment: string;
  readonly before?: number | undefined;
}

async function placeOf(parts: ApiParts, { app, environment, before }: Place): Promise<PlaceView> {
  const slot = slotOf(app, environment);
  const where = { slot };
  const older = before === undefined ? {} : { afterSeq: before };
  const rows = await parts.journal.store.find("deploys", { where, newestFirst: true, limit: PAGE + 1, ...older });
  const shown = rows.slice(0, PAGE);
  const deploys = shown.map((row) => seenBy(parts, row));
  const live = await liveSeen(parts, slot);
  return { app, environment, deploys, live, isFirst: before === undefined, before: rows.length > PAGE ? shown.at(-1)?.seq : undefined };
}

function seenBy({ settings, connectors }: ApiParts, row: Row<"deploys">): Seen {
  const conversationOf = ({ origin }: Row<"deploys">): string | undefined => {
    if (!origin) return undefined;
    const path = connectors.get(origin.account)?.pageOf?.({ chatId: origin.chat, threadId: origin.thread });
    return path && pathOf(origin.account, path);
  };
  return seen(row, { redact: settings.redact, conversationOf });
}

function pathOf(account: string, path: string): string {
  return `/connectors/${encodeURIComponent(account)}${path}`;
}
