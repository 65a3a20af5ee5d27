/** Who may import whom (the layout's dependency directions), no cycles, no re-export barrels. Every check returns the violations as text. */
import type { Import, Source } from "../../support/source.ts";

/** Parts of the hub that act; a handler is handed what it needs of them and imports only rules. */
const NOT_RULES = /^src\/(steps|store|delivery|api|cli|orchestrators|config)\/|^src\/(main|hub|config|log)\.ts$/;

/** What a rule may load: computing, no input or output. */
const PURE_PACKAGES: readonly string[] = ["node:crypto", "canonicalize", "fastest-levenshtein", "uuid", "zod"];

export function wrongDirections(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  return sources.flatMap((source) => {
    const refuse = directionOf(source.path);
    return source.imports.flatMap((entry) => {
      const reason = refuse(entry, byPath);
      return reason === undefined ? [] : [`${source.path}:${entry.line}: imports ${entry.specifier}: ${reason}`];
    });
  });
}

/** Says why an import may not be, or nothing. */
type Direction = (entry: Import, byPath: ReadonlyMap<string, Source>) => string | undefined;

function directionOf(importer: string): Direction {
  if (/^src\/(main\.ts|cli\/)/.test(importer) || !/^(src|connectors|handlers)\//.test(importer)) return () => undefined;
  if (importer.startsWith("src/contract/")) return contractDirection;
  if (importer.startsWith("src/")) return coreDirection;
  if (importer.startsWith("handlers/")) return handlerDirection;
  return importer === "connectors/index.ts" ? listDirection : connectorDirection(importer);
}

const contractDirection: Direction = (entry) => {
  if (entry.file === undefined) return /^node:(?!crypto$)/.test(entry.specifier) ? "the contract does no input or output" : undefined;
  return entry.file.startsWith("src/contract/") ? undefined : "the contract knows only itself";
};

const coreDirection: Direction = (entry) => {
  if (entry.file === undefined) return undefined;
  if (/^src\/(main\.ts|cli\/)/.test(entry.file)) return "only the program itself knows main.ts and cli/";
  return entry.file.startsWith("src/") ? undefined : "the hub is handed connectors and handlers by main.ts";
};

const handlerDirection: Direction = (entry, byPath) => {
  if (entry.file === undefined) return PURE_PACKAGES.includes(entry.specifier) ? undefined : "a handler has no side effect of its own";
  if (/^(handlers|src\/contract)\//.test(entry.file)) return undefined;
  if (!entry.file.startsWith("src/") || NOT_RULES.test(entry.file)) return "a handler imports the contract and pure rules";
  const impure = entry.typeOnly ? undefined : firstImpure(entry.file, byPath, new Set());
  return impure === undefined ? undefined : `not a pure rule: ${impure}`;
};

/** The list is put into a registry, so it may know what one looks like; it still loads nothing of the hub. */
const listDirection: Direction = (entry) => {
  if (entry.file === undefined || /^(connectors|src\/contract)\//.test(entry.file)) return undefined;
  return entry.typeOnly && entry.file === "src/registry.ts" ? undefined : "the list names connectors and nothing else";
};

/** A connector that is another one under a kind of its own, and why. */
const BORROWS: Readonly<Record<string, string>> = {
  // Its face is the console's terminal chat in a window of the fleet: a second one would differ in faults only (docs/decisions/0010).
  "connectors/tmux/": "connectors/console/",
};

function connectorDirection(importer: string): Direction {
  const [folder = ""] = /^connectors\/[^/]+\//.exec(importer) ?? [];
  return (entry) => {
    if (entry.file === undefined || entry.file.startsWith("src/contract/")) return undefined;
    if (entry.file.startsWith(folder) || entry.file.startsWith("connectors/shared/")) return undefined;
    if (entry.file.startsWith(BORROWS[folder] ?? folder)) return undefined;
    return "a connector imports the contract, connectors/shared, its own folder and its SDK";
  };
}

/** What makes `file` impure: the first package outside the list that it loads, itself or through others. */
function firstImpure(file: string, byPath: ReadonlyMap<string, Source>, seen: Set<string>): string | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  for (const entry of byPath.get(file)?.imports ?? []) {
    if (entry.typeOnly) continue;
    if (entry.file === undefined && !PURE_PACKAGES.includes(entry.specifier)) return `${file} loads ${entry.specifier}`;
    const below = entry.file === undefined ? undefined : firstImpure(entry.file, byPath, seen);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Each cycle once, as the chain of files that closes it. Type-only imports count: two files that know each other are one. */
export function cycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const follow = (file: string, chain: readonly string[]): void => {
    const from = chain.indexOf(file);
    if (from >= 0) found.push([...chain.slice(from), file].join(" → "));
    if (from >= 0 || done.has(file)) return;
    for (const entry of byPath.get(file)?.imports ?? []) if (entry.file !== undefined) follow(entry.file, [...chain, file]);
    done.add(file);
  };
  for (const source of sources) follow(source.path, []);
  return found;
}

export function barrels(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((entry) => entry.reexport)
      .map((entry) => `${source.path}:${entry.line}: re-exports ${entry.specifier}; import it where it is made`),
  );
}
