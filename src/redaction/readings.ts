/**
 * A text as other programs would read it: escapes undone, invisible letters and white space taken out. Each letter of a reading knows which
 * letters of the text it stands for, so that what is found in a reading can be masked in the text. Pure.
 * Invariant: linear in the text, and no reading is longer than it.
 */

export interface Reading {
  readonly text: string;
  /** Where in the original the letter of the reading begins, and ends; undefined when the reading is the original itself. */
  readonly from?: Uint32Array | undefined;
  readonly to?: Uint32Array | undefined;
}

/** What one text can be read as. `open` keeps its white space; `closed` has none, nor marks of quoted lines. */
export interface Readings {
  readonly open: readonly Reading[];
  readonly closed: readonly Reading[];
}

/** JSON in JSON in a URL is as deep as programs go. */
const MOST_ROUNDS = 3;

export function readingsOf(text: string): Readings {
  const open: Reading[] = [];
  const closed: Reading[] = [];
  let reading: Reading | undefined = { text };
  for (let round = 0; reading && round <= MOST_ROUNDS; round += 1) {
    open.push(reading);
    const visible = without(reading, isInvisible);
    if (visible) open.push(visible);
    closed.push(closeUp(visible ?? reading));
    reading = unescape(reading);
  }
  return { open, closed };
}

/** The place in the original of the letters `start` to `end` (not included) of a reading. */
export function placeOf({ from, to }: Reading, start: number, end: number): { readonly start: number; readonly end: number } {
  if (!from || !to) return { start, end };
  return { start: from[start] ?? 0, end: to[end - 1] ?? 0 };
}

/** White space taken out: what was split over lines, quoted or indented is whole again. The same for a secret and for a text. */
export function closedText(text: string): string {
  return closeUp(without({ text }, isInvisible) ?? { text }).text;
}

const ESCAPED =
  /(?:%[0-9A-Fa-f]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[nrtbf"'`\\/]|&#\d{1,7};|&#[xX][0-9A-Fa-f]{1,6};|&[A-Za-z]{2,6};/g;
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
/** The named ones that escaping functions write. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  sol: "/",
  equals: "=",
  plus: "+",
};

/** One layer of percent, backslash and HTML escapes undone; undefined when there is none. */
function unescape(reading: Reading): Reading | undefined {
  const { text } = reading;
  if (!/[%\\&]/.test(text)) return undefined;
  const builder = createBuilder(reading);
  let done = 0;
  for (const match of text.matchAll(ESCAPED)) {
    const letters = match[0].startsWith("%") ? percentLetters(match[0]) : escapedLetter(match[0]);
    if (!letters) continue;
    builder.keep(done, match.index);
    for (const { letter, at, length } of letters) builder.put(letter, match.index + at, match.index + at + length);
    done = match.index + match[0].length;
  }
  if (done === 0) return undefined;
  builder.keep(done, text.length);
  return builder.reading();
}

interface Letter {
  /** One or two UTF-16 units. */
  readonly letter: string;
  /** Place and length in the escape. */
  readonly at: number;
  readonly length: number;
}

function escapedLetter(escape: string): Letter[] | undefined {
  const letter = letterOf(escape);
  return letter === undefined ? undefined : [{ letter, at: 0, length: escape.length }];
}

function letterOf(escape: string): string | undefined {
  const digits = /^(?:\\u\{?|\\x|&#[xX])([0-9A-Fa-f]+)/.exec(escape)?.[1];
  if (digits !== undefined) return fromCode(parseInt(digits, 16));
  if (escape.startsWith("&#")) return fromCode(parseInt(escape.slice(2), 10));
  if (escape.startsWith("&")) return ENTITIES[escape.slice(1, -1).toLowerCase()];
  const letter = escape.charAt(1);
  return CONTROLS[letter] ?? letter;
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** Percent-encoded bytes are UTF-8; bytes that are not stay undone as Latin-1, so that nothing near them is missed. */
function percentLetters(run: string): Letter[] {
  const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
  const letters: Letter[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = utf8Size(bytes[at] ?? 0);
    const letter = bytes.toString(size > 1 && at + size <= bytes.length ? "utf8" : "latin1", at, at + size);
    const isWhole = size === 1 || (!letter.includes("\ufffd") && at + size <= bytes.length);
    const taken = isWhole ? size : 1;
    letters.push({ letter: isWhole ? letter : String.fromCharCode(bytes[at] ?? 0), at: at * 3, length: taken * 3 });
    at += taken;
  }
  return letters;
}

function utf8Size(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function without(reading: Reading, isOut: (code: number) => boolean): Reading | undefined {
  const { text } = reading;
  const builder = createBuilder(reading);
  let done = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (!isOut(text.charCodeAt(at))) continue;
    builder.keep(done, at);
    done = at + 1;
  }
  if (done === 0) return undefined;
  builder.keep(done, text.length);
  return builder.reading();
}

/** Marks in front of quoted and continued lines go with the white space before them. */
function closeUp(reading: Reading): Reading {
  let isLineStart = false;
  const closed = without(reading, (code) => {
    if (code === LINE_FEED || code === CARRIAGE_RETURN) return (isLineStart = true);
    if (isSpace(code)) return true;
    const isMark = isLineStart && LINE_MARKS.has(code);
    isLineStart &&= isMark;
    return isMark;
  });
  return closed ?? reading;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LINE_MARKS: ReadonlySet<number> = new Set([..."|>│"].map((mark) => mark.charCodeAt(0)));

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13 || code === 11 || code === 12 || code === 0xa0 || code === 0x2028;
}

/** Letters that show nothing: soft hyphen, zero-width, direction marks, variation selectors, controls. */
function isInvisible(code: number): boolean {
  if (code < 0xad) return code < 32 && !isSpace(code);
  if (code < 0x200b) return code === 0xad || code === 0x34f || code === 0x61c || code === 0x180e;
  return (
    code <= 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0xfeff
  );
}

/** Collects a reading of a reading: places always lead to the original. */
function createBuilder(of: Reading) {
  const parts: string[] = [];
  const from = new Uint32Array(of.text.length);
  const to = new Uint32Array(of.text.length);
  let length = 0;
  const place = (start: number, end: number): void => {
    ({ start: from[length], end: to[length] } = placeOf(of, start, end));
    length += 1;
  };
  return {
    keep(start: number, end: number): void {
      if (end > start) parts.push(of.text.slice(start, end));
      for (let at = start; at < end; at += 1) place(at, at + 1);
    },
    put(letter: string, start: number, end: number): void {
      parts.push(letter);
      for (let unit = 0; unit < letter.length; unit += 1) place(start, end);
    },
    reading: (): Reading => ({ text: parts.join(""), from: from.subarray(0, length), to: to.subarray(0, length) }),
  };
}
