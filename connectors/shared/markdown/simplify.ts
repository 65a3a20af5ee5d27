/**
 * The walk all encoders share, first half: a text in Markdown as a tree of the few things every platform can show in some way.
 * HTML is shown as text, pictures are links, footnotes stay as they are written, a task is a box, an address that is no web address is text.
 * Pure. Invariant: every word of the text is in the tree.
 */
import type {
  Blockquote,
  Break,
  Code,
  Delete,
  Emphasis,
  Heading,
  InlineCode,
  Link,
  List,
  ListItem,
  Paragraph,
  PhrasingContent,
  RootContent,
  Strong,
  Table,
  Text,
  ThematicBreak,
} from "mdast";
import { parseMarkdown } from "../../../src/contract/markdown.ts";

export type SimpleSpan = Text | InlineCode | Break | (Strong | Emphasis | Delete | Link);
export type SimpleBlock = Paragraph | Heading | Code | List | Blockquote | ThematicBreak | Table;

/** Only simple spans are in them; the tree's own types say more. */
export const spansOf = (node: { readonly children: readonly PhrasingContent[] }): readonly SimpleSpan[] => node.children as SimpleSpan[];
export const blocksOf = (node: { readonly children: readonly RootContent[] }): readonly SimpleBlock[] => node.children as SimpleBlock[];

export function simplify(markdown: string): SimpleBlock[] {
  return blocks(parseMarkdown(markdown).children);
}

function blocks(nodes: readonly RootContent[]): SimpleBlock[] {
  return nodes.flatMap((node): SimpleBlock[] => {
    switch (node.type) {
      case "paragraph":
      case "heading":
        return [{ ...node, children: spans(node.children) }];
      case "code":
      case "thematicBreak":
        return [node];
      case "blockquote":
        return [{ ...node, children: blocks(node.children) }];
      case "list":
        return [{ ...node, children: node.children.map(item) }];
      case "table":
        return [
          {
            ...node,
            children: node.children.map((row) => ({
              ...row,
              children: row.children.map((cell) => ({ ...cell, children: spans(cell.children) })),
            })),
          },
        ];
      case "html":
        return [paragraph(lines(node.value))];
      case "footnoteDefinition":
        return prefixed(`[^${node.label ?? node.identifier}]: `, blocks(node.children));
      case "definition":
        return [paragraph([text(`[${node.label ?? node.identifier}]: ${node.url}`)])];
      default:
        return [];
    }
  });
}

function item(node: ListItem): ListItem {
  const inside = blocks(node.children);
  const box = node.checked === true ? "☑ " : node.checked === false ? "☐ " : "";
  return { ...node, checked: null, children: box === "" ? inside : prefixed(box, inside) };
}

function prefixed(prefix: string, inside: readonly SimpleBlock[]): SimpleBlock[] {
  const [first, ...rest] = inside;
  if (first?.type !== "paragraph") return [paragraph([text(prefix.trimEnd())]), ...inside];
  return [paragraph([text(prefix), ...first.children]), ...rest];
}

/** `isInLink`: there are no links in links. */
function spans(nodes: readonly PhrasingContent[], isInLink = false): SimpleSpan[] {
  return nodes.flatMap((node): SimpleSpan[] => {
    switch (node.type) {
      case "text":
      case "inlineCode":
      case "break":
        return [node];
      case "strong":
      case "emphasis":
      case "delete":
        return [{ ...node, children: spans(node.children, isInLink) }];
      case "link":
        return link(node.url, spans(node.children, true), isInLink);
      case "image":
        return link(node.url, [text(node.alt || "picture")], isInLink);
      case "html":
        return /^<br\s*\/?>$/i.test(node.value) ? [{ type: "break" }] : lines(node.value);
      case "footnoteReference":
        return [text(`[^${node.label ?? node.identifier}]`)];
      case "linkReference":
        return [text("["), ...spans(node.children, isInLink), text("]")];
      case "imageReference":
        return [text(`![${node.alt ?? ""}]`)];
      default:
        return [];
    }
  });
}

/** What looks like one address and leads to another shows both. So does what cannot be a link. */
function link(url: string, children: readonly SimpleSpan[], isInLink: boolean): SimpleSpan[] {
  const label = plainText(children);
  const isWeb = /^(?:https?:\/\/|mailto:)\S+$/i.test(url);
  if (label.trim() === "") return isWeb && !isInLink ? [{ type: "link", url, children: [text(url)] }] : [text(url)];
  if (isSameAddress(label, url) && isWeb && !isInLink) return [{ type: "link", url, children: [...children] }];
  if (isWeb && !isInLink && !looksLikeAddress(label)) return [{ type: "link", url, children: [...children] }];
  return isSameAddress(label, url) || url === "" ? [...children] : [...children, text(` (${url})`)];
}

const looksLikeAddress = (label: string): boolean => /^\s*(?:[a-z]+:\/\/|www\.|[\w-]+(?:\.[\w-]+)+\/)/i.test(label);

function isSameAddress(label: string, url: string): boolean {
  return [label, `http://${label}`, `https://${label}`, `mailto:${label}`].includes(url);
}

export function plainText(nodes: readonly SimpleSpan[]): string {
  return nodes.map((node) => ("children" in node ? plainText(spansOf(node)) : node.type === "break" ? "\n" : node.value)).join("");
}

const text = (value: string): Text => ({ type: "text", value });
const paragraph = (children: readonly PhrasingContent[]): Paragraph => ({ type: "paragraph", children: [...children] });

/** Lines that stay lines. */
function lines(value: string): SimpleSpan[] {
  return value.split("\n").flatMap((line, at): SimpleSpan[] => (at === 0 ? [text(line)] : [{ type: "break" }, text(line)]));
}
