/** Runs as one text in which marks are characters, for platforms that parse what they are sent. What the characters are is the dialect's. Pure. */
import { type Mark, plainOf, type Run } from "./lay-out.ts";

export interface Dialect {
  /** Text that must not be taken for marks. `isLineStart`: the text begins a line. */
  readonly escape: (text: string, isLineStart: boolean) => string;
  /** What stands around the content of a style. */
  readonly styles: Readonly<Record<"bold" | "italic" | "strike", string>>;
  /** Whether a style goes on over the end of a line. */
  readonly spansLines: boolean;
  /** Put between a style's mark and a letter beside it, where the mark would be one of the word. */
  readonly glue: string;
  readonly code: (text: string) => string | undefined;
  readonly pre: (text: string, language: string | undefined) => string;
  readonly link: (url: string, label: string, plain: string) => string;
  /** Undefined for what is no id there. */
  readonly mention: (id: string) => string | undefined;
  readonly heading: (content: string, depth: number) => string;
}

export function writeMarks(runs: readonly Run[], dialect: Dialect): string {
  return write(runs, dialect, { before: "\n", after: "\n" });
}

/** What is read beside the runs. */
interface Neighbours {
  readonly before: string;
  readonly after: string;
}

function write(runs: readonly Run[], dialect: Dialect, { before, after }: Neighbours): string {
  let written = "";
  let previous = before;
  for (const [at, run] of runs.entries()) {
    const plain = typeof run === "string" ? run : plainOf(run.runs);
    const next = runs[at + 1];
    const beside = { before: previous, after: next === undefined ? after : plainOf([next]) };
    written += typeof run === "string" ? dialect.escape(run, endsLine(previous)) : writeMark(run.mark, run.runs, { dialect, beside });
    // After a marker of ours a line begins anew.
    previous = typeof run !== "string" && run.mark.type === "marker" ? "\n" : plain || previous;
  }
  return written;
}

const endsLine = (text: string): boolean => /\n[ \t]*$/.test(text);

interface Around {
  readonly dialect: Dialect;
  readonly beside: Neighbours;
}

function writeMark(mark: Mark, runs: readonly Run[], { dialect, beside }: Around): string {
  const plain = plainOf(runs);
  switch (mark.type) {
    case "marker":
      return plain;
    case "code":
      return dialect.code(plain) ?? dialect.escape(plain, endsLine(beside.before));
    case "pre":
      return dialect.pre(plain, mark.language);
    case "link":
      return dialect.link(mark.url, write(runs, dialect, { before: " ", after: " " }), plain);
    case "mention":
      return dialect.mention(mark.id) ?? dialect.escape(`@${plain}`, endsLine(beside.before));
    case "quote":
      return write(runs, dialect, { before: "\n", after: "\n" }).replaceAll(/^/gm, "> ");
    case "heading":
      return dialect.heading(write(runs, dialect, { before: " ", after: " " }).replaceAll("\n", " "), mark.depth);
    case "bold":
    case "italic":
    case "strike":
      return style(dialect.styles[mark.type], write(runs, dialect, { before: beside.before, after: beside.after }), { dialect, beside });
    default:
      return mark satisfies never;
  }
}

/** Marks stand at the words, not at the white space beside them. */
function style(sign: string, content: string, { dialect, beside }: Around): string {
  const glueBefore = WORD_END.test(beside.before) ? dialect.glue : "";
  const glueAfter = WORD_START.test(beside.after) ? dialect.glue : "";
  const wrapped = content.replace(dialect.spansLines ? /\S(?:[\s\S]*\S)?/ : /\S(?:.*\S)?/g, (words) => sign + words + sign);
  return (wrapped.startsWith(sign) ? glueBefore : "") + wrapped + (wrapped.endsWith(sign) ? glueAfter : "");
}

const WORD_END = /[\p{L}\p{N}_]$/u;
const WORD_START = /^[\p{L}\p{N}_]/u;
