/** A source file as the rules see it: its syntax tree and what it imports. Knows no rule. */
import path from "node:path";
import { parseSync } from "oxc-parser";
import type { TextFile } from "./repository.ts";

/** An ESTree node; the rules look only at the few fields they name. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Path in the repository when it is one of our files, else undefined. */
  readonly file: string | undefined;
  /** Gone when the program runs. */
  readonly typeOnly: boolean;
  /** Part of an `export … from`. */
  readonly reexport: boolean;
}

export interface Source extends TextFile {
  readonly tree: SyntaxNode;
  readonly imports: readonly Import[];
}

/** Throws when the file is not valid: a rule over half a tree would pass for the wrong reason. */
export function parse(file: TextFile): Source {
  const result = parseSync(file.path, file.text, { astType: "ts" });
  const error = result.errors[0];
  if (error !== undefined) throw new Error(`${file.path}: ${error.message}`);
  const tree = result.program as unknown as SyntaxNode;
  const imports: Import[] = [];
  visit(tree, (node) => {
    const found = importOf(node);
    if (found === undefined) return;
    const { specifier } = found;
    const inside = specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file.path), specifier) : undefined;
    imports.push({ ...found, line: lineAt(file.text, node.start), file: inside });
  });
  return { ...file, tree, imports };
}

/** Calls `see` for every node, parents first, with the chain of parents, nearest last. */
export function visit(
  node: SyntaxNode,
  see: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: readonly SyntaxNode[] = [],
): void {
  see(node, parents);
  const below = [...parents, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see, below);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function importOf(node: SyntaxNode): Pick<Import, "specifier" | "typeOnly" | "reexport"> | undefined {
  const from = node["source"];
  if (!isNode(from) || typeof from["value"] !== "string") return undefined;
  const specifier = from["value"];
  const reexport = node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration";
  const named = (node["specifiers"] ?? []) as readonly SyntaxNode[];
  const kind = reexport ? "exportKind" : "importKind";
  const typeOnly =
    node.type === "TSImportType" || node[kind] === "type" || (named.length > 0 && named.every((one) => one[kind] === "type"));
  return { specifier, typeOnly, reexport };
}
