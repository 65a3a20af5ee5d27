/** Names of files, folders and declarations; which files a connector's folder holds; what may stand at the top. */
import { isNode, lineAt, type Source, visit } from "../../support/source.ts";

const PROGRAM = /^(src|connectors|handlers|tests)\//;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.[a-z]+$/;

/** Words that say nothing about what is inside. */
const EMPTY_WORDS = /(?:^|[-_])(manager|helpers?|utils?|utilities|misc|common|base)(?:[-_]|$)/;

export function fileNames(paths: readonly string[]): string[] {
  return [...paths.filter((path) => PROGRAM.test(path)).flatMap(pathProblems), ...compiledTwins(paths)];
}

function pathProblems(path: string): string[] {
  return path.split("/").flatMap((name, at, all) => nameProblem(path, name, at === all.length - 1));
}

/** In the published package a module is JavaScript, and would lie where a script of that name does. */
function compiledTwins(paths: readonly string[]): string[] {
  return paths
    .filter((path) => paths.includes(path.replace(/\.js$/, ".ts")) && path.endsWith(".js"))
    .map((path) => `${path}: the module beside it has that name once it is compiled`);
}

function nameProblem(path: string, name: string, isFile: boolean): string[] {
  if (name === "README.md") return [];
  const problems: string[] = [];
  if (!KEBAB.test(isFile ? name : `${name}.folder`)) problems.push(`${path}: "${name}" is not kebab-case`);
  const [, word] = EMPTY_WORDS.exec(name.replace(/\..*$/, "")) ?? [];
  if (word !== undefined) problems.push(`${path}: "${word}" says nothing about what is inside`);
  return problems;
}

/** No `IThing`, `ThingManager`, `ThingHelper`, `ThingUtil`. */
export function declarationNames(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    visit(source.tree, (node) => {
      if (!/^(TSInterfaceDeclaration|TSTypeAliasDeclaration|ClassDeclaration|FunctionDeclaration)$/.test(node.type) || !isNode(node["id"]))
        return;
      const name = String(node["id"]["name"]);
      if (/^I[A-Z][a-z]|(Manager|Helpers?|Utils?)$/.test(name))
        found.push(`${source.path}:${lineAt(source.text, node.start)}: ${name}: name the thing, not its form`);
    });
    return found;
  });
}

const CONNECTOR_REQUIRED = ["connector.ts", "receive.ts", "decode.ts", "encode.ts", "send.ts", "ids.ts", "README.md"];
const CONNECTOR_OPTIONAL = ["definition.ts", "config.ts", "setup.ts"];

/**
 * Every connector has the same files, by direction of travel. `extra`: file, or folder with its slash → why this platform needs it.
 * `borrowing`: folder → why both directions are another connector's.
 */
export function connectorFolders(
  paths: readonly string[],
  extra: Readonly<Record<string, string>>,
  borrowing: Readonly<Record<string, string>> = {},
): string[] {
  const inside = paths.flatMap((path) => {
    const [, folder, rest] = /^connectors\/([^/]+)\/(.+)$/.exec(path) ?? [];
    return folder === undefined || rest === undefined || folder === "shared" ? [] : [{ path, folder, rest }];
  });
  const missing = [...new Set(inside.map(({ folder }) => folder))].flatMap((folder) =>
    (folder in borrowing ? ["connector.ts", "README.md"] : CONNECTOR_REQUIRED)
      .filter((name) => !inside.some((file) => file.folder === folder && file.rest === name))
      .map((name) => `connectors/${folder}/${name}: missing`),
  );
  const known = [...CONNECTOR_REQUIRED, ...CONNECTOR_OPTIONAL];
  const isExtra = (path: string): boolean =>
    Object.keys(extra).some((name) => (name.endsWith("/") ? path.startsWith(name) : path === name));
  const unknown = inside.filter(({ path, rest }) => !known.includes(rest) && !rest.startsWith("fake/") && !isExtra(path));
  return [...missing, ...unknown.map(({ path }) => `${path}: not one of a connector's files (${known.join(" ")} fake/)`)];
}

/** Fixed by the user. */
const TOP_LEVEL = ["src", "connectors", "handlers", "deploy", "conduit", "tests", "package.json", ".env.example"];
/** Needed by a tool, or looked for there by everybody. */
const TOP_LEVEL_AROUND = [
  ".ci .gitignore .npmrc .oxlintrc.json .prettierignore .prettierrc.json package-lock.json tsconfig.json vitest.config.ts",
  "CHANGELOG.md CONTRIBUTING.md LICENSE README.md docs",
].flatMap((line) => line.split(" "));

export function topLevel(paths: readonly string[]): string[] {
  const found = new Set(paths.map((path) => path.split("/")[0] ?? path));
  return [
    ...[...found]
      .filter((name) => ![...TOP_LEVEL, ...TOP_LEVEL_AROUND].includes(name))
      .map((name) => `${name}: not one of the names fixed for the top level`),
    ...TOP_LEVEL.filter((name) => !found.has(name)).map((name) => `${name}: missing`),
  ];
}
