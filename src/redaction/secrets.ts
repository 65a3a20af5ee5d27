/**
 * Replaces registered secrets, in every form a program may write them in, by their name, and then what anybody would take for a secret.
 * Knows nothing of where secrets come from. Invariant: no text goes out with a registered secret, also not piece by piece.
 */
import { assignedSpans } from "./assigned.ts";
import { closedForms, type Form, openForms, type Secret } from "./forms.ts";
import { keyedSpans } from "./key-like.ts";
import { createLiteralIndex, type LiteralIndex } from "./literal-index.ts";
import { tokenSpans } from "./patterns.ts";
import { placeOf, type Reading, readingsOf } from "./readings.ts";
import { merge, outside, placesOf, replaceSpans, type Span } from "./spans.ts";

export type { Secret };

/**
 * Registered secrets, well-known tokens, random values beside a key-like word and what a name in capitals calls secret, as `[redacted:NAME]`. Of the texts in `exempt`, typed
 * fields of our own that may stand in the text, only registered secrets are masked. Twice is as good as once.
 */
export type Redact = (text: string, exempt?: readonly string[]) => string;

/** A text that is still being written. */
export interface GrowingText {
  /** Of all there is so far, what can be shown, redacted: without an end that may be the beginning of a secret. Never shows less of a longer text. */
  shown(text: string): string;
  /**
   * Where an end begins that may be the beginning of a registered secret, four letters or more (fewer end any sentence); the text's length
   * when there is none.
   */
  heldFrom(text: string): number;
}

/** Everything the hub does about its secrets. */
export interface Secrecy {
  /** For all that goes out. */
  readonly redact: Redact;
  /** For the log: without guessing by randomness, so that no id of a trace is masked by chance. */
  readonly redactLog: Redact;
  /** For what people write: registered secrets become `SECRET_REF(name)`. */
  readonly hide: (text: string) => string;
  readonly growing: GrowingText;
}

export function createSecrecy(secrets: readonly Secret[]): Secrecy {
  return {
    redact: createRedactor(secrets),
    redactLog: createLogRedactor(secrets),
    hide: createSecretReplacer(secrets, (name) => `SECRET_REF(${name})`),
    growing: createGrowingText(secrets),
  };
}

export function createRedactor(secrets: readonly Secret[]): Redact {
  const registered = createFinder(secrets);
  return (text, exempt = []) => replaceSpans(text, allSpans(registered, text, exempt), redactedMark);
}

/** As `Secrecy.redactLog`. */
export function createLogRedactor(secrets: readonly Secret[]): Redact {
  const registered = createFinder(secrets);
  return (text) => replaceSpans(text, merge([...registered.find(text), ...outside(tokenSpans(text), marksIn(text))]), redactedMark);
}

/** Only the registered values, each replaced by `mark(name)`: e.g. `SECRET_REF(name)` for a secret that arrives in chat. */
export function createSecretReplacer(secrets: readonly Secret[], mark: (name: string) => string): (text: string) => string {
  const { find } = createFinder(secrets);
  return (text) => replaceSpans(text, merge(find(text)), mark);
}

export function createGrowingText(secrets: readonly Secret[]): GrowingText {
  const registered = createFinder(secrets);
  return {
    shown(text) {
      const spans = allSpans(registered, text, []);
      let end = Math.min(lastWordAt(text), registered.beginningAt(text, 1));
      end = spans.find((span) => span.start < end && end < span.end)?.start ?? end;
      return replaceSpans(
        text.slice(0, end),
        spans.filter((span) => span.end <= end),
        redactedMark,
      );
    },
    heldFrom: (text) => registered.beginningAt(text, HEAD_CHARS),
  };
}

function redactedMark(name: string): string {
  return `[redacted:${name}]`;
}

function allSpans(registered: Finder, text: string, exempt: readonly string[]): Span[] {
  const own = merge([...placesOf(text, exempt), ...marksIn(text)]);
  const known = registered.find(text);
  return merge([...known, ...outside([...tokenSpans(text), ...keyedSpans(text), ...assignedSpans(text)], own)]);
}

/** What stands for a secret already. */
function marksIn(text: string): Span[] {
  return Array.from(text.matchAll(/\[redacted:[^\]\s]{1,200}\]|SECRET_REF\([^)\s]{1,200}\)/g), ({ 0: mark, index }) => ({
    start: index,
    end: index + mark.length,
    name: "",
  }));
}

interface Finder {
  /** In no order; may overlap. */
  find(text: string): Span[];
  /** As `GrowingText.heldFrom`, of so many letters or more. */
  beginningAt(text: string, leastChars: number): number;
}

function createFinder(secrets: readonly Secret[]): Finder {
  const open = uniqueForms(secrets.flatMap(openForms));
  const closed = uniqueForms(secrets.flatMap(closedForms));
  if (open.length === 0) return { find: () => [], beginningAt: (text) => text.length };
  const inOpen = createLiteralIndex(open, HEAD_CHARS);
  const inClosed = createLiteralIndex(closed, HEAD_CHARS);
  const longest = Math.max(...[...open, ...closed].map(({ text }) => text.length));

  function beginningAt(text: string, leastChars: number): number {
    const skipped = Math.max(0, text.length - longest * ESCAPED_CHARS - TAIL_CHARS);
    const tail = text.slice(skipped);
    const readings = readingsOf(tail);
    const places = [
      ...readings.open.map((reading) => heldIn(reading, inOpen, leastChars)),
      ...readings.closed.map((reading) => heldIn(reading, inClosed, leastChars)),
    ];
    return skipped + Math.min(tail.length, ...places.flatMap((place) => place ?? []));
  }

  return {
    find(text) {
      const readings = readingsOf(text);
      return [
        ...readings.open.flatMap((reading) => spansIn(reading, inOpen)),
        ...readings.closed.flatMap((reading) => spansIn(reading, inClosed)),
      ];
    },
    beginningAt,
  };
}

/** Literals are found by their first four letters: no registered value is shorter. */
const HEAD_CHARS = 4;
/** Letters of the longest escape of one letter, e.g. `\u{10ffff}`; more only with invisible letters, for which there is some room. */
const ESCAPED_CHARS = 12;
const TAIL_CHARS = 1024;

/** Where two secrets share a form, the first has it. */
function uniqueForms(forms: readonly Form[]): Form[] {
  const byText = new Map<string, Form>();
  for (const form of forms) if (form.text.length >= HEAD_CHARS && !byText.has(form.text)) byText.set(form.text, form);
  return [...byText.values()];
}

function spansIn(reading: Reading, index: LiteralIndex<Form>): Span[] {
  const spans: Span[] = [];
  const { text } = reading;
  index.find(text, ({ literal: { name, text: form, wholeWord, before, after }, at }) => {
    const end = at + form.length;
    if (wholeWord && (isWord(text, at - 1) || isWord(text, end))) return;
    const first = before > 0 && adjoins(reading, at) ? at - 1 : at;
    const last = after > 0 && adjoins(reading, end) ? end + 1 : end;
    spans.push({ ...placeOf(reading, first, last), name });
  });
  return spans;
}

function heldIn(reading: Reading, index: LiteralIndex<Form>, leastChars: number): number | undefined {
  const at = index.beginningAt(reading.text, leastChars);
  if (at === reading.text.length) return undefined;
  // The letter before it may hold bits of it.
  const first = adjoins(reading, at) ? at - 1 : at;
  return placeOf(reading, first, first + 1).start;
}

/** Whether a letter or digit stands on both sides, with nothing between them in the original either. */
function adjoins(reading: Reading, at: number): boolean {
  if (!isWord(reading.text, at - 1) || !isWord(reading.text, at)) return false;
  return placeOf(reading, at - 1, at).end === placeOf(reading, at, at + 1).start;
}

function isWord(text: string, at: number): boolean {
  return /[A-Za-z0-9]/.test(text.charAt(at));
}

/** The last run of printable ASCII and invisible letters: a token of any shape may be growing there. Other scripts flow on. */
function lastWordAt(text: string): number {
  let at = text.length;
  while (at > 0 && isTokenLetter(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

function isTokenLetter(code: number): boolean {
  return (code > 32 && code < 127) || (code >= 0x200b && code <= 0x200f) || code === 0xad || code === 0xfeff || code === 0x2060;
}
