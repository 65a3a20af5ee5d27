/** The forms in which a program may write a secret that undoing escapes does not bring back: base64, hexadecimal, other white space. Pure. */
import type { Literal } from "./literal-index.ts";
import { closedText, readingsOf } from "./readings.ts";

export interface Form extends Literal {
  readonly name: string;
  /** Counts only where no letter or digit stands beside it. */
  readonly wholeWord: boolean;
  /** Letters before and after it that hold bits of the secret and of its neighbours. */
  readonly before: number;
  readonly after: number;
}

export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Below this many characters a value is too common to be looked for: it would blacken ordinary words. */
export const MIN_CHARS = 4;
/** Shorter values (a PIN) count only as a whole word and in few forms; longer ones also inside other text. */
const WORD_CHARS = 12;
/** A line of a secret of several lines that is this long is one by itself. */
const LINE_CHARS = 24;

/** To be looked for in readings that keep their white space. */
export function openForms({ name, value }: Secret): Form[] {
  if (value.length < MIN_CHARS) return [];
  const wholeWord = value.length < WORD_CHARS;
  const plain = (text: string, anyCase = false): Form => ({ name, text, anyCase, wholeWord, before: 0, after: 0 });
  const bytes = Buffer.from(value, "utf8");
  const texts = new Set([
    ...unescaped(value),
    value.replaceAll(" ", "+"),
    escapedOnce(value),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ]);
  const hex = bytes.toString("hex");
  const spaced = [":", " ", "-"].map((between) => hex.replace(/..(?=.)/g, (pair) => pair + between));
  const forms = [...[...texts].map((text) => plain(text)), ...[hex, ...spaced].map((text) => plain(text, true))];
  return wholeWord ? forms : [...forms, ...base64Inside(name, bytes)];
}

/** To be looked for in readings without white space; none of a short secret, which white space would piece together from anything. */
export function closedForms({ name, value }: Secret): Form[] {
  const bytes = Buffer.from(value, "utf8");
  const lines = value.split(/\r?\n/);
  const whole = [
    ...unescaped(value).map(closedText),
    closedText(escapedOnce(value)),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ];
  const texts = [
    ...whole,
    ...(lines.length > 1 ? lines.filter((line) => line.length >= LINE_CHARS && !line.startsWith("-----")).map(closedText) : []),
  ];
  const plain = (text: string, anyCase = false): Form => ({ name, text, anyCase, wholeWord: false, before: 0, after: 0 });
  if (closedText(value).length < WORD_CHARS) return [];
  return [...[...new Set(texts)].map((text) => plain(text)), plain(bytes.toString("hex"), true), ...base64Inside(name, bytes)];
}

/** As it is, and as it reads where a text is unescaped: a value may look like an escape itself. */
function unescaped(value: string): string[] {
  return readingsOf(value).open.map(({ text }) => text);
}

/** As JSON writes it: found before its escapes are undone, so that a value that looks like an escape itself is found too. */
function escapedOnce(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/**
 * The value inside a longer base64 text, e.g. `user:value` of a Basic header: base64 writes 3 bytes as 4 letters, so there are three
 * alignments, and of each the letters that depend on this value alone.
 */
function base64Inside(name: string, bytes: Buffer): Form[] {
  return [0, 1, 2].flatMap((lead) => {
    const encoded = Buffer.concat([Buffer.alloc(lead), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const wholeLetters = Math.floor(((lead + bytes.length) * 8) / 6);
    const inner = encoded.slice(Math.ceil((lead * 8) / 6), wholeLetters);
    const edges = { wholeWord: false, before: lead === 0 ? 0 : 1, after: wholeLetters < encoded.length ? 1 : 0 };
    return [...new Set([inner, inner.replaceAll("+", "-").replaceAll("/", "_")])].map((text) => ({ name, text, ...edges }));
  });
}
