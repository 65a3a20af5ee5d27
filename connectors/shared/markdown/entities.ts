/**
 * Markdown as plain text with entities beside it (offset and length in UTF-16 units), as Telegram takes it: nothing is parsed there, so nothing
 * has to be escaped. The text limit counts the text alone. Pure.
 * Entities: Telegram Bot API 10.3, MessageEntity (2026-08).
 */
import type { Mention } from "../../../src/contract/message.ts";
import { layOut, type Mark, type Run } from "./lay-out.ts";
import { neutraliseNames, placeMentions } from "./mentions.ts";
import { simplify } from "./simplify.ts";

export interface Entity {
  readonly type: "bold" | "italic" | "strikethrough" | "code" | "pre" | "text_link" | "text_mention" | "blockquote";
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
  /** Who is notified; Telegram needs no more of them than this. */
  readonly user?: { readonly id: number };
}

export interface TextWithEntities {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/** Wide enough for small tables, narrow enough for a phone held upright. */
const LAYOUT = { bullet: "•", indent: "   ", headings: 0, tableWidth: 40 } as const;

export function encodeEntities(markdown: string, mentions: readonly Mention[] = []): TextWithEntities {
  const open: Drafting[] = [];
  let text = "";

  function add(runs: readonly Run[], marks: readonly Mark[]): void {
    for (const run of runs) {
      if (typeof run !== "string") {
        add(run.runs, [...marks, run.mark]);
        continue;
      }
      const isCode = marks.some(({ type }) => type === "code" || type === "pre");
      const shown = isCode ? run : neutraliseNames(run);
      for (const mark of marks) if (!isCode || !isStyle(mark)) extend(mark, shown.length);
      text += shown;
    }
  }

  /** A style ends where code begins, for code may not stand in it, and begins again after it. */
  function extend(mark: Mark, length: number): void {
    if (length === 0) return;
    const last = open.findLast((each) => each.mark === mark);
    if (last && last.offset + last.length === text.length) last.length += length;
    else open.push({ mark, offset: text.length, length });
  }

  add(placeMentions(layOut(simplify(markdown), LAYOUT), mentions), []);
  return { text, entities: open.flatMap(entityOf) };
}

interface Drafting {
  readonly mark: Mark;
  readonly offset: number;
  length: number;
}

const isStyle = ({ type }: Mark): boolean => type === "bold" || type === "italic" || type === "strike";

function entityOf({ mark, offset, length }: Drafting): Entity[] {
  switch (mark.type) {
    case "bold":
    case "heading":
      return [{ type: "bold", offset, length }];
    case "italic":
    case "code":
      return [{ type: mark.type, offset, length }];
    case "strike":
      return [{ type: "strikethrough", offset, length }];
    case "quote":
      return [{ type: "blockquote", offset, length }];
    case "pre":
      return [{ type: "pre", offset, length, ...(mark.language === undefined ? {} : { language: mark.language }) }];
    case "link":
      // A mail address is found in the text by the platform itself.
      return /^https?:/i.test(mark.url) ? [{ type: "text_link", offset, length, url: mark.url }] : [];
    case "mention":
      return /^\d+$/.test(mark.id) ? [{ type: "text_mention", offset, length, user: { id: Number(mark.id) } }] : [];
    case "marker":
      return [];
    default:
      return mark satisfies never;
  }
}
