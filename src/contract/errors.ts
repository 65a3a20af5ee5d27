/**
 * Every error the hub can show a person: code → sentence → verdict → exit code, in one table a room of `error-tables/`.
 * `docs/errors.md` is written from them and a test keeps them in step.
 */
import { AGENT_ERRORS } from "./error-tables/agents.ts";
import { DELIVERY_ERRORS } from "./error-tables/delivery.ts";
import { INSTALLATION_ERRORS } from "./error-tables/installation.ts";
import { PEOPLE_ERRORS } from "./error-tables/people.ts";
import { REQUEST_ERRORS } from "./error-tables/requests.ts";
import type { Verdict } from "./message.ts";

export const ERRORS = {
  ...INSTALLATION_ERRORS,
  ...AGENT_ERRORS,
  ...REQUEST_ERRORS,
  ...PEOPLE_ERRORS,
  ...DELIVERY_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error with a code of the table. Its message is for people: no stack trace, no secret, no path of the source. */
export class HubError extends Error {
  override readonly name: string = "HubError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(sentenceOf(code, details), options);
    this.code = code;
    this.details = details;
  }

  get remedy(): string {
    return fill(ERRORS[this.code].remedy, this.details);
  }
  get verdict(): Verdict["do"] {
    return ERRORS[this.code].verdict;
  }
  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}

/** Thrown by the registry for a kind nobody has registered. */
export class ConnectorNotImplementedError extends HubError {
  override readonly name = "ConnectorNotImplementedError";
  readonly kind: string;

  constructor(kind: string, known: readonly string[]) {
    super("connector_not_implemented", { kind, known: known.join(", ") || "none" });
    this.kind = kind;
    this.message = `${this.message} ${this.remedy}`;
  }
}

export function sentenceOf(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].sentence, details);
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

/** Anything thrown, as a HubError: what is not ours becomes `internal` with the original kept as cause for the log. */
export function asHubError(thrown: unknown, trace = "unknown"): HubError {
  return thrown instanceof HubError ? thrown : new HubError("internal", { trace }, { cause: thrown });
}

/** What was looked up, or `not_found`; without `what` an orchestrator, or `orchestrator_gone`, since an earlier life of the hub knew it. */
export function known<T>(found: T | undefined, id: string, what?: string): T {
  if (found !== undefined) return found;
  throw what === undefined ? new HubError("orchestrator_gone", { name: id }) : new HubError("not_found", { what, id });
}
