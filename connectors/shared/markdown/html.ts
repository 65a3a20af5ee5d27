/**
 * Markdown as HTML of the few tags a chat client shows, with the Markdown itself as the plain body, as Matrix takes it. Pure.
 * Invariant: no tag of the text's own survives; only links to the web, nothing that loads by itself.
 * Tags: Matrix client-server API v1.19, m.room.message. Nobody is notified as long as the event carries `m.mentions`, which is its sender's part.
 */
import type { List, PhrasingContent, Table } from "mdast";
import { neutraliseCalls } from "./mentions.ts";
import { blocksOf, simplify, type SimpleBlock, type SimpleSpan, spansOf } from "./simplify.ts";

export interface TextWithHtml {
  readonly body: string;
  readonly formattedBody: string;
}

export function encodeHtml(markdown: string): TextWithHtml {
  return { body: neutraliseCalls(markdown), formattedBody: blocks(simplify(markdown)) };
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const blocks = (nodes: readonly SimpleBlock[]): string => nodes.map(block).join("");

function block(node: SimpleBlock): string {
  switch (node.type) {
    case "paragraph":
      return `<p>${spans(node)}</p>`;
    case "heading":
      return `<h${node.depth}>${spans(node)}</h${node.depth}>`;
    case "code": {
      const language = node.lang ? ` class="language-${escape(node.lang)}"` : "";
      return `<pre><code${language}>${escape(node.value)}\n</code></pre>`;
    }
    case "blockquote":
      return `<blockquote>${blocks(blocksOf(node))}</blockquote>`;
    case "thematicBreak":
      return "<hr>";
    case "table":
      return table(node);
    case "list":
      return list(node);
    default:
      return node satisfies never;
  }
}

function list(node: List): string {
  const start = node.start ?? 1;
  const [open, close] = node.ordered ? [start === 1 ? "<ol>" : `<ol start="${start}">`, "</ol>"] : ["<ul>", "</ul>"];
  return open + node.children.map((item) => `<li>${itemContent(blocksOf(item), node.spread ?? false)}</li>`).join("") + close;
}

/** In a tight list a paragraph is no paragraph of its own. */
function itemContent(nodes: readonly SimpleBlock[], isSpread: boolean): string {
  return nodes.map((node) => (node.type === "paragraph" && !isSpread ? spans(node) : block(node))).join("");
}

function table({ children: [top, ...rows] }: Table): string {
  const row = (tag: "th" | "td") => (each: Table["children"][number]) =>
    `<tr>${each.children.map((cell) => `<${tag}>${spans(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.length === 0 ? "" : `<tbody>${rows.map(row("td")).join("")}</tbody>`;
  return `<table><thead>${top ? row("th")(top) : ""}</thead>${body}</table>`;
}

const TAGS = { strong: "strong", emphasis: "em", delete: "del" } as const;

function spans(node: { readonly children: readonly PhrasingContent[] }): string {
  return spansOf(node).map(span).join("");
}

function span(node: SimpleSpan): string {
  switch (node.type) {
    case "text":
      return escape(neutraliseCalls(node.value));
    case "inlineCode":
      return `<code>${escape(node.value)}</code>`;
    case "break":
      return "<br>";
    case "link":
      return `<a href="${escape(node.url)}">${spans(node)}</a>`;
    case "strong":
    case "emphasis":
    case "delete":
      return `<${TAGS[node.type]}>${spans(node)}</${TAGS[node.type]}>`;
    default:
      return node satisfies never;
  }
}
