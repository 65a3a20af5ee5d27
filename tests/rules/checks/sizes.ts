/** How long files, functions and connectors may be, and the figures of the whole. Lines are counted as written, comments and blanks too. */
import type { TextFile } from "../../support/repository.ts";
import { isNode, lineAt, type Source, type SyntaxNode, visit } from "../../support/source.ts";

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;
const MAX_PARAMETERS = 4;
const MAX_CONNECTOR_LINES = 1400;
/** The picture of the journey has to fit on one screen or two. */
const MAX_LINES: Readonly<Record<string, number>> = { "src/hub.ts": 150 };

export function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** `exceptions`: file → reason, which the file's head gives as well. */
export function fileSizes(files: readonly TextFile[], exceptions: Readonly<Record<string, string>>): string[] {
  return files.flatMap(({ path, text }) => {
    const max = MAX_LINES[path] ?? MAX_FILE_LINES;
    const lines = lineCount(text);
    return lines > max && !Object.hasOwn(exceptions, path) ? [`${path}: ${lines} lines, at most ${max}`] : [];
  });
}

export interface FunctionSize {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  /** Without the lines of named functions inside, which count for themselves: a factory is as long as what it does itself. */
  readonly ownLines: number;
  readonly parameters: number;
}

export function functionsOf(source: Source): FunctionSize[] {
  const found: { node: SyntaxNode; name: string | undefined; lines: number; inside: number }[] = [];
  visit(source.tree, (node, parents) => {
    if (!isFunction(node)) return;
    const lines = lineAt(source.text, node.end) - lineAt(source.text, node.start) + 1;
    const name = nameOf(node, parents);
    const around = found.findLast((outer) => outer.node.start < node.start && node.end <= outer.node.end && outer.name !== undefined);
    if (name !== undefined && around !== undefined) around.inside += lines - 1;
    found.push({ node, name, lines, inside: 0 });
  });
  return found.map(({ node, name = "(callback)", lines, inside }) => ({
    path: source.path,
    line: lineAt(source.text, node.start),
    name,
    ownLines: lines - inside,
    parameters: (node["params"] as readonly unknown[]).length,
  }));
}

export function functionSizes(functions: readonly FunctionSize[]): string[] {
  return functions.flatMap(({ path, line, name, ownLines, parameters }) => [
    ...(ownLines > MAX_FUNCTION_LINES ? [`${path}:${line}: ${name} has ${ownLines} lines, at most ${MAX_FUNCTION_LINES}`] : []),
    ...(parameters > MAX_PARAMETERS
      ? [`${path}:${line}: ${name} has ${parameters} parameters, at most ${MAX_PARAMETERS}, then an options object`]
      : []),
  ]);
}

/** Without its fake, what it shares, what `init` asks, and the web page of the one that has one: that is a face of its own. */
export function connectorSizes(files: readonly TextFile[]): string[] {
  const lines = new Map<string, number>();
  for (const { path, text } of files) {
    const [, folder] = /^connectors\/(?!shared\/)([^/]+)\/(?!fake\/|page\/|init\/)/.exec(path) ?? [];
    if (folder !== undefined) lines.set(folder, (lines.get(folder) ?? 0) + lineCount(text));
  }
  return [...lines]
    .filter(([, sum]) => sum > MAX_CONNECTOR_LINES)
    .map(([folder, sum]) => `connectors/${folder}: ${sum} lines, at most ${MAX_CONNECTOR_LINES}`);
}

/** `at` 0.5 is the median; the nearest value from below. Zero for none. */
export function quantile(values: readonly number[], at: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? 0;
}

function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) && isNode(node["body"]);
}

/** The name a function is declared or kept under; undefined for one handed straight to a call. */
function nameOf(node: SyntaxNode, parents: readonly SyntaxNode[]): string | undefined {
  const parent = parents.at(-1);
  const named = isNode(node["id"]) ? node["id"] : (parent?.["key"] ?? (parent?.type === "VariableDeclarator" ? parent["id"] : undefined));
  return isNode(named) ? String(named["name"] ?? named["value"]) : undefined;
}
