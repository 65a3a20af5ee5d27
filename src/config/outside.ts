/**
 * Connectors from outside: an account whose `kind` is a path or a scoped package's name is run by that module's default export.
 * Invariant: such a connector never stands in for one of the hub's own, and two of them never share a kind.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { ConnectorDefinition } from "../contract/connector.ts";
import { type Block, blockOf } from "./blocks.ts";
import type { KindSchema } from "./check.ts";
import type { ParsedFile } from "./file.ts";
import { type Path, type Problem, pathText } from "./problems.ts";

export interface Outside {
  /** The file with the connector's own kind in place of the name of its module. */
  readonly file: ParsedFile;
  readonly definitions: readonly ConnectorDefinition[];
  readonly problems: readonly Problem[];
}

/** `dir`: the folder of the file, from which paths and packages are looked for. Runs the modules' code. */
export async function loadOutside(file: ParsedFile, dir: string, own: readonly KindSchema[]): Promise<Outside> {
  const loaded = new Map<string, ConnectorDefinition>();
  const problems: Problem[] = [];
  const accounts: Record<string, unknown> = { ...blockOf(file.data["accounts"]) };
  for (const [account, block] of Object.entries(accounts)) {
    const { kind: from } = blockOf(block);
    if (typeof from !== "string" || !isModule(from)) continue;
    const path: Path = ["accounts", account, "kind"];
    try {
      const definition = loaded.get(from) ?? (await load(from, dir));
      refuseTaken(definition.kind, own, withoutKey(loaded, from));
      loaded.set(from, definition);
      accounts[account] = { ...(block as Block), kind: definition.kind };
    } catch (thrown) {
      if (!(thrown instanceof Unusable)) throw thrown;
      problems.push({ path: pathText(path), line: file.lineOf(path), wrong: thrown.message, remedy: thrown.remedy });
    }
  }
  const isUntouched = loaded.size === 0;
  return { file: isUntouched ? file : { ...file, data: { ...file.data, accounts } }, definitions: [...loaded.values()], problems };
}

/** A kind of the hub is one plain word. */
function isModule(kind: string): boolean {
  return kind.includes("/") || isAbsolute(kind);
}

class Unusable extends Error {
  readonly remedy: string;
  constructor(wrong: string, remedy: string) {
    super(wrong);
    this.remedy = remedy;
  }
}

const definitionShape = z.object({
  kind: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  summary: z.string(),
  factory: z.function(),
  config: z.custom<z.ZodType>((value) => typeof (value as z.ZodType | undefined)?.safeParse === "function"),
  environment: z.array(z.object({ name: z.string().regex(/^(?!MOS_HUB_)[A-Z][A-Z0-9_]*$/), purpose: z.string(), secret: z.boolean() })),
});

async function load(from: string, dir: string): Promise<ConnectorDefinition> {
  const module = await importFrom(from, dir);
  const found = module.default as ConnectorDefinition;
  const parsed = definitionShape.safeParse(found);
  if (parsed.success) return found;
  const places = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "all of it"))].join(", ");
  throw new Unusable(
    `names a module whose default export is no connector (${places})`,
    "The module ends with: export default defineConnector({ kind, summary, factory, config, environment })",
  );
}

async function importFrom(from: string, dir: string): Promise<{ readonly default?: unknown }> {
  const url = urlOf(from, dir);
  try {
    return (await import(url)) as { readonly default?: unknown };
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    // Also the code of a module that is there and imports one that is not.
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && (isPath(from) ? !existsSync(resolve(dir, from)) : message.includes(`'${from}'`));
    if (!isMissing) throw new Unusable(`names a module that cannot be loaded: ${message}`, "Mend the module, or take the account out.");
    throw isPath(from)
      ? new Unusable("names a file that is not there", "The path is relative to the configuration file.")
      : new Unusable("names a package that is not installed", `Install it beside the configuration file: npm install ${from}`);
  }
}

/** A package lies beside the configuration file, else beside the hub. */
function urlOf(from: string, dir: string): string {
  if (isPath(from)) return pathToFileURL(resolve(dir, from)).href;
  try {
    return pathToFileURL(createRequire(join(dir, "hub.yaml")).resolve(from)).href;
  } catch {
    return from;
  }
}

function isPath(from: string): boolean {
  return from.startsWith(".") || isAbsolute(from);
}

function refuseTaken(kind: string, own: readonly KindSchema[], others: ReadonlyMap<string, ConnectorDefinition>): void {
  const is = (one: { readonly kind: string }): boolean => one.kind === kind;
  const other = [...others].find(([, definition]) => is(definition))?.[0];
  if (own.some(is)) throw new Unusable(`names a module for the kind "${kind}", which the hub has itself`, `Write: kind: ${kind}`);
  if (other !== undefined)
    throw new Unusable(`names a second module for the kind "${kind}"`, `The other is ${other}; use one of the two for all accounts.`);
}

function withoutKey<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  return new Map([...map].filter(([each]) => each !== key));
}
