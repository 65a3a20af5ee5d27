/** Every place, app by environment, in a row: what is there now, how the last deploys went, and what waits for somebody. Pure. */
import { html } from "hono/html";
import { type AppSetup, SETUP_WORDS } from "../../contract/message.ts";
import { counted } from "../../contract/counted.ts";
import { liveWord } from "../../deploys/card.ts";
import { isUnfinished } from "../../deploys/state.ts";
import { document, type Frame } from "./document.ts";
import {
  aloud,
  type Html,
  isSilent,
  linkTo,
  NOTHING,
  plain,
  silenceOf,
  stateClass,
  stateOf,
  stateWords,
  timeOf,
  wayName,
  whatOf,
  whenOf,
} from "./marks.ts";
import { currentOf, hasFailed, type Seen } from "./seen.ts";
import { needsSomebody } from "./setups.ts";

export interface Overview {
  /** What places are narrowed by; may be empty. */
  readonly words: string;
  /** Those that are shown. */
  readonly places: readonly PlaceSeen[];
  /** How many places fit, shown or not, and how many there are at all. */
  readonly fit: number;
  readonly all: number;
}

export interface PlaceSeen {
  /** Its latest, newest first, at least one. */
  readonly deploys: readonly Seen[];
  /** What is live there, among them or not. */
  readonly live: Seen | undefined;
}

/** So many are found by looking. */
const FEW_PLACES = 6;

export function overviewPage({ words, places, fit, all }: Overview, frame: Frame): Html {
  const head = html`<h1>Deploys</h1>
    ${all > FEW_PLACES ? searchForm(words) : NOTHING}`;
  const news = html`${all === 0 ? firstSteps(frame) : html`<p class="facts">${sums(places, fit)} ${words === "" ? NOTHING : html`<a href="/deploys">Show all</a>`}</p>`}
    <ol class="places">
      ${places.map(placeRow)}
    </ol>
    ${all > 0 && fit === 0 ? html`<p>No app and no environment has “${plain(words)}” in its name.</p>` : NOTHING}
    ${fit > places.length ? html`<p class="facts">${counted(fit - places.length, "more place")}: find them by name above.</p>` : NOTHING}`;
  return document(frame, { title: "Deploys", head, news });
}

function searchForm(words: string): Html {
  return html`<form class="search" role="search" action="/deploys">
    <label for="search">Find an app or environment</label>
    <input id="search" type="search" name="q" value="${plain(words)}" maxlength="200" autocomplete="off" />
    <button>Find</button>
  </form>`;
}

function sums(places: readonly PlaceSeen[], fit: number): string {
  const cards = places.flatMap(({ deploys, live }) => currentOf(deploys, live)?.card ?? []);
  const failed = cards.filter(({ state }) => state === "failed").length;
  const silent = cards.filter(isSilent).length;
  const onTheirWay = cards.filter(({ state }) => isUnfinished(state)).length;
  return [
    counted(fit, "place"),
    failed > 0 && `${failed} failed`,
    silent > 0 && `${silent} not answering`,
    onTheirWay > 0 && `${onTheirWay} on the way`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function placeRow({ deploys, live }: PlaceSeen): Html {
  const current = currentOf(deploys, live);
  if (!current) return NOTHING;
  const { card, at } = current;
  const [app, environment] = [plain(card.app), plain(card.environment)];
  const { urls } = (live ?? current).card;
  const address = urls.live ?? urls.preview;
  return html`<li id="place-${current.id}" class="place ${stateClass(card)}" data-said="${app}, ${environment}: ${stateWords(card)}">
    <div class="title">
      <h2>
        <a href="${placePath(card)}">${app} <small>${environment}</small></a>
      </h2>
      <p>${stateOf(card)} ${whenOf(at, card)}</p>
    </div>
    <div class="beside">
      <p class="facts">${plain(whatOf(current))}</p>
      ${strip(deploys)}
    </div>
    ${live === undefined ? NOTHING : liveLine(current, live)} ${silenceOf(card)}
    ${(card.setups ?? []).filter(needsSomebody).map((setup) => setupLine(setup, placePath(card)))}
    ${address === undefined ? NOTHING : html`<p class="where">${linkTo(address)}</p>`}
  </li>`;
}

/** What is live where another one is the latest, or again because that was rolled back. */
export function liveLine(current: Seen, live: Seen): Html {
  const { again } = current;
  if (live.id === current.id)
    return again === undefined ? NOTHING : html`<p>Live again, in place of ${plain(wayName(again))} of ${timeOf(again.at)}.</p>`;
  const { itself, card } = live;
  return html`<p>${liveWord(card) === "live now" ? "Live now" : "Reported live"}: ${plain(wayName(itself))} of ${timeOf(itself.at)}</p>`;
}

function setupLine({ name, kind, state }: AppSetup, path: string): Html {
  const what = kind === "domain" ? name : `${name} (${kind})`;
  return html`<p><a class="caution" href="${path}#setups">${plain(what)}: ${SETUP_WORDS[state]}</a></p>`;
}

/** The latest ones at a glance, oldest first. */
function strip(deploys: readonly Seen[]): Html {
  if (deploys.length < 2) return NOTHING;
  const failed = deploys.filter(hasFailed).length;
  const words = `Of the last ${deploys.length}, ${failed === 0 ? "none" : failed} failed`;
  const marks = deploys.toReversed().map((one) => html`<i class="${hasFailed(one) ? "failed" : stateClass(one.card)}"></i>`);
  return html`<p class="strip" title="${words}">${aloud(`${words}.`)}<span aria-hidden="true">${marks}</span></p>`;
}

/** `before`: of its history, only what is older than this number. */
export function placePath({ app, environment }: { readonly app: string; readonly environment: string }, before?: number): string {
  return `/deploys?${new URLSearchParams({ app, environment, ...(before === undefined ? {} : { before: String(before) }) })}`;
}

function firstSteps({ home }: Frame): Html {
  const conversation = home === undefined ? "a conversation" : html`<a href="${home}">a conversation</a>`;
  return html`<p>No deploys yet. One appears here as soon as somebody reports it:</p>
    <dl class="first-steps">
      <dt>Ask the agent</dt>
      <dd>In ${conversation}; the rehearsal that answers at first understands <code>deploy shop</code>.</dd>
      <dt>Run a command as a deploy</dt>
      <dd><code>mos-hub deploy wrap --app shop -- npm run ship</code></dd>
      <dt>Say that something is live</dt>
      <dd><code>mos-hub deploy announce --app shop --state live --url https://shop.example.com</code></dd>
      <dt>Let a service report</dt>
      <dd>Name a webhook under <code>deploys.webhooks</code> in <code>hub.yaml</code>, or call <code>POST /v1/deploys</code>.</dd>
    </dl>`;
}
