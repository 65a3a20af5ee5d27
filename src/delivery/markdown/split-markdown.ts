/**
 * Cuts long Markdown into parts that each are whole Markdown and fit a platform's message once it is written the platform's way.
 * Knows the platform only as a way to measure. Invariants: no part measures more than `max` where `max` holds a character and its marks;
 * every word of the text is in a part, in order; equal input gives equal parts.
 * Not imported before a text is too long, see `src/contract/markdown.ts`.
 */
import type { RootContent } from "mdast";
import { isAffordable } from "../../contract/markdown.ts";
import { splitText } from "../split.ts";
import { cutBlocks } from "./cut-blocks.ts";
import { readBlocks } from "./read-blocks.ts";
import { sliceOf, sourceLength, write } from "./write.ts";

export interface Room {
  /** What a text takes up on the platform. */
  readonly measure: (markdown: string) => number;
  readonly max: number;
}

/** Far more Markdown than fits a part: encoders leave out marks and long addresses, rarely more than half. */
const SOURCE_PER_ROOM = 2;

/** The parts, in order, at least one. Once it is clear that more than `atMost` are needed the first `atMost + 1` are enough. */
export function splitMarkdown(text: string, room: Room, atMost = Infinity): string[] {
  const parts: string[] = [];
  for (const some of splitSteps(text, room)) {
    parts.push(...some);
    if (parts.length > atMost) break;
  }
  return parts;
}

/** The same in short pieces of work, between which others can have their turn: each gives the parts it found, often none. */
export function* splitSteps(text: string, room: Room): Generator<readonly string[], undefined> {
  if (!isAffordable(text)) return yield splitPlain(text, room);
  const weigh = (blocks: readonly RootContent[]) => room.measure(write(blocks, text));
  const unread = readBlocks(text);
  let rest: readonly RootContent[] = [];
  let isAllRead = false;
  let isEmpty = true;
  for (let wanted = SOURCE_PER_ROOM * room.max; ;) {
    while (!isAllRead && sourceOf(rest) < wanted) {
      const { value, done } = unread.next();
      rest = [...rest, ...(value ?? []).map((block) => closed(block, text))];
      isAllRead = done === true;
      yield [];
    }
    if (rest.length === 0) return isEmpty ? yield [text] : undefined;
    const { head, tail } = cutBlocks(rest, weigh, room.max);
    if (tail.length === 0 && !isAllRead) {
      wanted = sourceOf(rest) + room.max;
      continue;
    }
    yield head.length > 0 ? [write(head, text)] : splitPlain(write(rest.slice(0, 1), text), room);
    rest = head.length > 0 ? tail : rest.slice(1);
    wanted = SOURCE_PER_ROOM * room.max;
    isEmpty = false;
  }
}

function sourceOf(blocks: readonly RootContent[]): number {
  return blocks.reduce((sum, block) => sum + (sourceLength(block) ?? 0), 0);
}

/** A block with a fence in it that nobody closed, which the end of its list, quote or text closes: written anew, and so closed. */
function closed<T extends RootContent>(block: T, source: string): T {
  if (block.type === "code") return isClosed(sliceOf(block, source) ?? "") ? block : { ...block, position: undefined };
  if (!("children" in block)) return block;
  const children = block.children.map((child) => closed(child, source));
  return children.every((child, at) => child === block.children[at]) ? block : ({ ...block, children, position: undefined } as T);
}

function isClosed(code: string): boolean {
  const fence = /^\s*(`{3,}|~{3,})/.exec(code)?.[1];
  if (fence === undefined) return true;
  const lastLine = code
    .slice(code.lastIndexOf("\n") + 1)
    .replace(/^[\s>]+/, "")
    .trimEnd();
  return code.includes("\n") && lastLine.startsWith(fence) && lastLine === fence.charAt(0).repeat(lastLine.length);
}

/** By characters alone. What the platform adds to them is found by trying: marks that must be escaped, addresses that are written out. */
function splitPlain(text: string, { measure, max }: Room): string[] {
  const fitting = (part: string, size: number): string[] =>
    splitText(part, { max: size, unit: "utf16" }).flatMap((piece) =>
      measure(piece) <= max || size <= 1 ? [piece] : fitting(piece, Math.floor(size / 2)),
    );
  return fitting(text, max);
}
