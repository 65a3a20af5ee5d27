/** What a search found, each message with its thread and a link to its place. Pure. */
import { html } from "hono/html";
import { counted } from "../../../src/contract/counted.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import type { ThreadSummary } from "../entry.ts";
import { type Html, NOTHING, timeOf } from "./markup.ts";
import { authorOf } from "./message.ts";
import type { Reader } from "./rights.ts";
import { type Found, type Hit, MAX_HITS } from "./search.ts";
import { threadPath } from "./threads.ts";

/** Characters shown before and after the first word. */
const AROUND = 90;

export interface Asked {
  /** As typed. */
  readonly words: string;
  /** Where it was asked. */
  readonly from: ThreadSummary | undefined;
  /** Only there. */
  readonly isOnlyThere: boolean;
  readonly before?: number | undefined;
}

/** In lower case, each once. */
export function wordsIn(typed: string): string[] {
  return [...new Set(typed.toLowerCase().split(/\s+/).filter(Boolean))];
}

export function renderFound(asked: Asked, { hits, rest }: Found, view: { reader: Reader; titles: ReadonlyMap<string, string> }): Html {
  const { words, from, isOnlyThere } = asked;
  const { home } = view.reader;
  const count = hits.length === MAX_HITS ? `The latest ${MAX_HITS} messages` : counted(hits.length, "message");
  const where = isOnlyThere && from ? `in ${from.title}` : "in all threads";
  const what = asked.before === undefined ? count : counted(hits.length, "earlier message");
  const scope = isOnlyThere
    ? html`<a href="${findPath(home, { ...asked, isOnlyThere: false, before: undefined })}">Search all threads</a>`
    : html`<a href="${findPath(home, { ...asked, isOnlyThere: true, before: undefined })}">Only in ${plain(from?.title ?? "")}</a>`;
  return html`<section id="found" class="found" aria-label="Search" tabindex="-1">
    <p class="facts" role="status">${what} with “${plain(words)}” ${plain(where)}.</p>
    ${from === undefined ? NOTHING : html`<p class="facts">${scope} · <a href="${threadPath(home, from.id)}">Back to the conversation</a></p>`}
    ${
      hits.length === 0
        ? NOTHING
        : html`<ol>
            ${hits.map((hit) => renderHit(hit, asked, view))}
          </ol>`
    }
    ${rest === undefined ? NOTHING : html`<p class="more"><a href="${findPath(home, { ...asked, before: rest })}">Look further back</a></p>`}
  </section>`;
}

function findPath(home: string, { words, from, isOnlyThere, before }: Asked): string {
  const query = new URLSearchParams({ q: words });
  if (from) query.set("from", from.id);
  if (isOnlyThere) query.set("only", "yes");
  if (before !== undefined) query.set("before", String(before));
  return `${home}/find?${query}`;
}

function renderHit(
  { message, text }: Hit,
  asked: Asked,
  { reader, titles }: { reader: Reader; titles: ReadonlyMap<string, string> },
): Html {
  const { n, threadId, messageId, at } = message;
  const thread = asked.isOnlyThere ? NOTHING : html`<span class="place">${plain(titles.get(threadId) ?? threadId)}</span>`;
  return html`<li>
    <a href="${threadPath(reader.home, threadId)}?around=${n}#${messageId}">
      ${thread} <span class="who">${authorOf(message, reader)}</span> ${timeOf(at)}
      <span class="excerpt" dir="auto">${excerpt(text, wordsIn(asked.words))}</span>
    </a>
  </li>`;
}

function excerpt(text: string, words: readonly string[]): Html {
  const lower = text.toLowerCase();
  const first = Math.max(0, Math.min(...words.map((word) => lower.indexOf(word))));
  const [start, end] = [Math.max(0, first - AROUND), first + 2 * AROUND];
  const shown = text.slice(start, end);
  const parts = shown.split(new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi"));
  return html`${start > 0 ? "… " : ""}${parts.map((part, at) => (at % 2 === 1 ? html`<mark>${plain(part)}</mark>` : plain(part)))}${end < text.length ? " …" : ""}`;
}
