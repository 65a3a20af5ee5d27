/**
 * Cuts running text in two, through emphasis and links, which are closed before the cut and opened again after it. Pure.
 * Offsets count UTF-16 units of what is read, marks apart. Invariant: no grapheme is broken that fits into a part.
 */
import type { PhrasingContent } from "mdast";
import { mostWithin } from "./most-within.ts";

export type Words = readonly PhrasingContent[];

export interface WordsCut {
  readonly head: PhrasingContent[];
  readonly tail: PhrasingContent[];
}

/** The longest head of at most `max`; empty when nothing fits. White space at the cut is left out. */
export function cutWords(words: Words, weigh: (head: PhrasingContent[]) => number, max: number): WordsCut {
  const text = textOf(words);
  const most = mostWithin({ count: text.length, guess: max, max, weigh: (k) => weigh(between(words, 0, k)) });
  for (let at = borderBefore(text, most, max); at > 0; at = borderBefore(text, lessThan(at), max)) {
    const end = text.slice(0, at).trimEnd().length;
    const head = between(words, 0, end);
    // Closed marks weigh too, and a border inside a word may need escapes.
    if (end === 0 || weigh(head) > max) continue;
    return { head, tail: between(words, at + (/^\s*/.exec(text.slice(at, at + max))?.[0].length ?? 0), text.length) };
  }
  return { head: [], tail: [...words] };
}

/** Where to look next when what is before `at` weighs too much after all. */
export const lessThan = (at: number): number => Math.min(at - 1, Math.floor(at * 0.95));

/** Where to cut a text so that what is before has at most `most` units: after a line or sentence, a word, at last a grapheme. 0: nowhere. */
export function borderBefore(text: string, most: number, max: number): number {
  if (most <= 0 || most >= text.length) return Math.max(0, Math.min(most, text.length));
  const window = text.slice(0, most + 1);
  for (const border of [/\n/g, /[.!?…:;。！？](?=\s|$)|[。！？]/g]) {
    const at = lastEnd(window, border);
    if (at <= most && at >= most / 2) return at;
  }
  const space = lastEnd(window, /\s/g);
  const wordEnd = /\s/.exec(text.slice(most, most + max))?.index ?? max;
  // A long word, an address above all, goes whole into the next part if it fits there.
  if (space > 0 && (space >= most / 2 || most - space + wordEnd < max)) return Math.min(space, most);
  return graphemeBefore(text, most);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** No sensible grapheme is longer, in UTF-16 units; looking back only so far keeps a long line cheap. */
const LONGEST_GRAPHEME = 200;

/** The last border of graphemes at or before `at`, 0 within the first one; in one that does not end the last border of characters. */
function graphemeBefore(text: string, at: number): number {
  const from = Math.max(0, at - LONGEST_GRAPHEME);
  const start = isLowSurrogate(text, from) ? from + 1 : from;
  const containing = graphemes.segment(text.slice(start, at + LONGEST_GRAPHEME)).containing(at - start);
  const border = start + (containing?.index ?? at - start);
  if (border > start || start === 0) return border;
  return isLowSurrogate(text, at) ? at - 1 : at;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function lastEnd(text: string, border: RegExp): number {
  let end = 0;
  for (const match of text.matchAll(border)) end = match.index + match[0].length;
  return end;
}

/** Stands for what is no place to cut at. Neither white space nor a part of a grapheme. */
const SOLID = "\uFFFC";

/** What is read of the words. What is not text is one unit; a link or a piece of code is one long word. */
function textOf(words: Words): string {
  return words.map(readOne).join("");
}

function readOne(word: PhrasingContent): string {
  if (word.type === "inlineCode") return word.value.replaceAll(/\s/g, SOLID);
  if (word.type === "link") return textOf(word.children).replaceAll(/\s/g, SOLID);
  if ("children" in word) return textOf(word.children);
  if ("value" in word) return word.value;
  return word.type === "break" ? "\n" : SOLID;
}

function lengthOf(word: PhrasingContent): number {
  if ("children" in word) return word.children.reduce((sum, child) => sum + lengthOf(child), 0);
  return "value" in word ? word.value.length : 1;
}

/** The words from one offset to another, in the marks around them. */
function between(words: Words, start: number, end: number): PhrasingContent[] {
  const found: PhrasingContent[] = [];
  let at = 0;
  for (const word of words) {
    if (at >= end) break;
    const length = lengthOf(word);
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, length)];
    at += length;
    if (from >= to) continue;
    const { position: _, ...rest } = word;
    const whole = from === 0 && to === length;
    if ("children" in word) found.push({ ...rest, children: between(word.children, from, to) } as PhrasingContent);
    else if (whole || !("value" in word)) found.push(word);
    else found.push({ ...rest, value: word.value.slice(from, to) } as PhrasingContent);
  }
  return found;
}
