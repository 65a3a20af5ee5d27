/** Words looked for in one thread. Reads its messages from the newest back, and lets others go on meanwhile. */
import { html } from "hono/html";
import type { ShownMessage, ThreadSummary } from "../entry.ts";
import type { MessageLog } from "../log.ts";
import { authorOf, type Reader } from "./message.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { counted, type Html, NOTHING, timeOf } from "./markup.ts";
import { threadPath } from "./threads.ts";

const MAX_HITS = 50;
/** A hit is shown with so many later messages below it. */
const BELOW = 8;
/** Messages between two pauses. */
const BREATH = 200;
/** Characters shown before and after the words. */
const AROUND = 90;

export interface Hit {
  readonly message: ShownMessage;
  /** The page that shows the hit ends before this message; undefined: it is among the last ones. */
  readonly before: number | undefined;
}

/** At most `MAX_HITS`, newest first. Upper and lower case are the same. */
export async function search(
  log: MessageLog,
  { thread, words, reader }: { thread: ThreadSummary; words: string; reader: Reader },
): Promise<Hit[]> {
  const wanted = words.toLowerCase();
  const hits: Hit[] = [];
  const later: number[] = [];
  for await (const message of log.walk(thread, { viewer: reader.id })) {
    const before = later[later.length - BELOW];
    if (message.text.toLowerCase().includes(wanted) && hits.push({ message, before }) === MAX_HITS) break;
    later.push(message.n);
    if (later.length % BREATH === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return hits;
}

export interface Found {
  readonly thread: ThreadSummary;
  readonly words: string;
  readonly hits: readonly Hit[];
}

export function renderFound({ thread, words, hits }: Found, reader: Reader): Html {
  const path = threadPath(reader.home, thread.id);
  const count = hits.length === MAX_HITS ? `The latest ${MAX_HITS} messages` : counted(hits.length, "message", "messages");
  return html`<section id="found" class="found" aria-label="Search">
    <p class="facts">${count} with “${plain(words)}” in this thread. <a href="${path}">Back to the conversation</a></p>
    ${
      hits.length === 0
        ? NOTHING
        : html`<ol>
            ${hits.map(
              ({ message, before }) =>
                html`<li>
                  <a href="${path}${before === undefined ? "" : `?before=${before}`}#${message.messageId}">
                    <span class="who">${authorOf(message, reader)}</span> ${timeOf(message.at)}
                    <span class="excerpt" dir="auto">${excerpt(message.text, words)}</span>
                  </a>
                </li>`,
            )}
          </ol>`
    }
  </section>`;
}

function excerpt(text: string, words: string): Html {
  const at = Math.max(0, text.toLowerCase().indexOf(words.toLowerCase()));
  const end = at + words.length;
  const head = `${at > AROUND ? "… " : ""}${text.slice(Math.max(0, at - AROUND), at)}`;
  const tail = `${text.slice(end, end + AROUND)}${text.length > end + AROUND ? " …" : ""}`;
  return html`${plain(head)}<mark>${plain(text.slice(at, end))}</mark>${plain(tail)}`;
}
