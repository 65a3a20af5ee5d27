/**
 * What every part of the page is made of: escaped templates, times, links, hidden letters made visible. Pure.
 * Invariant: text of agents and people reaches a template only through `plain` or `renderMarkdown`.
 */
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { markdownToHtml, plain } from "../../../src/contract/markdown-html.ts";

export type Html = ReturnType<typeof html>;

export const NOTHING: Html = html``;

export function renderMarkdown(text: string): HtmlEscapedString {
  return raw(markdownToHtml(text));
}

/** Without script in UTC; the script writes it in the reader's own time. `at`: epoch ms. */
export function timeOf(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** Said by screen readers, not shown. */
export function aloud(text: string): Html {
  return html`<span class="aloud">${text}</span>`;
}

/** A link when it is one a browser may open, else its text. Opened apart, so that the conversation stays. */
export function linkTo(url: string, label: string = url): Html {
  if (!isWebAddress(url)) return html`<span class="address">${plain(url)}</span>`;
  return html`<a class="address" href="${url}" rel="noopener noreferrer" target="_blank">${plain(label)}</a>`;
}

function isWebAddress(url: string): boolean {
  return /^https?:$/.test(URL.parse(url)?.protocol ?? "");
}

export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A block of code or records; reached by the keyboard, since it scrolls. */
export function codeBlock(text: string, label: string): Html {
  return html`<div class="block">
    <pre tabindex="0" role="group" aria-label="${label}"><code>${plain(text)}</code></pre>
    <button type="button" class="copy quiet" data-copy>Copy</button>
  </div>`;
}

/** Without the marks of Markdown, which are noise in an excerpt and read aloud; single underscores are part of names. */
export function plainWords(text: string): string {
  return text
    .replace(/^ {0,3}(?:```.*|#{1,6} |> ?)/gm, "")
    .replace(/\*+|`+|~~|__/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
