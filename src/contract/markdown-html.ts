/**
 * Text as it is written (CommonMark and GFM) to HTML that is safe to show. Pure.
 * Invariant: no HTML of the text itself survives, nothing is loaded from elsewhere, and the work is bounded whatever the text is.
 */
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

/** Footnotes would need ids that are unique on the whole page. */
const NO_FOOTNOTES = { disable: { null: ["gfmFootnoteDefinition", "gfmFootnoteCall", "gfmPotentialFootnoteCall"] } };
const OPTIONS = { extensions: [gfm(), NO_FOOTNOTES], htmlExtensions: [gfmHtml()] };

/** Matching marks of emphasis costs the square of their number in a paragraph; about 100 ms are spent on a text, then it is shown as it is. */
const MAX_EMPHASIS_COST = 4_000_000;
const MAX_NESTING = 100;

export function markdownToHtml(text: string): string {
  const readable = plain(text);
  if (!isAffordable(readable)) return `<pre class="unread">${escape(readable)}</pre>`;
  return tame(micromark(readable, OPTIONS));
}

/** Control characters, and the invisible ones that reorder text, become a visible mark. Line feeds and tabs stay. */
export function plain(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/(?![\n\t])[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu, "\u{fffd}");
}

function isAffordable(text: string): boolean {
  let cost = 0;
  // A bullet begins a paragraph of its own; so does an empty line.
  for (const paragraph of text.split(/\n(?=[ \t]*(?:\n|[-+*] \S))/)) cost += (paragraph.match(/[*_~]/g)?.length ?? 0) ** 2;
  return cost <= MAX_EMPHASIS_COST && !new RegExp(`(?:[>\\-+*][ \\t]*){${MAX_NESTING}}`).test(text.replace(/[-*_]{4,}/g, "---"));
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * The converter escapes all text, so every tag in its output is one of its own: links to the web are opened apart, others lead nowhere, pictures become links, headings stand
 * below the page's own, what scrolls is reached by the keyboard.
 */
function tame(output: string): string {
  let open: "link" | "dead" | undefined;
  return output.replace(/<(\/?)(a|img|h[1-6]|pre|table|input)\b([^>]*)>/g, (tag: string, slash: string, name: string, rest: string) => {
    switch (name) {
      case "a": {
        const closes = slash !== "";
        const dead = closes ? open === "dead" : !/ href="(?:https?:|mailto:)/i.test(rest);
        open = closes ? undefined : dead ? "dead" : "link";
        return dead ? (closes ? "</span>" : '<span class="dead">') : closes ? tag : `<a${rest} rel="noopener noreferrer" target="_blank">`;
      }
      case "img":
        return pictureLink(rest, open !== undefined);
      case "pre":
        return slash ? "</pre>" : '<pre tabindex="0">';
      case "table":
        return slash ? "</table></div>" : '<div class="table" tabindex="0"><table>';
      case "input":
        return rest.includes("checked") ? "☑" : "☐";
      default:
        return `<${slash}h${Math.min(Math.max(Number(name.slice(1)) + 1, 3), 6)}>`;
    }
  });
}

/** A picture would tell its server who reads here. */
function pictureLink(attributes: string, isInLink: boolean): string {
  const source = /src="([^"]*)"/.exec(attributes)?.[1] ?? "";
  const label = /alt="([^"]*)"/.exec(attributes)?.[1] || source || "picture";
  if (isInLink || !/^https?:/i.test(source)) return label;
  return `<a href="${source}" rel="noopener noreferrer" target="_blank">${label}</a>`;
}
