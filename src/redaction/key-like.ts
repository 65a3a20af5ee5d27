/**
 * Random-looking values beside a key-like word: `API_KEY=…`, `"password": "…"`, `token is …`. Knows no issuer. Pure.
 * Invariant: linear in the text (one start for each word, everything after it bounded).
 */
import type { Span } from "./spans.ts";

/** What stands beside one of these is a secret whatever it looks like; as the last word of a name. */
export const PLAINLY_SECRET: ReadonlySet<string> = new Set(["password", "passwd", "passphrase", "secret", "pin"]);
const KEY_LIKE: ReadonlySet<string> = new Set([
  ...PLAINLY_SECRET,
  "pwd",
  "pass",
  "token",
  "key",
  "apikey",
  "credential",
  "authtoken",
  "sessionid",
  "phpsessid",
]);
/** A `key` of these is looked up by, or is meant for everybody. */
const HARMLESS_KEYS: ReadonlySet<string> = new Set(
  "public primary foreign cache idempotency partition sort map object dict hash unique row react lookup composite natural candidate index translation query group shortcut hot lock dedupe registry bucket state".split(
    " ",
  ),
);
const HARMLESS_TOKENS: ReadonlySet<string> = new Set("page next cursor continuation sync csrf design syntax prev".split(" "));
/** A `key` of these opens something, even when its value is plain hexadecimal. */
const OPENING_KEYS: ReadonlySet<string> = new Set(
  "api access secret private auth signing encryption account master service admin app application integration ingest license webhook hmac client consumer subscription shared server session storage deploy write read rest crypto".split(
    " ",
  ),
);

/** Shorter passwords are not told from words. */
const MIN_PASSWORD_CHARS = 8;
const MIN_CHARS = 12;
/** Bits for each character: words lie near 2.5 to 3, random letters of 12 or more above 3. */
const MIN_ENTROPY = 3;

/** So much of a value is looked at to tell whether it is random. */
const JUDGED_CHARS = 64;

const NAME =
  "(?<![A-Za-z0-9_.-])(?<name>-{0,2}[A-Za-z0-9_.-]{0,80}?(?:pass(?:w(?:or)?d|phrase)?|pwd|pin|secret|token|key|credential|sess(?:ion)?id)s?(?:_?\\d{1,3})?)";
/** Also as JSON in JSON has them. */
const QUOTE = "\\\\{0,3}[\"'`]";
/** The `"value":` that follows a `"name":`; or `=`, `:`, `=>`, `is`, a blank, the end of a tag. Up to the quote the value begins with. */
const BETWEEN =
  `(?:(?:${QUOTE})?\\s{0,4},?\\s{0,12}(?:${QUOTE})?(?:value|content)(?:${QUOTE})?\\s{0,2}[:=]|` +
  `(?:${QUOTE}|\\]){0,2}\\s{0,4}(?:=>|:=|[:=>]|\\bis\\b)|\\s)\\s{0,4}(?:${QUOTE})?`;
const BESIDE = new RegExp(NAME + BETWEEN, "gi");
const RUN = /[^\s"'`<>,;(){}[\]|\\&]+/y;

/** In no order; may overlap. */
export function keyedSpans(text: string): Span[] {
  const spans: Span[] = [];
  // Names and values may be one run of letters (`key:key:key:…`), which is then walked through once.
  let runEnd = 0;
  for (const { 0: before, index, groups: { name = "" } = {} } of text.matchAll(BESIDE)) {
    const start = index + before.length;
    if (start >= runEnd) runEnd = endOfRun(text, start);
    const run = text.slice(start, runEnd);
    // `PASSWORD=` is empty, and the next line or word begins.
    if (/\S=\s+$/.test(before) && /^[A-Z][A-Z0-9_]*=/.test(run)) continue;
    // The full stop of a sentence; inside quotes it belongs to the value.
    const value = /["'`]/.test(text.charAt(runEnd)) ? run : run.replace(/[.:!?]{1,3}$/, "");
    if (isSecretBeside(name, value.slice(0, JUDGED_CHARS))) spans.push({ start, end: start + value.length, name: lastWord(name) });
  }
  return spans;
}

function endOfRun(text: string, start: number): number {
  RUN.lastIndex = start;
  return RUN.test(text) ? RUN.lastIndex : start;
}

/** Whether the value of this name can be taken for a secret. */
export function isSecretBeside(name: string, value: string): boolean {
  const [word, before] = lastWordsOf(name);
  if (!KEY_LIKE.has(word) || isReference(value) || isPlaceholder(value) || value.startsWith("[redacted:")) return false;
  if (word === "key") return isOpeningKey(before, value);
  if (word === "token" && HARMLESS_TOKENS.has(before)) return false;
  return isRandom(value, word === "token" || word === "credential" ? MIN_CHARS : MIN_PASSWORD_CHARS);
}

function isOpeningKey(kind: string, value: string): boolean {
  if (HARMLESS_KEYS.has(kind) || !isRandom(value, MIN_CHARS)) return false;
  return OPENING_KEYS.has(kind) || (value.length >= 20 && /[a-z]/.test(value) && /[A-Z]/.test(value) && /^[A-Za-z0-9+/_=-]+$/.test(value));
}

/** Letters and digits mixed as no word, date or number has them. */
function isRandom(value: string, minChars: number): boolean {
  if (value.length < minChars || !/[A-Za-z]/.test(value)) return false;
  if (/^[A-Za-z]+(?:[-_./:][A-Za-z]+)*\d{0,2}$/.test(value)) return value.length >= 20 && isMixedCase(value) && entropyOf(value) > 4;
  return /\d/.test(value)
    ? entropyOf(value) >= (value.length < MIN_CHARS ? 2.5 : MIN_ENTROPY)
    : /[^\w.:/-]/.test(value) && entropyOf(value) >= MIN_ENTROPY;
}

/** Capitals where no word of camel case begins: at least three changes of case for each ten letters. */
function isMixedCase(value: string): boolean {
  return (value.match(/[a-z][A-Z]|[A-Z][a-z]/g)?.length ?? 0) >= value.length * 0.35;
}

/** A random-looking value under a key-like name, such as the value of `SERVICE_API_KEY`. */
export function looksLikeSecret(key: string, value: string): boolean {
  if (!KEY_LIKE.has(lastWord(key)) || /public_?key$/i.test(key)) return false;
  return value.length >= MIN_CHARS && !/\s/.test(value) && !isReference(value) && entropyOf(value) >= MIN_ENTROPY;
}

/** A path, `${NAME}` or SECRET_REF(name) says where a secret is and is none. */
export function isReference(value: string): boolean {
  return /^(?:[~.]{0,2}\/|\$\{?\w+\}?$|SECRET_REF\()/.test(value);
}

/** Stands where a value would, or says where it comes from. */
export function isPlaceholder(value: string): boolean {
  return /^(?:\$|\{\{|%|#|@|https?:|process\.|os\.|env\.|self\.|this\.|--?[a-z]|config\.|settings\.|[*x.•-]{4})|example|changeme|placeholder|your[-_]|my[-_]/i.test(
    value,
  );
}

/** In lower case and the singular: `botTokens` gives `token`. */
export function lastWord(key: string): string {
  return lastWordsOf(key)[0];
}

/** The last word of a name and the one before it. */
function lastWordsOf(name: string): readonly [string, string] {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  return [(words.at(-1) ?? "").replace(/(?<!s)s$/, ""), words.at(-2) ?? ""];
}

/** Shannon's, in bits for each character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - (count / text.length) * Math.log2(count / text.length), 0);
}
