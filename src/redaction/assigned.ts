/**
 * `NAME=value` as shells, build logs and `.env` files have it, where the name in capitals ends in what a secret is called (`PGPASSWORD=…`,
 * `NPM_AUTH=…`). There the name says enough, so that the value may be short or a word. Knows no issuer. Pure.
 * Invariant: linear in the text (one start for each word, the name bounded).
 */
import { isPlaceholder, isReference } from "./key-like.ts";
import type { Span } from "./spans.ts";

/** In quotes, also those of JSON in JSON, and open ones where the text was cut; or up to what ends a word. */
const VALUE = [
  `\\\\{0,3}"(?<double>[^"\\\\\\n]{1,2000})`,
  `\\\\{0,3}'(?<single>[^'\\\\\\n]{1,2000})`,
  `(?<bare>[^\\s"'\`<>,;(){}[\\]|\\\\&=][^\\s"'\`<>,;(){}[\\]|\\\\&]*)`,
];
const ASSIGNED = new RegExp(`(?<![A-Za-z0-9_])(?<name>[A-Z][A-Z0-9_]{1,100})=(?:${VALUE.join("|")})`, "g");

/** Whatever stands there is one; numbered, too (`PASSWORD_2`). */
const NAMES_SECRET = /(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|_PASS|_PWD)(?:_?\d{1,3})?$/;
/** What stands there may be one: these also name a kind, a limit or a resource. */
const MAY_NAME_SECRET = /(?:TOKEN|API_?KEY|(?:ACCESS|SECRET|PRIVATE|AUTH|SIGNING|ENCRYPTION|MASTER)_?KEY|AUTH|CREDENTIALS?)(?:_?\d{1,3})?$/;

/** Says whether there is one, how long it is, or nothing. */
const NO_VALUE = /^(?:true|false|yes|no|on|off|null|none|nil|undefined|unset|set|empty|missing|required|optional|unknown|\d{1,3})$/i;
/** Words and versions of words: `basic`, `oauth2`, `shop-registry-v2`. */
const WORDS = /^(?:[A-Z]?[a-z]+|[A-Z]+)\d{0,2}(?:[-_./:](?:[A-Z]?[a-z]+|[A-Z]+)\d{0,2})*$/;
const MIN_CHARS = 8;

/** In no order; may overlap. */
export function assignedSpans(text: string): Span[] {
  return Array.from(text.matchAll(ASSIGNED)).flatMap(({ 0: whole, index, groups }) => {
    const { name = "", double, single, bare } = groups ?? {};
    const given = double ?? single ?? bare ?? "";
    // The full stop of a sentence; inside quotes it belongs to the value.
    const value = bare === undefined ? given : given.replace(/[.:!?]{1,3}$/, "");
    const start = index + whole.length - given.length;
    return isSecret(name, value) ? [{ start, end: start + value.length, name: kindOf(name) }] : [];
  });
}

function isSecret(name: string, value: string): boolean {
  if (value === "" || value === name || isReference(value) || isPlaceholder(value) || NO_VALUE.test(value)) return false;
  if (NAMES_SECRET.test(name)) return true;
  return MAY_NAME_SECRET.test(name) && value.length >= MIN_CHARS && /[A-Za-z]/.test(value) && /\d/.test(value) && !WORDS.test(value);
}

/** What it is called on the mark: the last word of its name. */
function kindOf(name: string): string {
  const [, kind = "secret"] = /(PASSWORD|PASSWD|PASSPHRASE|SECRET|PASS|PWD|TOKEN|KEY|AUTH|CREDENTIAL)S?_?\d{0,3}$/.exec(name) ?? [];
  return kind.toLowerCase();
}
