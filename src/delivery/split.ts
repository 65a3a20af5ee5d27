/** Cuts long text at block, line, word and at last grapheme borders, in the platform's own unit. Open code fences are closed and opened again. */
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
  while (lengthIn(limit.unit, opening + rest) > limit.max) {
    const room = limit.max - lengthIn(limit.unit, opening) - lengthIn(limit.unit, "\n```");
    const head = rest.slice(0, cutBefore(rest, Math.max(room, 1), limit.unit));
    const fence = openFence(opening + head);
    parts.push(opening + head + (fence === undefined ? "" : `${head.endsWith("\n") ? "" : "\n"}${fence.marks}`));
    rest = rest.slice(head.length);
    opening = fence === undefined ? "" : `${fence.line}\n`;
  }
  return [...parts, opening + rest];
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

function longestPrefix(text: string, room: number, unit: TextLimit["unit"]): number {
  // No grapheme is longer than its text; looking only at what can fit keeps this linear for texts of megabytes.
  const window = text.slice(0, room);
  let used = 0;
  let end = 0;
  for (const { segment, index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(window)) {
    used += lengthIn(unit, segment);
    if (used > room) break;
    end = index + segment.length;
  }
  return Math.max(end, 1);
}

/** The fence still open at the end of a text, as it was opened. */
function openFence(text: string): { readonly line: string; readonly marks: string } | undefined {
  let open: { line: string; marks: string } | undefined;
  for (const line of text.split("\n")) {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (marks === undefined) continue;
    if (!open) open = { line: line.trim(), marks };
    else if (marks.startsWith(open.marks) && line.trim() === marks) open = undefined;
  }
  return open;
}
