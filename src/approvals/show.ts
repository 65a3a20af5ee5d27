/**
 * The exact action as a person reads it on a card: one line for each value, keys in canonical order, secrets masked, invisible letters
 * marked, long values cut in their middle and each on its own, so that no value can push another out of sight.
 * Invariant: equal digests give equal pictures, and no value can draw a line that looks like a key of its own.
 */
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { Redact } from "../redaction/secrets.ts";
import { neutralise } from "./invisible.ts";

export interface ShowOptions {
  /** Of the whole picture, in code points; kept unless there are so many values that even their shortest forms need more. */
  readonly maxChars: number;
  readonly redact: Redact;
}

interface Leaf {
  readonly path: string;
  readonly text: string;
}

/** A value is never cut below this: head and tail of 24 code points each. */
const MIN_VALUE_CHARS = 48;
/** Of a key, which is cut as a value is. */
const MAX_PATH_CHARS = 120;
/** More values than this are counted, not drawn; the first and the last of them are. */
const MAX_LEAVES = 60;
/** For the indent and the note about what was left out. */
const LINE_EXTRA_CHARS = 45;

export function showAction(action: ApprovalAsk["action"], { maxChars, redact }: ShowOptions): string {
  const leaves = leavesOf(action, "").map((leaf) => ({
    path: cutMiddle(singleLine(neutralise(redact(leaf.path))), MAX_PATH_CHARS),
    text: neutralise(redact(leaf.text)),
  }));
  const drawn = leaves.length <= MAX_LEAVES ? leaves : [...leaves.slice(0, MAX_LEAVES / 2), ...leaves.slice(-MAX_LEAVES / 2)];
  const share = shareOf(drawn, maxChars);
  const lines = drawn.map(({ path, text }) => `${path}: ${setOff(cutMiddle(text, share))}`);
  if (drawn.length < leaves.length) lines.splice(MAX_LEAVES / 2, 0, `⟨${leaves.length - drawn.length} more values not shown⟩`);
  return lines.join("\n");
}

function leavesOf(value: unknown, path: string): Leaf[] {
  if (typeof value !== "object" || value === null) return [{ path: path || "(value)", text: textOf(value) }];
  if (Array.isArray(value)) {
    if (value.length === 0) return [{ path, text: "[]" }];
    return value.flatMap((part, at) => leavesOf(part, `${path}[${at}]`));
  }
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return [{ path: path || "(action)", text: "{}" }];
  return keys.flatMap((key) => leavesOf((value as Record<string, unknown>)[key], path ? `${path}.${keyText(key)}` : keyText(key)));
}

/** Plain keys as they are, others quoted, so that a key with a dot or a colon is not taken for two. */
function keyText(key: string): string {
  return /^[\w$-]+$/.test(key) ? key : JSON.stringify(key);
}

/** Texts without quotes, since people read commands; with them where the text would be taken for something else or shows nothing. */
function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "null";
  return value !== value.trim() || value === "" || /^(?:true|false|null|[-\d.]+|\[\]|\{\}|".*")$/s.test(value)
    ? JSON.stringify(value)
    : value;
}

/** The largest share of each value with which the whole still fits: short values leave theirs to the long ones. */
function shareOf(leaves: readonly Leaf[], maxChars: number): number {
  const lengths = leaves.map(({ text }) => countOf(text)).sort((a, b) => a - b);
  let left = maxChars - leaves.reduce((sum, { path }) => sum + countOf(path) + LINE_EXTRA_CHARS, 0);
  for (const [at, length] of lengths.entries()) {
    const share = Math.floor(left / (lengths.length - at));
    if (length > share) return Math.max(share, MIN_VALUE_CHARS);
    left -= length;
  }
  return Infinity;
}

function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const letters = [...text];
  if (letters.length <= maxChars) return text;
  const half = Math.floor(maxChars / 2);
  return `${letters.slice(0, half).join("")} ⟨… ${letters.length - 2 * half} characters left out …⟩ ${letters.slice(-half).join("")}`;
}

/** Text of several lines begins on a line of its own, and each of them with a bar. */
export function setOff(text: string): string {
  return text.includes("\n") ? `\n${text}`.replaceAll("\n", "\n  │ ") : text;
}

export function singleLine(text: string): string {
  return text.replace(/[\n\t]/g, " ");
}

function countOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count + 4 * (text.split("\n").length - 1);
}
