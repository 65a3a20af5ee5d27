/** What may stand in a file: no `any`, environment and time in one place each, no platform's name in the hub, nothing left over. */
import type { TextFile } from "../../support/repository.ts";
import { isNode, lineAt, type Source, type SyntaxNode, visit } from "../../support/source.ts";

/** Files that may break one of the checks, each with its reason. More than five and the boundary is wrong. */
export type Exceptions = Readonly<Record<string, string>>;

const PROGRAM = /^(src|connectors|handlers)\//;

export function anyTypes(sources: readonly Source[]): string[] {
  return findNodes(sources, (node) => (node.type === "TSAnyKeyword" ? "`any`; say what it is, or `unknown` and look" : undefined));
}

/** The environment is read in src/config.ts, and in the plain modules that must run before or without it. */
export function environmentReads(sources: readonly Source[], exceptions: Exceptions): string[] {
  const read = program(sources, exceptions).filter(({ path }) => path !== "src/config.ts" && !path.endsWith(".mjs"));
  const reason = "reads the environment; only src/config.ts does, and passes on what is in it";
  return findNodes(read, (node) => {
    if (isMember(node, "process", "env")) return reason;
    const takesItOut = node.type === "VariableDeclarator" && isNamed(node["init"], "process") && names(node["id"]).includes("env");
    const imports = node.type === "ImportDeclaration" && /^(node:)?process$/.test(importedFrom(node)) && names(node).includes("env");
    return takesItOut || imports ? reason : undefined;
  });
}

const TIMERS: readonly string[] = ["setTimeout", "setInterval"];

/** Scripts that run in a browser, where nobody can hand them a clock. */
const BROWSER = /^(?:connectors\/console\/page|src\/api\/(?:canvas|deploys))\/[^/]+\.js$/;

/** Time comes from the clock that is passed in. */
export function timeReads(sources: readonly Source[], exceptions: Exceptions): string[] {
  const read = program(sources, exceptions).filter(({ path }) => path !== "src/clock.ts" && !BROWSER.test(path));
  return findNodes(read, (node) => {
    const what = timeRead(node);
    return what === undefined ? undefined : `${what}; time comes through src/clock.ts`;
  });
}

function timeRead(node: SyntaxNode): string | undefined {
  if (isMember(node, "Date", "now") || isMember(node, "performance", "now")) return "reads the time";
  if (node.type === "NewExpression" && isNamed(node["callee"], "Date") && (node["arguments"] as unknown[]).length === 0)
    return "reads the time";
  const called = node.type === "CallExpression" ? node["callee"] : undefined;
  if (isNamed(called, "Date")) return "reads the time";
  if (TIMERS.some((timer) => isNamed(called, timer) || (isNode(called) && isMember(called, "globalThis", timer))))
    return "sets a timer of its own";
  if (isNode(called) && isMember(called, "AbortSignal", "timeout")) return "sets a timer of its own";
  return node.type === "ImportDeclaration" && /^(node:)?timers(\/promises)?$/.test(importedFrom(node))
    ? "sets a timer of its own"
    : undefined;
}

const NETWORK = /^(?:node:)?(?:https?|http2|net|tls|dgram|dns)(?:\/promises)?$|^(?:undici|ws|axios|got|node-fetch)$/;

/** The one file that asks an address somebody gave: resolved once, refused where it is private, never with anything of the hub's. */
export const LOOK = "src/web/look.ts";

/**
 * The hub and its handlers ask nothing of the network themselves, so that no address an agent or a person gave is requested but by `LOOK`.
 * Types are free.
 */
export function networkCalls(sources: readonly Source[], exceptions: Exceptions): string[] {
  const isNamedCaller = (path: string): boolean => path === LOOK || CONFIGURED_CALLS.includes(path);
  const isOthers = (path: string): boolean => path.startsWith("connectors/") || isNamedCaller(path) || BROWSER.test(path);
  const hub = program(sources, exceptions).filter(({ path }) => !isOthers(path));
  const reason = "reaches the network; only a connector does, its own platform's, and the few files that are named";
  return findNodes(hub, (node) => {
    if (node.type === "CallExpression" && isNamed(node["callee"], "fetch")) return reason;
    if (isMember(node, "globalThis", "fetch")) return reason;
    if (node.type === "NewExpression" && (isNamed(node["callee"], "WebSocket") || isNamed(node["callee"], "EventSource"))) return reason;
    const isImport = node.type === "ImportDeclaration" || node.type === "ImportExpression";
    return isImport && node["importKind"] !== "type" && NETWORK.test(importedFrom(node)) && !isHarmless(node) ? reason : undefined;
  });
}

/**
 * What connectors are to platforms these files are to orchestrators on the network and to programs that ask: they call the addresses the
 * configuration names, and no other.
 */
const CONFIGURED_CALLS: readonly string[] = ["src/orchestrators/acp/remote-link.ts", "src/web/call.ts", "src/approvals/call-out.ts"];

const REACHES_NOBODY = ["createServer", "isIP", "BlockList"];

/** Waiting to be called reaches nobody, and neither does telling one address from another. */
function isHarmless(node: { readonly [field: string]: unknown }): boolean {
  const names = ((node["specifiers"] ?? []) as { readonly imported?: { readonly name?: string } }[]).map(({ imported }) => imported?.name);
  return names.length > 0 && names.every((name) => REACHES_NOBODY.includes(name ?? ""));
}

const PLATFORM = /(?<![a-z])(?:discord|telegram|slack|matrix|tmux)(?![a-z])/gi;

/** The hub knows no platform by name, not even in a comment: what it says of one it must be able to say of all. The list of drivers names each by its folder. */
export function platformNames(files: readonly TextFile[], exceptions: Exceptions): string[] {
  const core = program(files, exceptions).filter(
    ({ path }) => path.startsWith("src/") && !/^src\/(main\.ts|cli\/|orchestrators\/(tmux\/|registry\.ts$))/.test(path),
  );
  return core.flatMap(({ path, text }) =>
    [...text.matchAll(PLATFORM)].map((match) => `${path}:${lineAt(text, match.index)}: names a platform: ${match[0]}`),
  );
}

const LEFT_OVER: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TODO|FIXME|XXX|HACK)\b/g, "unfinished; do it or file it"],
  [/\b(?:test|it|describe)\.only\b/g, "runs one test and hides the others"],
  [/\bvi\.(?:do)?mock\(/gi, "replaces a module; pass the thing in"],
  [/@ts-(?:ignore|nocheck)\b/g, "silences the compiler"],
];

export function leftovers(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    LEFT_OVER.flatMap(([pattern, reason]) =>
      [...text.matchAll(pattern)].map((match) => `${path}:${lineAt(text, match.index)}: ${match[0]}: ${reason}`),
    ),
  );
}

function program<T extends TextFile>(files: readonly T[], exceptions: Exceptions): T[] {
  return files.filter(({ path }) => PROGRAM.test(path) && !Object.hasOwn(exceptions, path));
}

function findNodes(sources: readonly Source[], problemOf: (node: SyntaxNode) => string | undefined): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    visit(source.tree, (node) => {
      const problem = problemOf(node);
      if (problem !== undefined) found.push(`${source.path}:${lineAt(source.text, node.start)}: ${problem}`);
    });
    return found;
  });
}

/** `object.property`, `object["property"]` and `object?.property`. */
function isMember(node: SyntaxNode, object: string, property: string): boolean {
  if (node.type !== "MemberExpression" || !isNamed(node["object"], object)) return false;
  const key = node["property"];
  return isNamed(key, property) || (isNode(key) && key["value"] === property);
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && node["name"] === name;
}

function importedFrom(node: SyntaxNode): string {
  return isNode(node["source"]) ? String(node["source"]["value"]) : "";
}

/** Every identifier written in a pattern or an import. */
function names(node: unknown): string[] {
  const found: string[] = [];
  if (isNode(node)) visit(node, (part) => void (part.type === "Identifier" && found.push(String(part["name"]))));
  return found;
}
