/** The whole page around a conversation, the list of threads, or a problem. Pure. */
import { html } from "hono/html";
import type { HubError } from "../../../src/contract/errors.ts";
import type { ThreadSummary } from "../entry.ts";
import type { Reading, Words } from "./marks.ts";
import { SCRIPTS, STYLES } from "./assets.ts";
import { renderMessage } from "./message.ts";
import type { Reader, SeenMessage } from "./rights.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { aloud, type Html, NOTHING } from "./markup.ts";
import { countUnread, renderThreads, threadPath, THREADS_SHOWN } from "./threads.ts";

export interface Frame {
  readonly reader: Reader & { readonly name: string | undefined };
  /** Path of the folder of style and scripts. */
  readonly assets: string;
  readonly threads: readonly ThreadSummary[];
  readonly reading: Reading;
  readonly shown?: number | undefined;
  /** Of one file. */
  readonly mostFileBytes: number;
}

export interface Conversation {
  readonly thread: ThreadSummary;
  readonly messages: readonly SeenMessage[];
  /** The number of the message the page before this one ends with; undefined when this is the first. */
  readonly before: number | undefined;
  /** False for a page out of the middle. */
  readonly isLatest: boolean;
  /** The log's last entry when this was read: live updates begin after it. */
  readonly head: number;
  readonly words: Words | undefined;
  /** Drawn anew for each page, so that a form sent twice is one message. */
  readonly formId: string;
}

export function threadsPage(frame: Frame): Html {
  return page({ frame, title: "Threads", view: "list", current: undefined });
}

export function foundPage(frame: Frame, { from, words, found }: { from?: ThreadSummary | undefined; words: string; found: Html }): Html {
  const main = html`${bar(frame, { id: from?.id, title: "Search" }, words)}
    <div class="scroll from-top"><div class="flow">${found}</div></div>`;
  return page({ frame, title: `${words} · Search`, view: "found", current: undefined, main });
}

export function conversationPage(frame: Frame, conversation: Conversation): Html {
  const { thread, messages, before, isLatest } = conversation;
  const path = threadPath(frame.reader.home, thread.id);
  const main = html`${bar(frame, thread, "")}
    <p id="connection" class="connection" role="status" hidden></p>
    <div class="scroll" tabindex="0" role="region" aria-label="Conversation">
      <div class="flow">
        ${before === undefined ? NOTHING : html`<p class="more"><a id="earlier" href="${path}?before=${before}">Earlier messages</a></p>`}
        ${messages.length === 0 ? welcome(thread, frame.reader) : NOTHING}
        <ol id="${isLatest ? "conversation" : "excerpt"}" class="conversation">
          ${messages.map((message) => renderMessage(message, frame.reader))}
        </ol>
        <div id="under-way"></div>
        <ol id="sending" class="conversation"></ol>
        <p id="typing" class="typing" hidden><span class="dots" aria-hidden="true"></span>is typing</p>
        ${isLatest ? NOTHING : html`<p class="more"><a href="${path}">Go to the latest messages</a></p>`}
        <div id="end"></div>
      </div>
    </div>
    <button id="newest" type="button" class="newest" hidden>New messages below</button>
    <p id="news" class="aloud" aria-live="polite"></p>
    ${composer(frame, conversation)}`;
  return page({ frame, title: thread.title, view: "thread", current: thread.id, main, conversation });
}

function welcome({ title }: ThreadSummary, { mayTalk }: Reader): Html {
  const words = html`Write something below. Approvals, deploys and pages the agent makes will appear here too. <code>!help</code> lists what
    the hub understands.`;
  return html`<div class="welcome" id="welcome">
    <p><strong>${plain(title)}</strong> is empty so far.</p>
    <p>${mayTalk ? words : "What people say, and the approvals, deploys and pages of the agent will appear here."}</p>
  </div>`;
}

function bar({ reader: { home } }: Frame, { id, title }: { id?: string | undefined; title: string }, words: string): Html {
  return html`<header class="bar">
    <a class="back" href="${home}/t"><span aria-hidden="true">‹</span> Threads</a>
    <h1>${plain(title)}</h1>
    ${searchForm(home, { from: id, words })}
  </header>`;
}

function searchForm(home: string, { from, words = "" }: { from?: string | undefined; words?: string }): Html {
  return html`<form class="search" role="search" action="${home}/find">
    <label class="aloud" for="search">Search all threads</label>
    <input id="search" type="search" name="q" value="${plain(words)}" placeholder="Search" maxlength="200" required autocomplete="off" />
    ${from === undefined ? NOTHING : html`<input type="hidden" name="from" value="${from}" />`}
  </form>`;
}

function composer({ reader: { home, mayTalk }, mostFileBytes }: Frame, { thread, words, formId }: Conversation): Html {
  const { text: said = "", refused = false, draft = "" } = words ?? {};
  const told = html`<p id="told" class="told ${refused ? "refused" : ""}" role="status">${plain(said)}</p>`;
  if (!mayTalk)
    return html`<div class="silent" id="text" tabindex="-1">
      ${told}
      <p>You may look here. Writing needs the role operator, which an admin gives.</p>
    </div>`;
  return html`<form
    id="composer"
    class="composer"
    method="post"
    action="${home}/say"
    enctype="multipart/form-data"
    data-most-bytes="${mostFileBytes}"
  >
    ${told}
    <ul id="chosen" class="files chosen" aria-label="Files to send"></ul>
    <input type="hidden" name="thread" value="${thread.id}" />
    <input type="hidden" name="form" value="${formId}" />
    <div class="row">
      <label class="attach" title="Attach files">
        <span class="aloud">Attach files</span><span class="clip" aria-hidden="true"></span>
        <input id="files" type="file" name="file" multiple />
      </label>
      <label class="aloud" for="text">Message</label>
      <textarea id="text" name="text" rows="1" placeholder="Message" autocomplete="off">${draft}</textarea>
      <button class="send">Send</button>
    </div>
    <p class="hint keys">
      Enter sends, Shift + Enter begins a line, <kbd>j</kbd> and <kbd>k</kbd> go through the messages, <code>!stop</code> ends what is
      running.
    </p>
  </form>`;
}

interface PageParts {
  readonly frame: Frame;
  readonly title: string;
  readonly view: "list" | "thread" | "found";
  readonly current: string | undefined;
  /** Absent on the list of threads, which then is the page. */
  readonly main?: Html;
  readonly conversation?: Conversation;
}

/** What the skip link leads to. */
const SKIPS = {
  list: { to: "threads", words: "Skip to the threads" },
  thread: { to: "text", words: "Skip to the message box" },
  found: { to: "found", words: "Skip to what was found" },
} as const satisfies Record<PageParts["view"], object>;

function page({ frame, title, view, current, main, conversation }: PageParts): Html {
  const { reader, assets, threads, reading } = frame;
  const unread = countUnread(threads, reading);
  const facts = conversation === undefined ? "" : JSON.stringify({ thread: conversation.thread.id, after: conversation.head });
  const list = side(frame, { view, current });
  const content = html`<nav aria-label="Skip"><a class="skip" href="#${SKIPS[view].to}">${SKIPS[view].words}</a></nav>
    <div id="app" class="app view-${view}" data-home="${reader.home}" data-title="${plain(title)}" data-conversation="${facts}">
      ${
        main === undefined
          ? html`<main class="side">
              <h1 class="aloud">Threads</h1>
              ${list}
            </main>`
          : html`<nav class="side" aria-label="Threads">${list}</nav>
              <main>${main}</main>`
      }
    </div>`;
  return document({ title: `${unread > 0 ? `(${unread}) ` : ""}${plain(title)} · mos-hub`, assets, content });
}

function beginForm(home: string): Html {
  return html`<form method="post" action="${home}/begin" class="begin">
    <label class="aloud" for="begin">Title of a new thread</label>
    <input id="begin" name="title" maxlength="120" placeholder="New thread" required autocomplete="off" />
    <button class="quiet">Begin</button>
  </form>`;
}

function side(
  { reader: { home, mayTalk, name = "" }, threads, reading, shown = THREADS_SHOWN }: Frame,
  { view, current }: Pick<PageParts, "view" | "current">,
): Html {
  return html`<div class="top">
      <a class="brand" href="${home}/">mos-hub</a>
      <a class="elsewhere" href="/deploys">Deploys</a>
      <form method="post" action="/sign-out" class="leave">
        <span class="me">${aloud("Signed in as ")}${plain(name)}</span><button class="quiet">Sign out</button>
      </form>
    </div>
    ${view === "list" ? searchForm(home, {}) : NOTHING} ${mayTalk ? beginForm(home) : NOTHING}
    ${renderThreads(threads, shown, { home, current, reading })}`;
}

export function problemDocument(error: HubError, { home, assets }: { home: string; assets: string }): Html {
  const content = html`<main class="problem">
    <h1>This does not work</h1>
    <p>${plain(error.message)}</p>
    <p>${plain(error.remedy)}</p>
    <p><a href="${home}/">Back to the conversation</a></p>
  </main>`;
  return document({ title: "This does not work · mos-hub", assets, content });
}

function document({ title, assets, content }: { title: string; assets: string; content: Html }): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${assets}/icon.svg" type="image/svg+xml" />
        ${STYLES.map((name) => html`<link rel="stylesheet" href="${assets}/${name}" />`)}
        ${SCRIPTS.map((name) => html`<link rel="modulepreload" href="${assets}/${name}" />`)}
        <script type="module" src="${assets}/page.js"></script>
      </head>
      <body>
        ${content}
      </body>
    </html>`;
}
