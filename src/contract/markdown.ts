/**
 * The Markdown that travels (CommonMark + GFM), read the same way on both sides: by the hub, which splits it, and by a connector, which writes
 * it the platform's way. Pure. Invariant: the work is bounded whatever the text is; unfinished Markdown is Markdown too.
 * Not imported before there is text to read: the parser takes memory an idle hub needs not keep.
 */
import type { Definition, List, ListItem, PhrasingContent, Root, RootContent, Table, TableRow } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

/**
 * The tree of a text. Links by reference are links already. A node has its position, in UTF-16 units, unless such a link changed it.
 * A text that would cost too much is a single paragraph of its characters.
 */
export function parseMarkdown(text: string): Root {
  if (!isAffordable(text)) return { type: "root", children: [{ type: "paragraph", children: [{ type: "text", value: text }] }] };
  return resolveReferences(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
}

/** Matching marks of emphasis and brackets costs the square of their number in a paragraph: this much is some 100 ms. */
const MAX_MARKS_COST = 4_000_000;
/** Of quotes and lists in each other. */
const MAX_NESTING = 50;

/** Whether a text is worth parsing. What people and agents write is; what was made to be slow is not. */
export function isAffordable(text: string): boolean {
  let cost = 0;
  // A bullet begins a paragraph of its own; so does an empty line.
  for (const paragraph of text.split(/\n(?=[ \t]*(?:\n|[-+*] \S))/)) cost += (paragraph.match(/[*_~[\]]/g)?.length ?? 0) ** 2;
  return cost <= MAX_MARKS_COST && !NESTED.test(text.replace(/[-*_]{4,}/g, "---")) && !INDENTED.test(text);
}

const NESTED = new RegExp(`(?:(?:[>\\-+*]|\\d{1,9}[.)])[ \\t]*){${MAX_NESTING}}`);
const INDENTED = new RegExp(`^[ \\t]{${2 * MAX_NESTING},}(?:[>\\-+*]|\\d{1,9}[.)])[ \\t]`, "m");

// references

/** Their definitions go: what one block says for another would be lost where the two are in different parts. */
function resolveReferences(root: Root): Root {
  const definitions = new Map<string, Definition>();
  collect(root, definitions);
  if (definitions.size === 0) return root;
  const used = new Set<string>();
  for (const block of root.children) resolveInside(block, definitions, used);
  root.children = root.children.filter((block) => block.type !== "definition" || !used.has(block.identifier));
  return root;
}

/** The first of a name counts. */
function collect(node: Root | RootContent, found: Map<string, Definition>): void {
  if (node.type === "definition" && !found.has(node.identifier)) found.set(node.identifier, node);
  if ("children" in node) for (const child of node.children) collect(child, found);
}

/** Whether something inside was changed. */
function resolveInside(node: RootContent, definitions: ReadonlyMap<string, Definition>, used: Set<string>): boolean {
  if (!("children" in node)) return false;
  let isChanged = false;
  const children = node.children.map((child) => {
    const resolved = resolveOne(child, definitions);
    if (resolved !== child && "identifier" in child) used.add(child.identifier);
    const isInsideChanged = resolveInside(resolved, definitions, used);
    isChanged ||= isInsideChanged || resolved !== child;
    return resolved;
  });
  if (isChanged) Object.assign(node, { children, position: undefined });
  return isChanged;
}

function resolveOne(node: RootContent, definitions: ReadonlyMap<string, Definition>): RootContent {
  const definition = "identifier" in node ? definitions.get(node.identifier) : undefined;
  if (!definition) return node;
  const { url, title = null } = definition;
  if (node.type === "linkReference") return { type: "link", url, title, children: node.children };
  if (node.type === "imageReference") return { type: "image", url, title, alt: node.alt ?? null };
  return node;
}

// tables

/** A table too wide for its place as a list: one item a row, "head: value" a line. */
export function tableAsList(table: Table): List {
  const [top, ...rows] = table.children;
  const heads = top?.children.map((cell) => cell.children) ?? [];
  return { type: "list", ordered: false, spread: false, children: rows.map((row) => itemOf(row, heads)) };
}

function itemOf(row: TableRow, heads: readonly PhrasingContent[][]): ListItem {
  const lines = row.children.map((cell, at) => [...labelOf(heads[at] ?? []), ...cell.children]);
  const children = lines.flatMap((line, at): PhrasingContent[] => (at === 0 ? line : [{ type: "break" }, ...line]));
  return { type: "listItem", spread: false, children: [{ type: "paragraph", children }] };
}

function labelOf(head: readonly PhrasingContent[]): PhrasingContent[] {
  return head.length === 0
    ? []
    : [
        { type: "strong", children: [...head] },
        { type: "text", value: ": " },
      ];
}
