/** One deploy in the history of its place, as HTML: its course, what it has to do with others, and why it failed. Pure. */
import { html } from "hono/html";
import { tookWords } from "../../contract/counted.ts";
import type { LiveRevision } from "../../contract/deploys.ts";
import { DEPLOY_STATES } from "../../contract/message.ts";
import { type Html, linkTo, NOTHING, plain, silenceOf, stateClass, stateOf, stateWords, timeOf, wayName, whatOf, whenOf } from "./marks.ts";
import type { Seen } from "./seen.ts";

/** The deploys on the same page, newest first. */
export function history(deploys: readonly Seen[]): Html {
  return html`<ol class="timeline">
    ${deploys.map((deploy) => entry(deploy, deploys))}
  </ol>`;
}

function entry(deploy: Seen, others: readonly Seen[]): Html {
  const { id, card, at } = deploy;
  const { notes = [], failureTail, urls, app, environment } = card;
  const name = whatOf(deploy);
  return html`<li id="${id}" class="${stateClass(card)}" tabindex="-1" data-said="${plain(`${app}, ${environment}`)}: ${stateWords(card)}">
    <p>${stateOf(card)} ${whenOf(at, card)}</p>
    ${name === "" ? NOTHING : html`<p class="revision">${plain(name)}</p>`} ${course(deploy)} ${silenceOf(card)} ${ties(deploy, others)}
    ${notes.map((note) => html`<p class="facts">${plain(note.replaceAll("`", ""))}</p>`)}
    ${failureTail ? failure(failureTail, { id, isOpen: deploy.recoveredBy === undefined }) : NOTHING}
    <p class="links">
      ${urls.preview ? linkTo(urls.preview, "Preview") : NOTHING} ${urls.logs ? linkTo(urls.logs, "Log") : NOTHING}
      ${deploy.conversation === undefined ? NOTHING : html`<a href="${deploy.conversation}">Conversation</a>`}
    </p>
  </li>`;
}

/** Each state with how long it lasted until the next. */
function course({ times }: Seen): Html {
  const steps = DEPLOY_STATES.flatMap((state) => (times[state] === undefined ? [] : [{ state, at: times[state] }])).toSorted(
    (one, other) => one.at - other.at,
  );
  if (steps.length < 2) return NOTHING;
  return html`<ol class="course" aria-label="Course">
    ${steps.map(({ state, at }, index) => {
      const next = steps[index + 1];
      return html`<li class="${state}">
        ${state.replaceAll("_", " ")}${next ? html` <span>${tookWords(next.at - at)}</span>` : NOTHING}
      </li>`;
    })}
  </ol>`;
}

/** What it recovered, what recovered it, what it took the place of, and what took its place. */
function ties({ id, card, times, since, again, difference, recovers, recoveredBy }: Seen, others: readonly Seen[]): Html {
  const way = (other: LiveRevision): Html => wayTo(other, others);
  const after = card.state === "superseded" ? others.find((other) => other.since?.id === id && other.times.live !== undefined) : undefined;
  const said = [
    recovers && recovers.id !== id ? html`Ended the failure of ${way(recovers)}.` : undefined,
    recovers?.id === id ? html`Went well at a second try; it had failed on ${timeOf(recovers.at)}.` : undefined,
    recoveredBy && html`This failure was ended by ${way(recoveredBy)}.`,
    again && html`Live again, in place of ${way(again)}.`,
    after && html`Superseded by ${way(after.itself)}.`,
    since && replaced(since),
  ];
  return html`${said.filter((words) => words !== undefined).map((words) => html`<p class="tie">${words}</p>`)}`;

  function replaced(before: LiveRevision): Html {
    if (card.state === "rolled_back") return html`Back to ${way(before)}.`;
    if (before.revision?.sha !== undefined && before.revision.sha === card.revision?.sha) return html`The same revision as ${way(before)}.`;
    const link = difference === undefined ? NOTHING : html` · ${linkTo(difference, "difference")}`;
    return html`${times.live === undefined ? "Live before it:" : "Replaces"} ${way(before)}${link}.`;
  }
}

/** A way to the other one where it is on the page. */
function wayTo(one: LiveRevision, others: readonly Seen[]): Html {
  const { id, at } = one;
  const words = html`${plain(wayName(one))} of ${timeOf(at)}`;
  return others.some((other) => other.id === id) ? html`<a href="#${id}">${words}</a>` : words;
}

function failure(tail: string, { id, isOpen }: { id: string; isOpen: boolean }): Html {
  return html`<details id="tail-${id}" ${isOpen ? "open" : ""}>
    <summary>The last lines of the failure</summary>
    <pre tabindex="0" role="group" aria-label="The last lines of the failure"><code>${plain(tail)}</code></pre>
  </details>`;
}
