/** Cards that tell how something goes: deploys, canvases, progress, notices. Pure. */
import { html } from "hono/html";
import {
  type CanvasCard,
  type DeployCard,
  type DeployWish,
  type NoticeCard,
  type ProgressCard,
  type ProgressStep,
  DEPLOY_GLYPHS,
  SETUP_WORDS,
} from "../../../src/contract/message.ts";
import { counted, tookWords } from "../../../src/contract/counted.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { hidden, type Standing } from "./decide-cards.ts";
import { aloud, codeBlock, renderMarkdown, type Html, linkTo, NOTHING, timeOf } from "./markup.ts";

export function deployCard(card: DeployCard, standing: Standing): Html {
  const { app, environment, revision, elapsedMs, trouble, notes = [] } = card;
  const state = trouble === undefined ? card.state : "reported live";
  const after = elapsedMs === undefined ? "" : ` after ${tookWords(elapsedMs)}`;
  const commit = [revision?.ref, revision?.sha?.slice(0, 8), revision?.subject, revision?.author].filter(Boolean).join(" · ");
  return html`<article class="card deploy ${trouble === undefined ? card.state : "trouble"}" aria-label="Deploy of ${plain(app)}">
    <header>
      <span class="kind">Deploy</span
      ><span class="state"
        ><span aria-hidden="true">${trouble === undefined ? DEPLOY_GLYPHS[card.state] : "!"}</span>
        ${state.replaceAll("_", " ")}${after}</span
      >
    </header>
    <h3>${plain(app)} <span class="where">${plain(environment)}</span></h3>
    ${commit === "" ? NOTHING : html`<p class="facts">${plain(commit)}</p>`} ${deployLinks(card)} ${setupsOf(card)}
    ${trouble === undefined ? NOTHING : html`<p class="caution">Its address does not answer: ${plain(trouble)}</p>`}
    ${notes.map((note) => html`<div class="facts">${renderMarkdown(note)}</div>`)}
    ${card.failureTail ? codeBlock(card.failureTail, "The last lines of the failure") : NOTHING} ${wishForm(card, standing)}
  </article>`;
}

const WISH_WORDS: Readonly<Record<DeployWish, string>> = { rollback: "Roll back…", promote: "Promote…" };

/** It only asks: people are then asked as for any gated action. */
function wishForm({ id, offers = [] }: DeployCard, standing: Standing): Html {
  if (offers.length === 0 || !standing.mayTalk) return NOTHING;
  return html`<form method="post" action="${standing.home}/act" class="decide" data-act>
    ${hidden(`deploy:${id}`, standing)}
    <p class="buttons">${offers.map((wish) => html`<button name="choice" value="${wish}">${WISH_WORDS[wish]}</button>`)}</p>
    <p class="told" role="status"></p>
  </form>`;
}

function deployLinks({ urls }: DeployCard): Html {
  const named = (["live", "preview", "logs"] as const).flatMap((name) => {
    const url = urls[name];
    return url === undefined ? [] : [{ name, url }];
  });
  if (named.length === 0) return NOTHING;
  return html`<dl class="links">
    ${named.map(
      ({ name, url }) =>
        html`<dt>${name}</dt>
          <dd>${linkTo(url)}</dd>`,
    )}
  </dl>`;
}

function setupsOf({ setups = [] }: DeployCard): Html {
  return html`${setups.map(
    ({ kind, name, state, records = [], url }) =>
      html`<p class="setup"><strong>${plain(name)}</strong> <span class="where">${plain(kind)}: ${SETUP_WORDS[state]}</span></p>
        ${url === undefined ? NOTHING : html`<p class="facts">${linkTo(url)}</p>`}
        ${records.length === 0 ? NOTHING : codeBlock(records.join("\n"), `Records for ${plain(name)}`)}`,
  )}`;
}

export function canvasCard(card: CanvasCard): Html {
  return html`<article class="card canvas" aria-label="Canvas: ${plain(card.title)}">
    <header><span class="kind">Canvas</span><span class="state">${card.state === "open" ? card.kind : card.state}</span></header>
    <h3>${isKept(card) ? linkHere(card) : card.url === undefined ? plain(card.title) : linkTo(card.url, card.title)}</h3>
    ${isKept(card) || card.url === undefined ? NOTHING : html`<p class="facts">${plain(card.url)}</p>`}
    ${(card.revision ?? 1) > 1 ? html`<p class="facts">Version ${card.revision}.</p>` : NOTHING}
    ${card.note ? html`<div class="facts">${renderMarkdown(card.note)}</div>` : NOTHING}
    ${card.expiresAt === undefined ? NOTHING : html`<p class="facts">Expires ${timeOf(card.expiresAt)}.</p>`}
  </article>`;
}

const isKept = ({ code, state }: CanvasCard): boolean => code !== undefined && state === "open";

/** Whoever is signed in at this address opens what the hub keeps as themselves: no secret is needed, and no public address. */
function linkHere({ id, title }: CanvasCard): Html {
  return html`<a class="address" href="/canvas/${encodeURIComponent(id)}" rel="noopener noreferrer" target="_blank">${plain(title)}</a>`;
}

const PROGRESS_WORDS: Readonly<Record<ProgressCard["state"], string>> = {
  working: "is working",
  done: "is done",
  failed: "failed",
  stopped: "was stopped",
};

/** Folded: who, how far, and what is going on just now. */
export function progressCard(card: ProgressCard): Html {
  const groups = [
    { name: "Plan", steps: card.plan },
    { name: "Tools", steps: card.tools },
    { name: "Team", steps: card.team },
  ].filter(({ steps }) => steps.length > 0);
  const counts = groups.map(({ name, steps }) => `${name.toLowerCase()} ${steps.filter(isDone).length}/${steps.length}`);
  const now = card.state === "working" ? [...card.team, ...card.tools, ...card.plan].find(({ state }) => state === "running") : undefined;
  const head = html`<span class="pulse" aria-hidden="true"></span>
    <span class="head">${[`${plain(card.asker)} ${PROGRESS_WORDS[card.state]}`, ...counts].join(" · ")}</span>
    ${now === undefined ? NOTHING : html`<span class="now">${plain(now.title)}</span>`}`;
  if (groups.length === 0) return html`<p class="progress ${card.state}">${head}</p>`;
  return html`<details class="progress ${card.state}">
    <summary>${head}</summary>
    ${groups.map(
      ({ name, steps }) =>
        html`<h3>${name} <span class="where">${counted(steps.length, "step")}</span></h3>
          ${stepList(steps)}`,
    )}
  </details>`;
}

const isDone = ({ state }: ProgressStep): boolean => state === "done";

const STEP_GLYPHS: Readonly<Record<ProgressStep["state"], string>> = { pending: "·", running: "◌", done: "✔", failed: "✖" };

function stepList(steps: readonly (ProgressStep & { readonly summary?: string | undefined })[]): Html {
  return html`<ul class="steps">
    ${steps.map(
      ({ state, title, summary }) =>
        html`<li class="${state}">
          <span class="glyph" aria-hidden="true">${STEP_GLYPHS[state]}</span>${aloud(`${state}: `)}${plain(title)}${
            summary ? html`<span class="summary">${plain(summary)}</span>` : NOTHING
          }
        </li>`,
    )}
  </ul>`;
}

const NOTICE_WORDS: Readonly<Record<NoticeCard["level"], string>> = { info: "Note", warning: "Warning", error: "Error" };

export function noticeCard(card: NoticeCard): Html {
  return html`<div class="notice ${card.level}">
    <strong class="level">${NOTICE_WORDS[card.level]}</strong>
    <div class="text" dir="auto">${renderMarkdown(card.text)}</div>
  </div>`;
}
