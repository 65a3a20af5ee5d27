/**
 * Cuts long text at block, line, word and at last grapheme borders, in the platform's own unit. Open code fences are closed and opened again.
 * Invariant: no part is longer than the limit, as long as the limit holds one character.
 */
import type { TextLimit } from "../contract/connector.ts";

/** The length of a text in a platform's unit. */
export function lengthIn(unit: TextLimit["unit"], text: string): number {
  if (unit === "utf16") return text.length;
  if (unit === "bytes") return Buffer.byteLength(text);
  return [...text].length;
}

/** Parts of at most `limit.max` each; every character of `text` is in one of them, in order. An empty text is one empty part. */
export function splitText(text: string, limit: TextLimit): string[] {
  const parts: string[] = [];
  let rest = text;
  let opening = "";
  while (!fits(opening + rest, limit)) {
    const { head, closing, reopening } = cut(rest, opening, limit);
    parts.push(opening + head + closing);
    rest = rest.slice(head.length);
    opening = reopening;
  }
  return [...parts, opening + rest];
}

/** A text that is far too long is not measured, so that one of megabytes is split in a time that grows with its length only. */
function fits(text: string, { unit, max }: TextLimit): boolean {
  return text.length <= (unit === "codepoints" ? 2 * max : max) && lengthIn(unit, text) <= max;
}

interface Cut {
  readonly head: string;
  /** What ends the fence that is open after `head`, and what begins it again in the next part. */
  readonly closing: string;
  readonly reopening: string;
}

/** The longest head that fits together with what closes its fence. Which fence that is shows only once it is cut. */
function cut(rest: string, opening: string, limit: TextLimit): Cut {
  let room = limit.max - lengthIn(limit.unit, opening);
  for (;;) {
    const head = rest.slice(0, cutBefore(rest, Math.max(room, 1), limit.unit));
    const fence = openFence(opening + head, limit);
    const closing = fence === undefined ? "" : `${head.endsWith("\n") ? "" : "\n"}${fence.marks}`;
    const excess = lengthIn(limit.unit, opening + head + closing) - limit.max;
    if (excess <= 0 || room <= 1) return { head, closing, reopening: fence === undefined ? "" : `${fence.line}\n` };
    room = Math.min(room, lengthIn(limit.unit, head)) - excess;
  }
}

/** Where to cut so that what is before fits: the last blank line, else line end, else space in the second half, else a grapheme. */
function cutBefore(text: string, room: number, unit: TextLimit["unit"]): number {
  const most = longestPrefix(text, room, unit);
  const window = text.slice(0, most);
  for (const border of ["\n\n", "\n", " "]) {
    const at = window.lastIndexOf(border);
    if (at >= most / 2) return at + border.length;
  }
  return most;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** As many whole graphemes as fit; of one that is longer than all the room as many whole characters, at least one. */
function longestPrefix(text: string, room: number, unit: TextLimit["unit"]): number {
  // Two more than the longest text that can fit: whatever is cut in two at the end of the window is too long anyway.
  const window = text.slice(0, 2 * room + 2);
  const pieces = Array.from(graphemes.segment(window), ({ segment }) => segment);
  return prefixOf(pieces, room, unit) || prefixOf([...window], room, unit) || ([...window][0]?.length ?? 1);
}

function prefixOf(pieces: readonly string[], room: number, unit: TextLimit["unit"]): number {
  let used = 0;
  let end = 0;
  for (const piece of pieces) {
    used += lengthIn(unit, piece);
    if (used > room) break;
    end += piece.length;
  }
  return end;
}

/** A fence that would take more than this share of a part is opened again without its words, or not at all. */
const FENCE_SHARE = 1 / 4;

/** The fence still open at the end of a text, as it is to be opened again. */
function openFence(text: string, { unit, max }: TextLimit): { readonly line: string; readonly marks: string } | undefined {
  let open: { line: string; marks: string } | undefined;
  for (const line of text.split("\n")) {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (marks === undefined) continue;
    if (!open) open = { line: line.trim(), marks };
    else if (marks.startsWith(open.marks) && line.trim() === marks) open = undefined;
  }
  if (!open || open.marks.length > max * FENCE_SHARE) return undefined;
  return lengthIn(unit, open.line) > max * FENCE_SHARE ? { line: open.marks, marks: open.marks } : open;
}
