/**
 * Replaces registered secrets, in every form a program may write them in, by their name. Knows nothing of where secrets come from.
 * Invariant: one compiled expression serves every text, so that redaction may run on each outbound text and log line.
 */
import { redactPatterns } from "./patterns.ts";

export interface Secret {
  readonly name: string;
  readonly value: string;
}

export type Redact = (text: string) => string;

/** Below this many characters a value is too common to be looked for: it would blacken ordinary words. */
const MIN_CHARS = 4;
/** Shorter values (a PIN) count only as a whole word and in few forms; longer ones also inside other text. */
const WORD_CHARS = 12;

/** Registered values, then well-known tokens, as `[redacted:NAME]`. `SECRET_REF(name)` holds no value and so passes untouched. */
export function createRedactor(secrets: readonly Secret[]): Redact {
  const registered = createSecretReplacer(secrets, (name) => `[redacted:${name}]`);
  return (text) => redactPatterns(registered(text));
}

/** Only the registered values, each replaced by `mark(name)`: e.g. `SECRET_REF(name)` for a secret that arrives in chat. */
export function createSecretReplacer(secrets: readonly Secret[], mark: (name: string) => string): Redact {
  const nameOf = new Map<string, string>();
  for (const { name, value } of secrets) for (const form of formsOf(value)) if (!nameOf.has(form)) nameOf.set(form, name);
  if (nameOf.size === 0) return (text) => text;
  // The longest first: an alternation takes the first that fits, and one secret may begin with another.
  const forms = [...nameOf.keys()].sort((a, b) => b.length - a.length);
  const expression = new RegExp(forms.map(formPattern).join("|"), "g");
  return (text) => text.replace(expression, (found) => mark(nameOf.get(found) ?? "secret"));
}

function formPattern(form: string): string {
  const literal = form.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return form.length < WORD_CHARS ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal;
}

/** The value as it is, percent-encoded, JSON-escaped (once and twice), hexadecimal and base64. */
function formsOf(value: string): ReadonlySet<string> {
  const forms = new Set<string>();
  if (value.length < MIN_CHARS) return forms;
  forms.add(value);
  const bytes = Buffer.from(value, "utf8");
  const percent = percentEncoded(value);
  const json = JSON.stringify(value).slice(1, -1);
  for (const form of [percent, strictPercent(percent), percent.replaceAll("%20", "+"), json, JSON.stringify(json).slice(1, -1)]) {
    forms.add(form);
    forms.add(form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  }
  const hex = bytes.toString("hex");
  for (const form of [hex, hex.toUpperCase(), bytes.toString("base64"), bytes.toString("base64url")]) forms.add(form);
  if (value.length >= WORD_CHARS) for (const form of embeddedBase64(bytes)) forms.add(form);
  return forms;
}

/** `encodeURIComponent` refuses half a surrogate pair; such a value then has no percent-encoded form of its own. */
function percentEncoded(value: string): string {
  return value.isWellFormed() ? encodeURIComponent(value) : value;
}

/** RFC 3986 encoders also write these five, which `encodeURIComponent` leaves. */
function strictPercent(encoded: string): string {
  return encoded.replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The value inside a longer base64 text, e.g. `user:value` of a Basic header: base64 writes 3 bytes as 4 letters, so there are three
 * alignments, and of each the letters that depend on this value alone.
 */
function embeddedBase64(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (const lead of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(lead), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const wholeLetters = Math.floor(((lead + bytes.length) * 8) / 6);
    const inner = encoded.slice(Math.ceil((lead * 8) / 6), wholeLetters);
    forms.push(inner, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}
