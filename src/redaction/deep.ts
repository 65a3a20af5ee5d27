/**
 * Redaction of whole values: every string and key at any depth, as plain JSON data. Owns how an unknown value becomes data fit for a log;
 * knows no logger. Invariant: it never throws, and no string leaves it that did not pass `redact`.
 */
import type { Redact } from "./secrets.ts";

export interface DeepOptions {
  readonly redact: Redact;
  /** Stack traces of errors are kept. Default false. */
  readonly stacks?: boolean;
}

/** Deeper than this a value is data that belongs in a store, not in a log. */
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200;
/** A fact longer than this is cut, after redaction so that no half of a secret is left. */
const MAX_CHARS = 8192;

export function redactDeep(value: unknown, options: DeepOptions): unknown {
  return plain(value, options, []);
}

/** As `redactDeep`, for the facts of one line. */
export function redactFacts(facts: Readonly<Record<string, unknown>>, options: DeepOptions): Record<string, unknown> {
  return plainEntries(Object.entries(facts), options, [facts]);
}

/** JSON whose shape is kept: every string and key redacted, nothing cut. For what is stored or answered, not logged. */
export function redactJson<T>(value: T, redact: (text: string) => string): T;
export function redactJson(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((part: unknown) => redactJson(part, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [redact(key), redactJson(part, redact)]));
}

function plain(value: unknown, options: DeepOptions, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
      return cut(options.redact(value));
    case "number":
    case "bigint":
      return plainNumber(value, options);
    case "object":
      return value === null ? null : guarded(value, options, above);
    case "function":
    case "symbol":
      return cut(options.redact(String(value.toString().slice(0, 80))));
    default:
      return value;
  }
}

/** A secret of digits alone (a PIN) may be given as a number. */
function plainNumber(value: number | bigint, { redact }: DeepOptions): unknown {
  const text = String(value);
  return redact(text) === text ? (typeof value === "bigint" ? text : value) : redact(text);
}

function guarded(value: object, options: DeepOptions, above: readonly object[]): unknown {
  if (above.includes(value)) return "[circular]";
  if (above.length >= MAX_DEPTH) return "[deeper]";
  try {
    return plainObject(value, options, [...above, value]);
  } catch {
    return "[unreadable]";
  }
}

function plainObject(value: object, options: DeepOptions, above: readonly object[]): unknown {
  const inner = (part: unknown): unknown => plain(part, options, above);
  if (value instanceof Error) return plainError(value, options, above);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return inner(value.href);
  if (value instanceof Map)
    return plainEntries(
      [...value].map(([key, part]) => [String(key), part]),
      options,
      above,
    );
  if (value instanceof Set) return inner([...value]);
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map(inner);
  if ("toJSON" in value && typeof value.toJSON === "function") return inner(value.toJSON() as unknown);
  return plainEntries(Object.entries(value), options, above);
}

function plainEntries(
  entries: readonly (readonly [string, unknown])[],
  options: DeepOptions,
  above: readonly object[],
): Record<string, unknown> {
  return Object.fromEntries(entries.slice(0, MAX_ENTRIES).map(([key, part]) => [cut(options.redact(key)), plain(part, options, above)]));
}

/** Name, message, code, own fields and cause. The stack repeats the message, so it too passes `redact`. */
function plainError(error: Error, options: DeepOptions, above: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([key]) => !["name", "message", "stack", "cause"].includes(key));
  const entries: [string, unknown][] = [["type", name], ["message", message], ...own];
  if (cause !== undefined) entries.push(["cause", cause]);
  if (options.stacks && stack) entries.push(["stack", stack]);
  return plainEntries(entries, options, above);
}

function cut(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)} … (${text.length - MAX_CHARS} more characters)`;
}
