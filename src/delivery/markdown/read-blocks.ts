/**
 * The blocks of a long text, read window by window, so that whoever takes them can let others work in between. Pure.
 * Invariant: they are those of the whole text. What begins a block ends the one before it for good, so all of a window but its last block is sure.
 */
import type { Root, RootContent } from "mdast";
import { parseMarkdown } from "../../contract/markdown.ts";

/** Some 15 ms of reading. */
const WINDOW = 8192;
/** An address that stands apart from the link that leads to it may be anywhere: such a text is read at once. */
const APART = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*\[(?!\^)[^\]\n]+\]:/m;

/** Positions are those in `text`. A block longer than the window is read whole. */
export function* readBlocks(text: string, window = WINDOW): Generator<readonly RootContent[], undefined> {
  const least = APART.test(text) ? text.length : window;
  let size = least;
  for (let at = 0; at < text.length;) {
    const lineEnd = text.indexOf("\n", at + size);
    const end = lineEnd < 0 ? text.length : lineEnd + 1;
    const { children } = parseMarkdown(text.slice(at, end));
    const next = end === text.length ? end : beginOfLast(children, text, at);
    if (next === undefined) {
      size *= 2;
      continue;
    }
    yield (end === text.length ? children : children.slice(0, -1)).map((block) => moved(block, at));
    at = next;
    size = least;
  }
}

/** Undefined: there is no other block before it. */
function beginOfLast(blocks: readonly RootContent[], text: string, at: number): number | undefined {
  const offset = blocks.length > 1 ? blocks.at(-1)?.position?.start.offset : undefined;
  return offset === undefined ? undefined : text.lastIndexOf("\n", at + offset - 1) + 1;
}

function moved<T extends Root | RootContent>(node: T, by: number): T {
  for (const point of [node.position?.start, node.position?.end]) if (point?.offset !== undefined) point.offset += by;
  if ("children" in node) for (const child of node.children) moved(child, by);
  return node;
}
