/** What the pages of deploys are made of. Pure. Invariant: words from outside reach a page only through `plain`, addresses only through `linkTo`. */
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { neutralise } from "../../approvals/invisible.ts";
import { minuteOf } from "../../cards/words.ts";
import { DEPLOY_GLYPHS, type DeployCard } from "../../contract/message.ts";
import { tookWords } from "../../contract/counted.ts";
import type { LiveRevision } from "../../contract/deploys.ts";
import { deployName, unmarked } from "../../deploys/name.ts";
import { isUnfinished } from "../../deploys/state.ts";
import type { Seen } from "./seen.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
export const NOTHING: Html = html``;

/** With what the eye cannot see made visible; the template escapes it. */
export const plain = neutralise;

/** Said by screen readers, not shown. */
export function aloud(text: string): Html {
  return html`<span class="aloud">${text}</span>`;
}

/** In UTC; the script writes it in the reader's own time. `at`: epoch ms. */
export function timeOf(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${minuteOf(at)}</time>`;
}

/** When it was first heard of, and how long it took to the state that ended it. */
export function whenOf(at: number, { state, elapsedMs }: DeployCard): Html {
  const took = elapsedMs === undefined || isUnfinished(state) ? "" : html`<span class="took">, took ${tookWords(elapsedMs)}</span>`;
  return html`<span class="facts">${timeOf(at)}${took}</span>`;
}

/** A link where a browser may open it, else its words. */
export function linkTo(url: string, label: string = url): Html {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return html`${plain(url)}`;
  return html`<a href="${url}" rel="noopener noreferrer" target="_blank">${plain(label)}</a>`;
}

type Stated = Pick<DeployCard, "state" | "trouble">;

/** Nothing is called live that does not answer. */
export function isSilent({ trouble }: Stated): boolean {
  return trouble !== undefined;
}

export function stateWords(card: Stated): string {
  return isSilent(card) ? "reported live" : card.state.replaceAll("_", " ");
}

/** For the style sheet. */
export function stateClass(card: Stated): string {
  return isSilent(card) ? "trouble" : card.state;
}

export function silenceOf({ trouble }: Stated): Html {
  return trouble === undefined ? NOTHING : html`<p class="caution">Its address does not answer: ${plain(trouble)}</p>`;
}

export function stateOf(card: Stated): Html {
  const glyph = isSilent(card) ? "!" : DEPLOY_GLYPHS[card.state];
  return html`<strong class="state"><span aria-hidden="true">${glyph}</span> ${stateWords(card)}</strong>`;
}

/** What was deployed: its branch, the first letters of its sha, what it is about, and whose it is, else what people call it. */
export function whatOf({ card: { revision }, itself }: Pick<Seen, "card" | "itself">): string {
  const words = [revision?.ref, revision?.sha?.slice(0, 10), revision?.subject, revision?.author].filter(Boolean).join(" · ");
  return words || unmarked(deployName(itself) ?? "");
}

/** A deploy that is named beside another one. */
export function wayName(one: LiveRevision): string {
  return unmarked(deployName(one) ?? "the deploy");
}

/** Text to be taken along; reached by the keyboard, since it scrolls. The script shows the button where it can copy. */
export function copyBlock(text: string, label: string): Html {
  return html`<div class="block">
    <pre tabindex="0" role="group" aria-label="${label}"><code>${plain(text)}</code></pre>
    <button type="button" data-copy="${label}" hidden>Copy${aloud(` ${label}`)}</button>
  </div>`;
}
