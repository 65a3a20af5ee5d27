/**
 * Replies an agent has printed in its own pane: what follows the flipped preamble. Pure.
 * Invariant: only what stands below the message it answers is a reply to it, and a person's text can hold no preamble (preamble.ts).
 */

/** Ends a printed reply that has empty lines in it. */
export const END_MARK = "[end]";

export interface PrintedReply {
  readonly text: string;
  /** The end mark is there. Without it a reply ends with an empty line, and only its coming to rest says that it is whole. */
  readonly isMarked: boolean;
}

export interface Preambles {
  /** As it was typed in front of the message. */
  readonly asked: string;
  /** The same flipped. */
  readonly answered: string;
}

/** Bullets and prompt signs an interface draws in front of what its agent says. */
const DECORATION = /^[\s●⏺•∙◦*>❯›│┃|▌-]*/u;
const PREAMBLE = /^\[[^\]]+ -> [^\]]+\]/;
const RULE = /^[\s─━═╭╮╰╯┌┐└┘│┃┄┈]+$/u;

/** The first reply below the last place where the message was shown. `history`: the pane's text, lines broken by the terminal joined. */
export function printedReply(history: string, { asked, answered }: Preambles): PrintedReply | undefined {
  const lines = history.split("\n").map((line) => line.trimEnd());
  const question = lines.findLastIndex((line) => line.includes(asked));
  const start = lines.findIndex((line, at) => at > question && line.replace(DECORATION, "").startsWith(answered));
  if (start < 0) return undefined;
  const first = (lines[start] ?? "").replace(DECORATION, "").slice(answered.length).trim();
  if (first.endsWith(END_MARK)) return { text: first.slice(0, -END_MARK.length).trim(), isMarked: true };
  const below = lines.slice(start + 1);
  const next = below.findIndex((line) => PREAMBLE.test(line.replace(DECORATION, "")));
  const rest = next < 0 ? below : below.slice(0, next);
  const end = rest.findIndex((line) => line.trim() === END_MARK);
  if (end >= 0) return { text: joined(first, rest.slice(0, end)), isMarked: true };
  const paragraph = rest.findIndex((line) => line.trim() === "" || RULE.test(line) || /^\s*[>❯›$]/.test(line));
  return { text: joined(first, paragraph < 0 ? rest : rest.slice(0, paragraph)), isMarked: false };
}

function joined(first: string, rest: readonly string[]): string {
  const indents = rest.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const indent = Math.min(...indents, 8);
  return [first, ...rest.map((line) => line.slice(indent))].join("\n").trim();
}
