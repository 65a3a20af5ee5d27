/**
 * Cuts a row of blocks in two: between them where that fills enough of the part, else through the one at the border, down to its words.
 * What is open at the cut goes on after it: fence and language, quote, list and its numbers, a table's head. Pure.
 */
import type { BlockContent, Code, DefinitionContent, List, ListItem, PhrasingContent, RootContent, Table } from "mdast";
import { tableAsList } from "../../contract/markdown.ts";
import { borderBefore, cutWords, lessThan } from "./cut-words.ts";
import { mostWithin } from "./most-within.ts";
import { sourceLength } from "./write.ts";

export interface Cut<T> {
  /** Empty when nothing fits. */
  readonly head: readonly T[];
  readonly tail: readonly T[];
}

/** What the whole part weighs with these in it. */
type Weigh<T> = (things: readonly T[]) => number;
type Block = BlockContent | DefinitionContent;

/** A border between blocks is good enough when this share of the part is full. */
const FULL_ENOUGH = 1 / 3;
const CONTINUED = "… ";

/** The longest head of at most `max`. */
export function cutBlocks(blocks: readonly RootContent[], weigh: Weigh<RootContent>, max: number): Cut<RootContent> {
  return cutRow(blocks, { weigh, max, cutOne: cutBlock });
}

interface RowCut<T> {
  readonly weigh: Weigh<T>;
  readonly max: number;
  readonly cutOne: (thing: T, weigh: Weigh<T>, max: number) => Cut<T>;
}

function cutRow<T extends RootContent>(row: readonly T[], { weigh, max, cutOne }: RowCut<T>): Cut<T> {
  const most = mostWithin({ count: row.length, guess: guessCount(row, max), max, weigh: (k) => weigh(row.slice(0, k)) });
  const count = row[most - 1]?.type === "heading" && most > 1 && most < row.length ? most - 1 : most;
  const before = row.slice(0, count);
  const next = row[count];
  const isFull = next === undefined || (count > 0 && weigh(before) >= FULL_ENOUGH * max);
  if (isFull) return { head: before, tail: row.slice(count) };
  const { head, tail } = cutOne(next, (things) => weigh([...before, ...things]), max);
  return { head: [...before, ...head], tail: [...tail, ...row.slice(count + 1)] };
}

/** So many that their source fills the part. */
function guessCount(row: readonly RootContent[], max: number): number {
  let used = 0;
  const over = row.findIndex((one) => (used += sourceLength(one) ?? max / 4) > max);
  return over < 0 ? row.length : over;
}

function cutBlock(block: RootContent, weigh: Weigh<RootContent>, max: number): Cut<RootContent> {
  switch (block.type) {
    case "paragraph":
    case "heading": {
      const { head, tail } = cutWords(block.children, (children) => weigh([remade(block, { children })]), max);
      return { head: wrap(head, (children) => remade(block, { children })), tail: wrap(tail, paragraph) };
    }
    case "code":
      return cutCode(block, weigh, max);
    case "html":
      return cutCode({ type: "code", lang: "html", value: block.value }, weigh, max);
    case "table":
      return cutTable(block, weigh, max);
    case "list":
      return cutList(block, weigh, max);
    case "blockquote":
    case "footnoteDefinition": {
      const rewrap = (children: readonly Block[]) => remade(block, { children });
      const { head, tail } = cutRow(block.children, { weigh: (children) => weigh([rewrap(children)]), max, cutOne: cutInside });
      return { head: wrap(head, rewrap), tail: block.type === "blockquote" ? wrap(tail, rewrap) : tail };
    }
    default:
      return { head: [], tail: [block] };
  }
}

/** Blocks inside a quote or an item become blocks of the same kinds. */
const cutInside = cutBlock as (block: Block, weigh: Weigh<Block>, max: number) => Cut<Block>;

function cutList(list: List, weigh: Weigh<RootContent>, max: number): Cut<RootContent> {
  const weighItems = (children: readonly ListItem[]) => weigh([remade(list, { children })]);
  const { head, tail } = cutRow(list.children, { weigh: weighItems, max, cutOne: cutItem });
  const isInsideItem = head.length + tail.length > list.children.length;
  const start = (list.start ?? 1) + head.length - (isInsideItem ? 1 : 0);
  const onward = (children: readonly ListItem[]) => remade(list, list.ordered ? { children, start } : { children });
  return { head: wrap(head, (children) => remade(list, { children })), tail: wrap(tail, onward) };
}

function cutItem(item: ListItem, weigh: Weigh<ListItem>, max: number): Cut<ListItem> {
  const weighBlocks = (children: readonly Block[]) => weigh([remade(item, { children })]);
  const { head, tail } = cutRow(item.children, { weigh: weighBlocks, max, cutOne: cutInside });
  if (head.length === 0 || isOnlyMark(head)) return { head: [], tail: [item] };
  return {
    head: [remade(item, { children: head })],
    tail: wrap(tail, (children) => ({ type: "listItem", spread: item.spread ?? false, children: continued(children) })),
  };
}

/** An item that goes on after a cut says so: its marker is there again. */
function continued(children: readonly Block[]): Block[] {
  const [first, ...rest] = children;
  const text = { type: "text", value: CONTINUED } as const;
  if (first?.type !== "paragraph") return [paragraph([{ ...text, value: CONTINUED.trim() }]), ...children];
  const [word] = first.children;
  const isMarked = word?.type === "text" && word.value.startsWith(CONTINUED);
  return isMarked ? [...children] : [paragraph([text, ...first.children]), ...rest];
}

/** Nothing of the item itself: a head of this would make the next part the same as this one, for ever. */
function isOnlyMark([first, ...more]: readonly Block[]): boolean {
  const [word, ...others] = first?.type === "paragraph" ? first.children : [];
  return more.length === 0 && others.length === 0 && word?.type === "text" && word.value.trim() === CONTINUED.trim();
}

/** Between lines; a line that is too long for a part is cut as words are. */
function cutCode(code: Code, weigh: Weigh<RootContent>, max: number): Cut<RootContent> {
  const of = (value: string): Code => remade(code, { value });
  const fits = (end: number) => weigh([of(code.value.slice(0, end))]);
  const most = mostWithin({ count: code.value.length, guess: max, max, weigh: fits });
  const lineEnd = most === code.value.length ? most : code.value.lastIndexOf("\n", most);
  const lineStart = lineEnd + 1;
  if (lineEnd > 0 && fits(lineEnd) >= FULL_ENOUGH * max)
    return { head: [of(code.value.slice(0, lineEnd))], tail: wrap(code.value.slice(lineStart), of) };
  for (let at = borderBefore(code.value, most, max); at > 0; at = borderBefore(code.value, lessThan(at), max))
    if (fits(at) <= max) return { head: [of(code.value.slice(0, at))], tail: wrap(code.value.slice(at), of) };
  return { head: [], tail: [code] };
}

/** Between rows, each part with the head. Where not even a row fits, rows become lists. */
function cutTable(table: Table, weigh: Weigh<RootContent>, max: number): Cut<RootContent> {
  const [top, ...rows] = table.children;
  if (top === undefined) return { head: [], tail: [table] };
  const of = (some: readonly Table["children"][number][]): Table => remade(table, { children: [top, ...some] });
  const most = mostWithin({ count: rows.length, guess: guessCount(rows, max), max, weigh: (k) => weigh([of(rows.slice(0, k))]) });
  if (most > 0) return { head: [of(rows.slice(0, most))], tail: wrap(rows.slice(most), of) };
  if (weigh([]) > FULL_ENOUGH * max) return { head: [], tail: [table] };
  return cutBlock(tableAsList(table), weigh, max);
}

const paragraph = (children: readonly PhrasingContent[]): RootContent & { type: "paragraph" } => ({
  type: "paragraph",
  children: [...children],
});

/** Changed, and so without its place in the source. */
function remade<T extends RootContent>(block: T, changes: { [K in keyof T]?: T[K] | readonly unknown[] }): T {
  const { position: _, ...rest } = block;
  return { ...rest, ...changes } as T;
}

function wrap<T extends { readonly length: number }, B>(inside: T, make: (inside: T) => B): B[] {
  return inside.length === 0 ? [] : [make(inside)];
}
