/**
 * The page of deploys: what is where, and how it came there, for a signed-in person. Works without script; brings itself up to date. Changes
 * nothing. Invariant: what makers wrote reaches the page only escaped, with what the eye cannot see made visible.
 */
import { readFileSync } from "node:fs";
import type { Hono } from "hono";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { neutralise } from "../approvals/invisible.ts";
import { minuteOf } from "../cards/words.ts";
import type { HandlerSettings } from "../contract/handler.ts";
import { DEPLOY_STATES, type DeployCard } from "../contract/message.ts";
import type { Row, Scope } from "../contract/tables.ts";
import { deployCard } from "../deploys/card.ts";
import { setupWords } from "../deploys/sayings.ts";
import { redactCard } from "../redaction/outbound.ts";
import type { ApiParts } from "./parts.ts";

/** The latest deploys of all places, and of one place. */
const LOOKED_AT = 300;
const SHOWN_EACH = 20;
const REFRESH_SECONDS = 15;

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
type Guard = (request: Request, scope: Scope) => Promise<unknown>;

export function deploysPage(app: Hono, { journal, callers, settings, home }: ApiParts, guard: Guard): void {
  const style = readFileSync(new URL("deploys-page.css", import.meta.url), "utf8");
  app.get("/deploys.css", ({ body }) => body(style, 200, { "content-type": "text/css", "cache-control": "max-age=3600" }));

  app.get("/deploys", async ({ req, redirect }) => {
    if (!(await callers.callerOf(req.raw))) return redirect("/sign-in", 303);
    await guard(req.raw, "read");
    const rows = await journal.store.find("deploys", { newestFirst: true, limit: LOOKED_AT });
    const places = Map.groupBy(rows, ({ slot }) => slot);
    const sections = [...places.values()].map((line) => sectionOf(line, settings));
    return pageOf(sections, home === undefined ? undefined : `/connectors/${encodeURIComponent(home)}/`);
  });
}

function sectionOf(line: readonly Row<"deploys">[], { redact, deploys }: Pick<HandlerSettings, "redact" | "deploys">): Html {
  const shown = line.slice(0, SHOWN_EACH).map((row) => ({ row, card: redactCard(deployCard(row.id, row, deploys.carriers), redact) }));
  const [latest] = shown;
  if (!latest) return html``;
  const current = shown.find(({ card }) => card.state === "live") ?? latest;
  const { app, environment, urls } = current.card;
  return html`<section>
    <h2>${neutralise(app)} <small>${neutralise(environment)}</small></h2>
    <p class="now">${stateOf(latest.card)} ${linkTo(urls.live ?? urls.preview)}</p>
    ${setupsOf(current.card)}
    <ol class="timeline">
      ${shown.map(({ row, card }) => entryOf(row, card))}
    </ol>
  </section>`;
}

function entryOf(row: Row<"deploys">, card: DeployCard): Html {
  const { revision, notes = [], failureTail, elapsedMs, trouble } = card;
  const name = [revision?.ref, revision?.sha?.slice(0, 10), revision?.subject, revision?.author].filter(Boolean).join(" · ");
  const took = elapsedMs === undefined ? "" : `after ${Math.round(elapsedMs / 1000)} s`;
  return html`<li class="${trouble === undefined ? card.state : "trouble"}">
    <p>${stateOf(card)} <span class="when">${minuteOf(row.createdAt)} ${took}</span></p>
    ${name === "" ? "" : html`<p class="revision">${neutralise(name)}</p>`} ${courseOf(row)}
    ${[...(trouble === undefined ? [] : [`Its address does not answer: ${trouble}`]), ...notes].map(
      (note) => html`<p class="note">${neutralise(note.replaceAll("`", ""))}</p>`,
    )}
    ${linkTo(card.urls.logs, "log")} ${failureTail ? html`<pre tabindex="0">${neutralise(failureTail)}</pre>` : ""}
  </li>`;
}

/** Each state with how long it lasted until the next. */
function courseOf({ times }: Row<"deploys">): Html {
  const steps = DEPLOY_STATES.flatMap((state) => (times[state] === undefined ? [] : [{ state, at: times[state] }])).sort(
    (one, other) => one.at - other.at,
  );
  const words = steps.map(({ state, at }, index) => {
    const next = steps[index + 1];
    return `${state.replaceAll("_", " ")}${next ? ` ${Math.round((next.at - at) / 1000)} s` : ""}`;
  });
  return html`<p class="course">${words.join(" → ")}</p>`;
}

function setupsOf({ setups = [] }: DeployCard): Html {
  return html`${setups.map((setup) => html`<pre class="setup" tabindex="0">${neutralise(setupWords(setup).replace(/\*\*|```/g, ""))}</pre>`)}`;
}

function stateOf({ state, trouble }: DeployCard): Html {
  return html`<span class="state">${trouble === undefined ? state.replaceAll("_", " ") : "reported live"}</span>`;
}

function linkTo(url: string | undefined, label = url): Html {
  return url === undefined ? html`` : html`<a href="${url}" rel="noopener noreferrer" target="_blank">${neutralise(label ?? "")}</a>`;
}

async function pageOf(sections: readonly Html[], home: string | undefined): Promise<Response> {
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="refresh" content="${REFRESH_SECONDS}" />
        <title>Deploys · mos-hub</title>
        <link rel="stylesheet" href="/deploys.css" />
      </head>
      <body>
        <header>${home === undefined ? "" : html`<a href="${home}">‹ Conversations</a>`}</header>
        <main>
          <h1>Deploys</h1>
          ${sections.length === 0 ? html`<p>No deploys yet.</p>` : sections}
        </main>
      </body>
    </html>`;
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(text.toString(), { headers });
}
