/**
 * Markdown that is still being written, as it will most likely end: for a message that is edited while its text grows. A fence that is open is
 * code already; here the marks within a line that are open are closed, and a mark or link that has only begun is not shown yet. Pure.
 */
import type { Root, RootContent } from "mdast";
import { parseMarkdown } from "../../../src/contract/markdown.ts";

/** Shorter by what has only begun, longer by what closes. Not for a text that is complete. */
export function finish(markdown: string): string {
  const text = lastText(parseMarkdown(markdown));
  if (text === undefined) return markdown;
  // What the parser left as characters at the end of the text has no counterpart yet.
  const shown = markdown
    .trimEnd()
    .replace(/(?:(?<![*_~`\\])[*_~`]{1,3}|!?\[\]?)$/, "")
    .replace(HALF_LINK, "$1");
  const closing = closingOf(shown.slice(Math.max(0, shown.lastIndexOf("\n\n"))));
  return closing === "" ? shown : shown.trimEnd() + closing;
}

/** `[label](https://exam` or `[lab`: the label alone. */
const HALF_LINK = /!?\[([^\][\n]+)(?:\](?:\([^()\s]*)?)?$/;

/** The last words of a text, if it ends in words that are not code. */
function lastText(node: Root | RootContent): string | undefined {
  if (node.type === "text") return node.value;
  const last = "children" in node ? node.children.at(-1) : undefined;
  return last && lastText(last);
}

/** The marks that are open at the end of a paragraph, innermost first. */
function closingOf(paragraph: string): string {
  const open: string[] = [];
  for (const [, mark = "", following = ""] of paragraph
    .replace(/\\[\s\S]/g, "..")
    .matchAll(/(`+|\*{1,3}|~~|(?<!\w)_{1,2}|_{1,2}(?!\w))(.?)/g)) {
    const inCode = open.at(-1)?.startsWith("`");
    if (open.at(-1) === mark) open.pop();
    else if (!inCode && /\S/.test(following)) open.push(mark);
  }
  return open.toReversed().join("");
}
