/**
 * Markdown as Slack's mrkdwn. `& < >` are escaped; for its marks there is no escape, so an invisible character keeps those of the text from
 * being marks. Pure. Slack developer docs, "Formatting message text" (2026).
 */
import type { Mention } from "../../../src/contract/message.ts";
import { layOut } from "./lay-out.ts";
import { neutraliseCalls, placeMentions, ZERO_WIDTH } from "./mentions.ts";
import { simplify } from "./simplify.ts";
import { type Dialect, writeMarks } from "./write-marks.ts";

const LAYOUT = { bullet: "•", indent: "    ", headings: 0, tableWidth: 64 } as const;

export function encodeMrkdwn(markdown: string, mentions: readonly Mention[] = []): string {
  return writeMarks(placeMentions(layOut(simplify(markdown), LAYOUT), mentions), DIALECT);
}

const DIALECT: Dialect = {
  escape: escapeText,
  styles: { bold: "*", italic: "_", strike: "~" },
  spansLines: false,
  glue: ZERO_WIDTH,
  code: (text) => (/[`\n]/.test(text) ? undefined : `\`${escape(text)}\``),
  pre: (text) => `\`\`\`\n${escape(text).replaceAll("```", `\`${ZERO_WIDTH}\`${ZERO_WIDTH}\``)}\n\`\`\``,
  link: (url, _label, plain) => `<${escapeUrl(url)}|${escape(plain).replaceAll("|", "¦").replaceAll("\n", " ")}>`,
  mention: (id) => (/^\w+$/.test(id) ? `<@${id}>` : undefined),
  heading: (content) => content,
};

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const escapeUrl = (url: string): string => escape(url.replaceAll("|", "%7C").replaceAll("<", "%3C").replaceAll(">", "%3E"));

function escapeText(text: string, isLineStart: boolean): string {
  const quiet = escape(neutraliseCalls(text))
    // Inside a word they are no marks, and a name with underscores can be copied as it is.
    .replace(/[*_~`]/g, (mark, at: number, whole: string) => (isInWord(whole, at) ? mark : mark + ZERO_WIDTH));
  return quiet.replace(isLineStart ? /^([ \t]*)(?=&gt;)/gm : /(\n[ \t]*)(?=&gt;)/g, `$1${ZERO_WIDTH}`);
}

const WORD = /[\p{L}\p{N}]/u;

function isInWord(text: string, at: number): boolean {
  return WORD.test(text[at - 1] ?? "") && WORD.test(text[at + 1] ?? "");
}
