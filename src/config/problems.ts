/**
 * What is wrong with a configuration, for the person who wrote it: the path, what is wrong there and what to do.
 * Invariant: no value of the file is ever part of a problem, since it may be a secret.
 */
import type { z } from "zod";
import { HubError } from "../contract/errors.ts";
import { counted } from "../contract/counted.ts";
import { nearestOf } from "./nearest.ts";
import { descriptionAt, keysAt, schemaShape } from "./shape.ts";

export type Path = readonly PropertyKey[];

export interface Problem {
  /** `operators[0].roles` in the file, or the name of a variable. */
  readonly path: string;
  /** Where in the file, counted from 1. */
  readonly line?: number | undefined;
  readonly wrong: string;
  readonly remedy: string;
}

/** All problems as one error, in the order of the file. */
export function configInvalid(problems: readonly Problem[]): HubError {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return new HubError("config_invalid", { count: counted(sorted.length, "problem"), problems: sorted.map(problemText).join("\n") });
}

function problemText(problem: Problem): string {
  return `  - ${whatIsWrong(problem)}\n    ${problem.remedy}`;
}

export function whatIsWrong({ path, line, wrong }: Omit<Problem, "remedy">): string {
  return `${path}${line === undefined ? "" : ` (line ${line})`} ${wrong}`;
}

export function pathText(path: Path): string {
  const text = path.reduce<string>(
    (before, part) => (typeof part === "number" ? `${before}[${part}]` : before ? `${before}.${String(part)}` : String(part)),
    "",
  );
  return text || "(the whole file)";
}

/** One part of the file and the schema it must fit. */
export interface Checked {
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** Where the value stands in the file. */
  readonly at: Path;
  readonly lineOf: (path: Path) => number | undefined;
}

export function problemsOf(checked: Checked): Problem[] {
  const parsed = checked.schema.safeParse(checked.value);
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => issueProblems(issue, checked));
}

function issueProblems(issue: z.core.$ZodIssue, { schema, value, at, lineOf }: Checked): Problem[] {
  const shape = schemaShape(schema);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey(key, keysAt(shape, issue.path), [...at, ...issue.path], lineOf));
  const path = [...at, ...issue.path];
  const found = valueAt(value, issue.path);
  const description = descriptionAt(shape, issue.path);
  const remedy = description
    ? `It means: ${description}`
    : found === undefined
      ? "Add it."
      : "Correct it, or take it out where there is a default.";
  return [{ path: pathText(path), line: lineOf(path), wrong: wrongText(issue, found), remedy }];
}

function unknownKey(key: string, known: readonly string[], parent: Path, lineOf: Checked["lineOf"]): Problem {
  const near = nearestOf(key, known);
  const list = known.length > 0 ? `Known here: ${known.join(", ")}.` : "There are no keys here.";
  const path = [...parent, key];
  return { path: pathText(path), line: lineOf(path), wrong: "is not a known key", remedy: near ? `Did you mean "${near}"? ${list}` : list };
}

/** A name that stands for something else in the file or in the hub, and does not. */
export function unknownName(
  asked: { what: string; typed: string; known: readonly string[]; path: Path },
  lineOf: Checked["lineOf"],
): Problem {
  const near = nearestOf(asked.typed, asked.known);
  const list = `Known: ${asked.known.join(", ") || "none"}.`;
  return {
    path: pathText(asked.path),
    line: lineOf(asked.path),
    wrong: `names no ${asked.what} there is`,
    remedy: near ? `Did you mean "${near}"? ${list}` : list,
  };
}

/** What is wrong with the value of an issue, in our words: "must be a number, not a text". */
export function wrongText(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined
        ? "is missing"
        : `must be ${typeWord(issue.expected)}, not ${typeWord(typeOf(value))}${inQuotes(issue, value)}`;
    case "invalid_value":
      return `must be one of: ${issue.values.map(String).join(", ")}${meant(value, issue.values.map(String))}`;
    case "too_small":
      return issue.origin === "number" ? `must be at least ${issue.minimum}` : `needs at least ${issue.minimum} ${unitOf(issue.origin)}`;
    case "too_big":
      return issue.origin === "number" ? `must be at most ${issue.maximum}` : `may have at most ${issue.maximum} ${unitOf(issue.origin)}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? "is no name that can be used here";
    case "invalid_union":
      return "has none of the forms it may have";
    default:
      return issue.message;
  }
}

/** An id of digits, which YAML takes for a number. */
function inQuotes({ path }: z.core.$ZodIssue, value: unknown): string {
  return typeof value === "number" && String(path.at(-1)).endsWith("_id") ? "; write it in quotes" : "";
}

function meant(value: unknown, known: readonly string[]): string {
  const near = typeof value === "string" ? nearestOf(value, known) : undefined;
  return near ? ` (did you mean ${near}?)` : "";
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Number.isNaN(value)) return "no number";
  return Array.isArray(value) ? "array" : typeof value;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys",
  record: "a mapping of keys",
  null: "empty",
};

function typeWord(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

function unitOf(origin: string): string {
  return origin === "string" ? "characters" : "entries";
}

/** The part of what was given that an issue is about. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  );
}
