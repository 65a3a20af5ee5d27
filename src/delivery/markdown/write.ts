/** From the tree back to Markdown. Invariant: what no cut touched stands as its author wrote it. */
import type { Nodes, RootContent } from "mdast";
import { gfmToMarkdown } from "mdast-util-gfm";
import { type Join, type Options, toMarkdown } from "mdast-util-to-markdown";

/** A list that begins with another number than 1, or with nothing, is none right below a paragraph, however deep in quotes and lists it stands. */
const apart: Join = (left, right) => (left.type === "paragraph" && beginsAsNoList(right) ? 1 : undefined);

function beginsAsNoList(block: Nodes): boolean {
  if (block.type === "list" && block.ordered === true && block.start !== 1) return true;
  if (block.type !== "list" && block.type !== "listItem" && block.type !== "blockquote") return false;
  const [first] = block.children;
  return first === undefined ? block.type === "listItem" : beginsAsNoList(first);
}

const OPTIONS: Options = {
  rule: "-",
  fences: true,
  listItemIndent: "one",
  join: [apart],
  extensions: [gfmToMarkdown({ tablePipeAlign: false })],
};

/**
 * Blocks as one text. A block that has its position is taken from the source, unless what is before it here would take it in; one without was made
 * or changed by us.
 */
export function write(blocks: readonly RootContent[], source: string): string {
  let before = "";
  return blocks
    .map((block, at) => {
      const asWritten = sliceOf(block, source);
      before = asWritten === undefined || isTakenIn(blocks[at - 1], before, asWritten) ? writeAnew(block, before) : asWritten;
      return before;
    })
    .join("\n\n");
}

/** Lists of one marker are one list; what is indented below a list, a note or code is a part of it. */
function isTakenIn(left: RootContent | undefined, before: string, after: string): boolean {
  if (left?.type !== "list" && left?.type !== "footnoteDefinition" && left?.type !== "code") return false;
  return /^[ \t]/.test(after) || (left.type === "list" && markerOf(after) === markerOf(before));
}

function writeAnew(block: RootContent, before: string): string {
  const marker = markerOf(before);
  const markers: Options = { bullet: marker === "-" ? "*" : "-", bulletOrdered: marker === "." ? ")" : "." };
  return toMarkdown(block, { ...OPTIONS, ...markers }).trimEnd();
}

/** What makes a list another one than its neighbour. */
function markerOf(text: string): string | undefined {
  return /^[ \t]*(?:\d{1,9}([.)])|([-+*]))(?:\s|$)/
    .exec(text)
    ?.slice(1)
    .find((marker) => marker !== undefined);
}

/** A node as it stands in the source, with the indentation before it. Undefined for a node of ours. */
export function sliceOf({ position }: RootContent, source: string): string | undefined {
  const [start, end] = [position?.start.offset, position?.end.offset];
  if (start === undefined || end === undefined) return undefined;
  // Its indentation belongs to it: the lines below are indented against the first.
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const indent = source.slice(lineStart, start);
  return (/^[ \t]*$/.test(indent) ? indent : "") + source.slice(start, end);
}

/** About the room a node will take: how long its source is. Undefined for a node of ours. */
export function sourceLength({ position }: { readonly position?: RootContent["position"] }): number | undefined {
  const [start, end] = [position?.start.offset, position?.end.offset];
  return start === undefined || end === undefined ? undefined : end - start;
}
