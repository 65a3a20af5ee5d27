/**
 * Text as a terminal shows it: what it may contain, how many cells it takes, where it wraps. Pure.
 * Invariant: nothing that came from an agent or a person reaches the terminal except through `neutralise`.
 */
import { stripVTControlCharacters } from "node:util";

const TAB = "    ";

/** Escape sequences go; other control characters, and the invisible ones that reorder text, become a visible mark. Line feeds stay. */
export function neutralise(text: string): string {
  return stripVTControlCharacters(text.replace(/\r\n?/g, "\n"))
    .replaceAll("\t", TAB)
    .replace(/(?!\n)[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu, "\u{fffd}");
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** East Asian wide and full-width blocks (Unicode 16 EastAsianWidth.txt, W and F, rounded to blocks). */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f|^\p{Regional_Indicator}{2}/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Cells of a line without line feeds; colour codes take none. */
export function cellsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) cells += cellsOfGrapheme(segment);
  return cells;
}

function cellsOfGrapheme(segment: string): number {
  if (ZERO.test(segment)) return 0;
  return WIDE.test(segment) || EMOJI.test(segment) ? 2 : 1;
}

/** At most `max` cells of one line, with "…" where something was left out. Uncoloured text only. */
export function clip(text: string, max: number): string {
  if (cellsOf(text) <= max) return text;
  return max <= 0 ? "" : `${split(text, max - 1)[0]}…`;
}

/** Whether a link longer than the line stays whole, so that it can be opened and copied, or is cut where nothing may be wider. */
export interface Links {
  readonly areCut?: boolean | undefined;
}

/** The text in lines of at most `width` cells, broken at spaces where there are any. Indentation is kept. Uncoloured text only. */
export function wrap(text: string, width: number, links: Links = {}): string[] {
  return text.split("\n").flatMap((raw) => {
    const line = raw.trimEnd();
    return breaks(line, width, links).map(([from, to]) => line.slice(from, to));
  });
}

/** A list in two columns, as lines: what is wrapped stays in the second one. */
export function wrapColumns(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const head = /^\S.*?\S {2,}/.exec(line)?.[0] ?? "";
    const inset = cellsOf(head);
    if (inset > width / 2) return wrap(line, width);
    const [first = "", ...others] = wrap(line.slice(head.length), width - inset);
    return [head + first, ...others.map((other) => " ".repeat(inset) + other)];
  });
}

/** Where the lines begin and end that `wrap` makes of one line without line feeds. */
export function breaks(line: string, width: number, { areCut = false }: Links = {}): [from: number, to: number][] {
  const lines: [from: number, to: number][] = [];
  for (let from = 0; ;) {
    const rest = line.slice(from);
    const [fits, over] = split(rest, Math.max(width, 2));
    if (over === "") return [...lines, [from, line.length]];
    const space = over.startsWith(" ") ? fits.length : fits.lastIndexOf(" ");
    const whole = areCut ? 0 : (/^\s*\S*https?:\/\/\S+/.exec(rest)?.[0].length ?? 0);
    const end = fits.slice(0, Math.max(space, 0)).trim() === "" ? Math.max(fits.length, whole) : space;
    lines.push([from, from + rest.slice(0, end).trimEnd().length]);
    from += rest.length - rest.slice(end).trimStart().length;
    if (from >= line.length) return lines;
  }
}

/** Set in by two but for the first line, which begins with `sign` (one cell) and a space. */
export function hang(sign: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${at === 0 ? sign : " "} ${line}`.trimEnd());
}

/** Lines longer than this are hard to read, however wide the terminal. */
const MEASURE = 100;

export function measureOf(width: number): number {
  return Math.min(width, MEASURE);
}

function split(text: string, max: number): [fits: string, over: string] {
  let cells = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    cells += cellsOfGrapheme(segment);
    if (cells > max) return [text.slice(0, index), text.slice(index)];
  }
  return [text, ""];
}

/** Filled up with spaces to `width` cells. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(width - cellsOf(text), 0));
}
