/**
 * One safe directory name per person, whatever the person is called. Pure.
 * Invariant: lower-case ASCII letters, digits and single hyphens, 1 to 40 characters, so it is one folder everywhere and never a path.
 */
import { createHash } from "node:crypto";

const MAX_CHARS = 40;
const SAFE_DIR = /^(?=.{1,40}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Letters that NFKD does not take apart. */
const LETTERS: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ħ: "h", ı: "i" };

/** Names of devices on Windows, where they are no folders. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

export function isSafeDir(dir: string): boolean {
  return SAFE_DIR.test(dir) && !DEVICE.test(dir);
}

/**
 * A directory name made from a display name, an @username or an e-mail address (its local part), that is not in `taken`.
 * The same name and the same `taken` always give the same answer.
 */
export function safeDir(name: string, taken: ReadonlySet<string>): string {
  const wanted = folded(name) || nameless(name);
  if (isSafeDir(wanted) && !taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const dir = trimmed(wanted.slice(0, MAX_CHARS - suffix.length)) + suffix;
    if (!taken.has(dir)) return dir;
  }
}

function folded(name: string): string {
  const local = /^([^\s@]+)@[^\s@]+$/.exec(name.trim())?.[1] ?? name;
  const plain = local.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const ascii = plain.replace(/[^\x00-\x7f]/gu, (letter) => LETTERS[letter] ?? "-");
  return trimmed(ascii.replace(/[^a-z0-9]+/g, "-"))
    .slice(0, MAX_CHARS)
    .replace(/-$/, "");
}

/** A name without a single letter of ours (other scripts, emoji) keeps apart by its hash, whoever comes first. */
function nameless(name: string): string {
  return `person-${createHash("sha256").update(name.normalize("NFKC"), "utf8").digest("hex").slice(0, 8)}`;
}

function trimmed(text: string): string {
  return text.replace(/^-+|-+$/g, "");
}
