/** From the tree back to Markdown. Invariant: what no cut touched stands as its author wrote it. */
import type { RootContent } from "mdast";
import { gfmToMarkdown } from "mdast-util-gfm";
import { type Options, toMarkdown } from "mdast-util-to-markdown";

const OPTIONS: Options = {
  bullet: "-",
  rule: "-",
  fences: true,
  listItemIndent: "one",
  extensions: [gfmToMarkdown({ tablePipeAlign: false })],
};

/** Blocks as one text. A block that has its position is taken from the source; one without was made or changed by us. */
export function write(blocks: readonly RootContent[], source: string): string {
  return blocks.map((block) => sliceOf(block, source) ?? toMarkdown(block, OPTIONS).trimEnd()).join("\n\n");
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
