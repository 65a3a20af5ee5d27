/**
 * What Markdown says, letter by letter, so that a text can be compared with the parts it was cut into: the quotes, items and marks a letter
 * stands in, and what begins with it. White space outside of code says nothing, and neither does the sign that something goes on.
 */
import type { Nodes, Parent, TableRow } from "mdast";
import { parseMarkdown } from "../../src/contract/markdown.ts";

export interface Letter {
  readonly letter: string;
  /** The quotes, items with their numbers, and tables around it, and its marks. */
  readonly stands: string;
  /** How many blocks and items begin with it, empty ones before it among them. */
  readonly begins: number;
  /** The first of its part: what was open at the end of the last is open again. */
  readonly isFirst: boolean;
  /** Of a table's head with which a part begins, and which is that of the table before. */
  readonly mayBeAgain: boolean;
}

/** The letters of all parts in order. */
export function meaningOf(parts: readonly string[]): Letter[] {
  const letters: Letter[] = [];
  let begins = 0;
  let head = "";
  let isFirst = true;
  let mayBeAgain = false;

  function add(text: string, stands: readonly string[]): void {
    for (const letter of text.replaceAll(stands.some((one) => one.startsWith("code ")) ? /\n/g : /[\s…]/g, "")) {
      letters.push({ letter, stands: stands.join(" "), begins, isFirst, mayBeAgain });
      begins = 0;
      isFirst = false;
    }
  }

  function readRows(rows: readonly TableRow[], stands: readonly string[]): void {
    const before = head;
    head = JSON.stringify(rows[0], (key, value: unknown) => (key === "position" ? undefined : value));
    mayBeAgain = isFirst && head === before;
    for (const [at, row] of rows.entries()) {
      begins += 1;
      for (const [column, cell] of row.children.entries()) readInside(cell, [...stands, `${at === 0 ? "head" : "cell"} ${column}`]);
      mayBeAgain = false;
    }
  }

  function readInside(parent: Parent, stands: readonly string[]): void {
    for (const child of parent.children) read(child, stands);
  }

  function read(node: Nodes, stands: readonly string[]): void {
    switch (node.type) {
      case "list":
        for (const [at, item] of node.children.entries()) {
          begins += 1;
          if (item.checked !== undefined && item.checked !== null) add(item.checked ? "☑" : "☐", stands);
          readInside(item, [...stands, node.ordered ? `${(node.start ?? 1) + at}.` : "-"]);
        }
        return;
      case "table":
        return readRows(node.children, stands);
      case "code":
        begins += 1;
        return add(node.value, [...stands, `code ${node.lang ?? ""} ${node.meta ?? ""}`]);
      case "html":
        return add(node.value, [...stands, "code html "]);
      case "inlineCode":
        return add(node.value, [...stands, "`"]);
      case "text":
        return add(node.value, [...stands]);
      case "thematicBreak":
        begins += 1;
        return add("—", stands);
      case "image":
        return add("▣", [...stands, `image ${node.url} ${node.alt}`]);
      case "footnoteReference":
        return add(`[^${node.identifier}]`, stands);
      case "paragraph":
      case "heading":
        begins += 1;
        return readInside(node, stands);
      case "link":
        return readInside(node, [...stands, `link ${node.url}`]);
      case "blockquote":
      case "strong":
      case "emphasis":
      case "delete":
      case "footnoteDefinition":
        return readInside(node, [...stands, node.type]);
      default:
        if ("children" in node) readInside(node, stands);
    }
  }

  for (const part of parts) {
    isFirst = true;
    read(parseMarkdown(part), []);
  }
  return letters;
}

/** Where the parts say something else than the text. Undefined: nowhere. */
export function otherMeaning(text: string, parts: readonly string[]): string | undefined {
  const before = meaningOf([text]);
  let at = 0;
  for (const after of meaningOf(parts)) {
    if (isSame(before[at], after)) at += 1;
    else if (!after.mayBeAgain) return `letter ${at}: ${JSON.stringify(before[at])} became ${JSON.stringify(after)}`;
  }
  return at < before.length ? `letter ${at}: ${JSON.stringify(before[at])} is lost` : undefined;
}

function isSame(before: Letter | undefined, after: Letter): boolean {
  const isBegun = after.isFirst ? after.begins >= (before?.begins ?? 0) : after.begins === before?.begins;
  return after.letter === before?.letter && after.stands === before.stands && isBegun;
}
