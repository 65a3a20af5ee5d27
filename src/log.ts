/**
 * The log: JSON lines on standard error, written before the call returns, so that the last line of a dying process is there too.
 * Invariant: this is the only way into the logger, and everything that passes it (text, facts, bindings, errors) is redacted first.
 * A log call never throws, and a reader that went away never stops the hub.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { pino } from "pino";
import type { ConnectorLog } from "./contract/connector.ts";
import type { LogLevel } from "./log-levels.ts";
import { redactFacts } from "./redaction/deep.ts";
import type { Redact } from "./redaction/secrets.ts";

export interface Log extends ConnectorLog {
  debug(facts: Record<string, unknown>, text: string): void;
  /** The same log with these facts on every line, e.g. `{ trace }`. */
  child(facts: Record<string, unknown>): Log;
}

export interface LogOptions {
  /** Stack traces are written at `debug` only. */
  readonly level: LogLevel;
  /** Registered secrets and well-known tokens; see `createLogRedactor`. */
  readonly redact: Redact;
  /** Gets whole lines. Default: standard error. */
  readonly destination?: { write(line: string): void };
}

export function createLog({ level, redact, destination = standardError() }: LogOptions): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  return redacted(logger, { redact, stacks: level === "debug" });
}

function redacted(logger: pino.Logger, options: { redact: Redact; stacks: boolean }): Log {
  const line = (level: Exclude<LogLevel, "silent">) => (facts: Record<string, unknown>, text: string) => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](redactFacts(facts, options), options.redact(text));
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (facts) => redacted(logger.child(redactFacts(facts, options)), options),
  };
}

/** A file only the hub's own user can read, for when the terminal is somebody's chat. */
export function fileDestination(file: string): { write(line: string): void } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return pino.destination({ dest: file, sync: true, append: true, mode: 0o600 });
}

/** Synchronous: nothing is lost when the process ends with the next statement. */
function standardError(): { write(line: string): void } {
  const stream = pino.destination({ fd: 2, sync: true });
  // A closed pipe (`mos-hub start | head`) is no reason to stop carrying messages.
  stream.on("error", () => {});
  return stream;
}
