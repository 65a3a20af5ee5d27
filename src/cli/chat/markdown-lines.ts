/**
 * Markdown as lines for a terminal: marks become colours, or nothing where there are none; what is wrapped hangs below its own beginning.
 * Pure. Invariant: no line is wider than `width` cells but a link that is, and no word of the text is lost. Expects neutralised text.
 */
import type { ListItem, PhrasingContent, RootContent, Table } from "mdast";
import { parseMarkdown, tableAsList } from "../../contract/markdown.ts";
import { createPaint, type Paint } from "./paint.ts";
import { breaks, cellsOf, type Links, measureOf, pad, wrap } from "./text-cells.ts";

interface Room {
  readonly width: number;
  readonly paint: Paint;
  readonly links?: Links | undefined;
}
type Brush = (text: string) => string;
interface Piece {
  readonly text: string;
  readonly as: Brush;
}

const plain: Brush = (text) => text;

export function renderMarkdown(text: string, room: Room): string[] {
  return blocksOf(parseMarkdown(text).children, room);
}

/** The words alone, in one line. */
export function wordsOfMarkdown(text: string): string {
  const lines = renderMarkdown(text, { width: Infinity, paint: createPaint(false) });
  return lines
    .map((line) => line.trim())
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

function blocksOf(blocks: readonly RootContent[], room: Room): string[] {
  return blocks.flatMap((block, at) => [...(at === 0 ? [] : [""]), ...blockOf(block, room)]);
}

function blockOf(block: RootContent, room: Room): string[] {
  const { width, paint } = room;
  switch (block.type) {
    case "paragraph":
      return layOut(piecesOf(block.children, plain, paint), room);
    case "heading":
      return layOut(piecesOf(block.children, paint.bold, paint), room);
    case "code":
      return setIn(wrap(block.value, width - 2, room.links).map(paint.cyan), "  ", "  ");
    case "list":
      return block.children.flatMap((item, at) => [
        ...(block.spread && at > 0 ? [""] : []),
        ...itemOf(item, block.ordered ? `${(block.start ?? 1) + at}. ` : "• ", room),
      ]);
    case "blockquote":
      return setIn(blocksOf(block.children, { ...room, width: width - 2 }), paint.dim("│ "), paint.dim("│ "));
    case "table":
      return tableOf(block, room);
    case "thematicBreak":
      return [paint.dim("─".repeat(Math.min(measureOf(width), 40)))];
    case "footnoteDefinition":
      return blocksOf(block.children, room);
    case "definition":
      return wrap(`[${block.identifier}]: ${block.url}`, width, room.links);
    case "html":
    case "yaml":
      return wrap(block.value, width, room.links);
    default:
      return layOut(piecesOf([block as PhrasingContent], plain, paint), room);
  }
}

function itemOf({ children, checked, spread }: ListItem, sign: string, room: Room): string[] {
  const first = `${sign}${checked == null ? "" : checked ? "☑ " : "☐ "}`;
  const inner = { ...room, width: room.width - cellsOf(first) };
  const lines = spread ? blocksOf(children, inner) : children.flatMap((child) => blockOf(child, inner));
  return setIn(lines.length > 0 ? lines : [""], first, " ".repeat(cellsOf(first)));
}

/** In columns where they fit. */
function tableOf(table: Table, room: Room): string[] {
  const cells = table.children.map((row) => row.children.map((cell) => piecesOf(cell.children, plain, room.paint)));
  const widthOf = (cell: readonly Piece[]): number => cellsOf(textOf(cell));
  const widths = (cells[0] ?? []).map((_head, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? []))));
  if (widths.reduce((sum, cells) => sum + cells + 2, -2) > room.width) return blockOf(tableAsList(table), room);
  const lineOf = (row: readonly Piece[][]): string =>
    row
      .map((cell, at) => cell.map(({ text, as }) => as(text)).join("") + pad("", (widths[at] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd();
  const [head = [], ...rows] = cells;
  return [room.paint.bold(lineOf(head)), ...rows.map(lineOf)];
}

function setIn(lines: readonly string[], first: string, others: string): string[] {
  return lines.map((line, at) => (at === 0 ? first : others) + line);
}

// words

function piecesOf(words: readonly PhrasingContent[], as: Brush, paint: Paint): Piece[] {
  return words.flatMap((word): Piece[] => {
    const within =
      (brush: Brush): Brush =>
      (text) =>
        as(brush(text));
    switch (word.type) {
      case "strong":
        return piecesOf(word.children, within(paint.bold), paint);
      case "emphasis":
        return piecesOf(word.children, within(paint.italic), paint);
      case "delete":
        return piecesOf(word.children, within(paint.dim), paint);
      case "inlineCode":
        return [{ text: word.value, as: within(paint.cyan) }];
      case "break":
        return [{ text: "\n", as: plain }];
      case "link":
        return linked(piecesOf(word.children, as, paint), word.url, within(paint.cyan));
      case "image":
        return linked([{ text: word.alt || "picture", as }], word.url, within(paint.cyan));
      case "footnoteReference":
      case "imageReference":
      case "linkReference":
        return [{ text: `[${word.label ?? word.identifier}]`, as }];
      case "text":
      case "html":
        return [{ text: word.value, as }];
      default:
        return word satisfies never;
    }
  });
}

/** The address stands behind the words unless it is the words. */
function linked(words: readonly Piece[], url: string, as: Brush): Piece[] {
  const text = textOf(words);
  if (text === url || `mailto:${text}` === url || `http://${text}` === url) return [{ text, as }];
  return [...words, { text: " (", as: plain }, { text: url, as }, { text: ")", as: plain }];
}

const textOf = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join("");

/** A line feed of the author's stays one: in a chat it is meant. */
function layOut(pieces: readonly Piece[], { width, links }: Room): string[] {
  const text = textOf(pieces);
  let start = 0;
  return text.split("\n").flatMap((line) => {
    const lines = breaks(line.trimEnd(), width, links).map(([from, to]) => painted(pieces, start + from, start + to));
    start += line.length + 1;
    return lines;
  });
}

function painted(pieces: readonly Piece[], from: number, to: number): string {
  let start = 0;
  return pieces
    .map(({ text, as }) => {
      const shown = text.slice(Math.max(from - start, 0), Math.max(to - start, 0));
      start += text.length;
      return as(shown);
    })
    .join("");
}
