/** A table for platforms that have none: columns of equal width for a fixed-width font, as long as that is narrow enough. Pure. */
import type { AlignType, Table } from "mdast";
import { plainText, type SimpleSpan, spansOf } from "./simplify.ts";

/** Undefined when it would be wider than `maxWidth` columns, or would lose where a link leads. */
export function alignColumns(table: Table, maxWidth: number): string | undefined {
  const rows = table.children.map((row) => row.children.map(spansOf));
  if (rows.flat().some(hidesAddress)) return undefined;
  const cells = rows.map((row) => row.map((cell) => plainText(cell).replaceAll("\n", " ")));
  const count = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(1, ...cells.map((row) => widthOf(row[at] ?? ""))));
  if (widths.reduce((sum, width) => sum + width, GAP.length * (count - 1)) > maxWidth) return undefined;
  const [top = [], ...below] = cells.map((row) =>
    widths
      .map((width, at) => pad(row[at] ?? "", width, table.align?.[at]))
      .join(GAP)
      .trimEnd(),
  );
  return [top, widths.map((width) => "-".repeat(width)).join(GAP), ...below].join("\n");
}

const GAP = "  ";

function hidesAddress(cell: readonly SimpleSpan[]): boolean {
  return cell.some((span) =>
    span.type === "link" ? plainText(spansOf(span)) !== span.url : "children" in span && hidesAddress(spansOf(span)),
  );
}

function pad(cell: string, width: number, align: AlignType | undefined): string {
  const room = " ".repeat(Math.max(0, width - widthOf(cell)));
  if (align === "right") return room + cell;
  if (align !== "center") return cell + room;
  const left = Math.floor(room.length / 2);
  return room.slice(0, left) + cell + room.slice(left);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Drawn two columns wide: emoji, and the scripts of East Asia (Unicode East Asian Width W and F, roughly). */
const WIDE =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

function widthOf(cell: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(cell)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
