/** The list of threads, latest activity first, with what a person has not read. Pure. */
import { html, raw } from "hono/html";
import type { ThreadSummary } from "../entry.ts";
import type { Reading } from "./marks.ts";
import { counted } from "../../../src/contract/counted.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { aloud, type Html, NOTHING, timeOf } from "./markup.ts";

/** Threads shown before "more". */
export const THREADS_SHOWN = 100;

export interface ListView {
  readonly home: string;
  /** The id of the thread that is open. */
  readonly current: string | undefined;
  readonly reading: Reading;
}

export function isUnread({ id, lastPublic = 0 }: ThreadSummary, reading: Reading): boolean {
  return lastPublic > (reading[id] ?? 0);
}

export function countUnread(threads: readonly ThreadSummary[], reading: Reading): number {
  return threads.filter((thread) => isUnread(thread, reading)).length;
}

export const threadPath = (home: string, id: string): string => `${home}/t/${encodeURIComponent(id)}`;

export function renderThread(thread: ThreadSummary, { home, current, reading }: ListView): Html {
  const { id, title, lastAt } = thread;
  const here = id === current ? raw('aria-current="page"') : "";
  const unread = isUnread(thread, reading);
  return html`<li id="${threadItemId(id)}" class="${unread ? "unread" : "read"}">
    <a href="${threadPath(home, id)}" ${here}>
      <span class="title">${plain(title)}</span>${unread ? html`<span class="dot" aria-hidden="true"></span>${aloud("unread")}` : NOTHING}
      ${lastAt === 0 ? NOTHING : timeOf(lastAt)}
    </a>
  </li>`;
}

export const threadItemId = (id: string): string => `thread-${id}`;

/** `shown`: how many at most. */
export function renderThreads(threads: readonly ThreadSummary[], shown: number, view: ListView): Html {
  const left = threads.length - shown;
  return html`<ol id="threads" class="threads">
      ${threads.slice(0, shown).map((thread) => renderThread(thread, view))}
    </ol>
    ${
      left > 0
        ? html`<p class="more">
            <a href="${view.home}/t?shown=${shown + THREADS_SHOWN}">${counted(left, "more thread")}</a>
          </p>`
        : NOTHING
    }`;
}
