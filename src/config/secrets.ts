/**
 * Secrets where they must not be: in the configuration file. Says where one is and which variable it belongs into, never what it is.
 * A secret is a well-known token, a URL's password, or a random-looking value beside a key-like word.
 */
import { isReference, lastWord, looksLikeSecret, PLAINLY_SECRET } from "../redaction/key-like.ts";
import { findToken } from "../redaction/patterns.ts";
import { type Path, type Problem, pathText } from "./problems.ts";

export interface SecretSearch {
  readonly data: unknown;
  /** The variable that holds what stands at this path, when one is known. */
  readonly variableFor: (path: Path) => string | undefined;
  readonly lineOf: (path: Path) => number | undefined;
}

export function secretProblems({ data, variableFor, lineOf }: SecretSearch): Problem[] {
  return leavesOf(data, [], "").flatMap(({ path, key, value }) => {
    const kind = secretKind(key, value);
    if (!kind) return [];
    const name = variableFor(path) ?? variableName(key);
    const remedy = `Take it out of the file and set ${name} in the environment; then replace it, since it has been written down.`;
    return [{ path: pathText(path), line: lineOf(path), wrong: `holds a secret (${kind.replaceAll("_", " ")})`, remedy }];
  });
}

interface Leaf {
  readonly path: Path;
  /** The word beside the value: its key, the key of its list, or the option before it in a command. */
  readonly key: string;
  readonly value: string | number;
}

function leavesOf(value: unknown, path: Path, key: string): Leaf[] {
  if (typeof value === "string" || typeof value === "number") return [optionLeaf({ path, key, value })];
  if (Array.isArray(value)) {
    return value.flatMap((part, at) => leavesOf(part, [...path, at], optionName(value[at - 1]) ?? key));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => leavesOf(part, [...path, name], name));
}

/** `--api-key` before a value is its key … */
function optionName(word: unknown): string | undefined {
  return typeof word === "string" ? /^--?([A-Za-z][\w-]*)$/.exec(word)?.[1] : undefined;
}

/** … and so is the first half of `--api-key=value`. */
function optionLeaf(leaf: Leaf): Leaf {
  const [, key, value] = /^--?([A-Za-z][\w-]*)=(.+)$/s.exec(String(leaf.value)) ?? [];
  return key !== undefined && value !== undefined ? { path: leaf.path, key, value } : leaf;
}

function secretKind(key: string, value: string | number): string | undefined {
  const text = String(value);
  const token = findToken(text);
  if (token) return token;
  if (/^[a-z][a-z0-9+.-]{0,20}:\/\/\S*[?&](?:ssl)?password=[^&\s]/i.test(text)) return "url_password";
  if (typeof value === "string" && isReference(text)) return undefined;
  if (PLAINLY_SECRET.has(lastWord(key))) return text.length >= 4 ? lastWord(key) : undefined;
  return typeof value === "string" && looksLikeSecret(key, value) ? lastWord(key) : undefined;
}

/** `botToken` → `BOT_TOKEN`. */
function variableName(key: string): string {
  const name = key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
  return name ? `a variable such as ${name}` : "a variable";
}
