/** The frame around a page of deploys. Pure. */
import { html } from "hono/html";
import { type Html, NOTHING } from "./marks.ts";

/** Between two looks of a browser without script. */
const REFRESH_SECONDS = 30;

export interface Frame {
  /** Path of the conversations; absent where no account has a page for people. */
  readonly home: string | undefined;
  /** Of style and script: another one is another address. */
  readonly version: string;
}

interface Page {
  readonly title: string;
  /** Stays as it is. */
  readonly head: Html;
  /** Is brought up to date. */
  readonly news: Html;
}

export function document({ home, version }: Frame, { title, head, news }: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}" /></noscript>
        <title>${title} · mos-hub</title>
        <link rel="stylesheet" href="/deploys.css?${version}" />
        <script type="module" src="/deploys.js?${version}"></script>
      </head>
      <body>
        <header>
          <nav aria-label="Pages">
            <span class="brand">mos-hub</span>
            ${home === undefined ? NOTHING : html`<a href="${home}">Conversations</a>`}
          </nav>
        </header>
        <main>
          ${head}
          <p id="connection" class="caution" role="status" hidden></p>
          <div id="news">${news}</div>
          <p id="told" class="aloud" role="status"></p>
        </main>
      </body>
    </html>`;
}
