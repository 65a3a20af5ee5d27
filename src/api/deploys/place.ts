/** One place, app and environment: what is live, what is set up for it, and its history in pages. Pure. */
import { html } from "hono/html";
import { tookWords } from "../../contract/counted.ts";
import { document, type Frame } from "./document.ts";
import { history } from "./entry.ts";
import { type Html, linkTo, NOTHING, plain, silenceOf, stateClass, stateOf, timeOf, whatOf } from "./marks.ts";
import { liveLine, placePath } from "./overview.ts";
import { currentOf, hasFailed, type Seen } from "./seen.ts";
import { setupsSection } from "./setups.ts";

export interface PlaceView {
  readonly app: string;
  readonly environment: string;
  /** Newest first. */
  readonly deploys: readonly Seen[];
  /** What is live there, among them or not. */
  readonly live: Seen | undefined;
  readonly isFirst: boolean;
  /** What the next page comes before; undefined when this is the last. */
  readonly before: number | undefined;
}

export function placePage(view: PlaceView, frame: Frame): Html {
  const { app, environment, deploys, live, isFirst, before } = view;
  const current = isFirst ? currentOf(deploys, live) : undefined;
  const head = html`<p><a href="/deploys">‹ All places</a></p>
    <h1>${plain(app)} <small>${plain(environment)}</small></h1>`;
  const news = html`${current ? now(current, live) : NOTHING} ${setupsSection(current?.card.setups ?? [])}
    <section aria-labelledby="history">
      <h2 id="history">${isFirst ? "History" : "Earlier deploys"}</h2>
      ${deploys.length === 0 ? html`<p>No ${isFirst ? "" : "earlier "}deploy is known here.</p>` : html`<p class="facts">${sums(deploys)}</p>`}
      ${history(deploys)}
      <nav class="more" aria-label="History">
        ${isFirst ? NOTHING : html`<a href="${placePath(view)}">‹ Latest deploys</a>`}
        ${before === undefined ? NOTHING : html`<a href="${placePath(view, before)}">Earlier deploys ›</a>`}
      </nav>
    </section>`;
  return document(frame, { title: `${plain(app)}, ${plain(environment)} · Deploys`, head, news });
}

/** How it stands: what is live, and what is on its way or went wrong since. */
function now(current: Seen, live: Seen | undefined): Html {
  const { urls } = (live ?? current).card;
  const address = urls.live ?? urls.preview;
  const what = whatOf(current);
  return html`<section class="panel ${stateClass(current.card)}" aria-label="Now">
    <p>${stateOf(current.card)} <span class="facts">${timeOf(current.at)}</span></p>
    ${what === "" ? NOTHING : html`<p class="facts">${plain(what)}</p>`} ${live === undefined ? NOTHING : liveLine(current, live)}
    ${silenceOf(current.card)} ${address === undefined ? NOTHING : html`<p class="where">${linkTo(address)}</p>`}
  </section>`;
}

function sums(deploys: readonly Seen[]): string {
  if (deploys.length < 2) return "";
  const failed = deploys.filter(hasFailed).length;
  const tookMs = deploys.flatMap(({ times, card }) => (times.live === undefined ? [] : (card.elapsedMs ?? []))).toSorted((a, b) => a - b);
  const median = tookMs[Math.floor(tookMs.length / 2)];
  const usually = median === undefined ? "" : ` It usually takes ${tookWords(median)} until live.`;
  return `Of these ${deploys.length}, ${failed === 0 ? "none" : failed} failed.${usually}`;
}
