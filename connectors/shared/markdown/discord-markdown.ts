/**
 * Markdown as Discord's own: close to CommonMark, but every line break counts, there are no tables, pictures or rules, three depths of heading,
 * and pointed brackets call people. Pure. Discord developer docs, Message Formatting (2026).
 */
import type { Mention } from "../../../src/contract/message.ts";
import { layOut } from "./lay-out.ts";
import { neutraliseCalls, placeMentions, ZERO_WIDTH } from "./mentions.ts";
import { simplify } from "./simplify.ts";
import { type Dialect, writeMarks } from "./write-marks.ts";

const LAYOUT = { bullet: "-", indent: "  ", headings: 3, tableWidth: 64 } as const;

export function encodeDiscordMarkdown(markdown: string, mentions: readonly Mention[] = []): string {
  return writeMarks(placeMentions(layOut(simplify(markdown), LAYOUT), mentions), DIALECT);
}

const DIALECT: Dialect = {
  escape: escapeText,
  styles: { bold: "**", italic: "*", strike: "~~" },
  spansLines: true,
  glue: "",
  code,
  pre: (text, language = "") =>
    `\`\`\`${/^[\w+#.-]+$/.test(language) ? language : ""}\n${text.replaceAll("```", `\`${ZERO_WIDTH}\`${ZERO_WIDTH}\``)}\n\`\`\``,
  // In pointed brackets a link draws no preview, and may have round ones in it.
  link: (url, label, plain) => (plain === url ? `<${escapeUrl(url)}>` : `[${label}](<${escapeUrl(url)}>)`),
  mention: (id) => (/^\d+$/.test(id) ? `<@${id}>` : undefined),
  heading: (content, depth) => `${"#".repeat(depth)} ${content}`,
};

/** In as many backticks as it needs, and two more characters where it begins or ends with one. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = "`".repeat(longest === 1 ? 2 : 1);
  if (longest > 1) return `\`${text.replaceAll("`", "ˋ")}\``;
  const room = /^`|`$/.test(text) ? " " : "";
  return fence + room + text + room + fence;
}

const escapeUrl = (url: string): string => url.replaceAll("<", "%3C").replaceAll(">", "%3E");

/** What would begin a heading, small print, a quote or a list at the start of a line. */
const LINE_MARK = String.raw`([ \t]*)(#{1,3}(?=\s)|-#(?=\s)|>|[-+](?=\s)|\d+(?=\.\s))`;
const AT_START = new RegExp(`^${LINE_MARK}`, "gm");
const AFTER_BREAK = new RegExp(`(?<=\n)${LINE_MARK}`, "g");

function escapeText(text: string, isLineStart: boolean): string {
  return neutraliseCalls(text.replace(/[\\*_~`<[\]]|\|(?=\|)|(?<=\|)\|/g, String.raw`\$&`)).replace(
    isLineStart ? AT_START : AFTER_BREAK,
    (_, space: string, mark: string) => (/^\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`),
  );
}
