/** The configuration file as data, with the line each value stands on. Never quotes the file: what is malformed may be a secret. */
import { readFile } from "node:fs/promises";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml";
import { HubError } from "../contract/errors.ts";
import type { Path, Problem } from "./problems.ts";

export interface ParsedFile {
  /** A mapping; empty for an empty file. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  readonly lineOf: (path: Path) => number | undefined;
  /** Of a file in another form than ours: what a place of `data` is called there. */
  readonly nameOf?: ((path: string) => string) | undefined;
}

export const NO_FILE: ParsedFile = { data: {}, problems: [], lineOf: () => undefined };

/** The text of the file; undefined when there is none and nobody named it. Throws `config_unreadable`. */
export async function readConfigFile(file: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" && !isNamed) return undefined;
    throw new HubError("config_unreadable", { file, reason: REASONS[code] ?? code });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
};

export function parseConfigFile(text: string, fileName: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const malformed = document.errors.map((error) => malformedProblem(error, lines, fileName));
  if (malformed.length > 0) return { ...NO_FILE, problems: malformed };
  const lineOf = (path: Path): number | undefined => lineIn(document.contents, path, lines);
  try {
    const data = document.toJS({ maxAliasCount: 100 }) as unknown;
    if (data === null || data === undefined) return { ...NO_FILE, lineOf };
    if (typeof data === "object" && !Array.isArray(data)) return { data: withoutEmpty(data), problems: [], lineOf };
    return {
      ...NO_FILE,
      problems: [{ path: fileName, line: 1, wrong: "is not a mapping of keys", remedy: "Begin each line with a key, such as: port: 7077" }],
    };
  } catch {
    return {
      ...NO_FILE,
      problems: [
        {
          path: fileName,
          wrong: "has an alias that leads nowhere or to too much",
          remedy: "Write the values out instead of using & and *.",
        },
      ],
    };
  }
}

/** A section whose lines are all commented out is absent, not wrong. */
function withoutEmpty(data: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
}

function malformedProblem(error: YAMLError, lines: LineCounter, fileName: string): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  // The parser quotes the file after a colon, with and without quotation marks.
  const what = error.message.replace(/\b: [^]*$/, "");
  return {
    path: fileName,
    line,
    wrong: `is not YAML at column ${col}: ${what}`,
    remedy: "Check indentation (spaces, no tabs), quotes and the colon after each key.",
  };
}

/** The line of the deepest part of the path that is there. */
function lineIn(root: unknown, path: Path, lines: LineCounter): number | undefined {
  let node = root;
  let offset: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) break;
      offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
