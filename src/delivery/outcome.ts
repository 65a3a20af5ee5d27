/**
 * What becomes of an outbox row after a call of the platform, and how long the platform wants to be left alone. Pure.
 * Invariant: a row that may have been sent is never simply queued again.
 */
import type { Connector } from "../contract/connector.ts";
import type { Receipt, SendResult } from "../contract/message.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";
import { markPossibleDuplicate } from "./duplicate-mark.ts";
import type { Hold } from "./holds.ts";

type Outgoing = Row<"outbox">;
export type Next = Partial<OutboxFields>;

/** After this many attempts a row is a dead letter for a person to look at; one that certainly was not sent, only after this long, too. */
const MOST_ATTEMPTS = 10;
const LONGEST_OUTAGE_MS = 6 * 3_600_000;
export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 60_000;
/** An account the platform has closed is left alone for this long; a restart, which a person makes who has mended it, asks at once. */
const CLOSED_REST_MS = 3_600_000;

/** A platform that names a longer time is taken to have made a mistake. */
const LONGEST_HOLD_MS = 7 * 86_400_000;

/** Why a row was given up that may have reached the platform. */
export const OUTCOME_UNKNOWN = "outcome unknown";

/** What a platform without the power is told, and what is left when all parts have their receipts. */
export const NOTHING_TO_DO: SendResult = { delivered: true };

/** A part got through: the next one begins anew, with all its attempts. */
const ONWARD = { state: "queued", attempts: 0, notBefore: 0 } as const;

export interface Called {
  readonly result: SendResult;
  /** Nothing of the row is left to be sent after this. */
  readonly isLast: boolean;
}

export function afterCall(row: Outgoing, { result, isLast }: Called, now: number): Next {
  if (result.delivered) {
    const receipts = result === NOTHING_TO_DO ? row.receipts : [...row.receipts, receiptOf(result)];
    return isLast ? { state: "sent", receipts, times: { ...row.times, sent: now } } : { ...ONWARD, receipts };
  }
  return result.outcome === "unknown" ? { ...inDoubt(row, now), notBefore: retryAt(row, now) } : afterRefusal(row, result, now);
}

/** It may have been sent: no answer came, or the process died before one could. */
export function inDoubt({ times }: Outgoing, now: number): Next {
  return { state: "unknown", times: { unknown: now, ...times } };
}

function afterRefusal(row: Outgoing, { verdict }: SendResult, now: number): Next {
  switch (verdict?.do) {
    case "drop":
      return saidAnew(row) ?? { state: "failed" };
    case "retry_after":
    case "stop_account":
    case "reauth":
      // It is no fault of the row: the governor holds it, and what else goes the same way.
      return { state: "queued", notBefore: 0, attempts: row.attempts - 1 };
    case "retry":
    case undefined:
      return row.attempts >= MOST_ATTEMPTS && now - triedFrom(row) >= LONGEST_OUTAGE_MS
        ? givenUp(row)
        : { state: "queued", notBefore: retryAt(row, now) };
    default:
      return verdict satisfies never;
  }
}

/** An answer that was to complete a message which is gone is sent as one of its own. */
function saidAnew({ op, urgency, receipts }: Outgoing): Next | undefined {
  if (op.type !== "send" || op.editsOutboxId === undefined || urgency !== "reply" || receipts.length > 0) return undefined;
  return { ...ONWARD, op: { type: "send", message: op.message } };
}

/** The part was found on the platform. */
export function afterFound(row: Outgoing, found: Receipt): Next {
  return { ...ONWARD, receipts: [...row.receipts, found] };
}

/**
 * What becomes of a row whose part was not found, or cannot be looked for. A change in place, a mark or a reaction shows the same when made
 * twice, and so does a message whose key the platform still knows. Progress is not worth a possible duplicate.
 */
export function again(row: Outgoing, { can }: Connector, now: number): Next {
  const { op } = row;
  if (row.attempts >= MOST_ATTEMPTS) return { ...givenUp(row), lastError: OUTCOME_UNKNOWN };
  const isKeyKnown = now - triedFrom(row) < (can?.idempotentMs ?? 0);
  // Words for one person alone lie nowhere to be looked for, and go by no key on most platforms.
  const isCertain = op.type === "send" && !op.onlyTo && (can?.reconcile !== undefined || isKeyKnown);
  if (op.type !== "send" || isCertain || (op.editsOutboxId !== undefined && can?.edit)) return { state: "queued" };
  if (row.urgency === "progress") return { state: "failed", lastError: OUTCOME_UNKNOWN };
  if (row.receipts.length > 0) return { state: "queued", doubtfulPart: row.receipts.length };
  return { state: "queued", op: { ...op, message: markPossibleDuplicate(op.message) } };
}

function triedFrom({ times, createdAt }: Outgoing): number {
  return times.sending ?? createdAt;
}

function givenUp({ urgency }: Outgoing): Next {
  return { state: urgency === "progress" ? "failed" : "dead" };
}

/** A row of an account that the configuration no longer has. Sent again by hand, what may have arrived is looked for first. */
export function withoutAccount(row: Outgoing): Next {
  const lastError = row.state === "unknown" ? OUTCOME_UNKNOWN : `the account ${row.account} is no longer in the configuration`;
  return { ...givenUp(row), lastError };
}

/** How long the platform is left alone after this answer, and what of it. */
export function holdAfter({ address }: Pick<Outgoing, "address">, { verdict }: SendResult): Hold | undefined {
  switch (verdict?.do) {
    case "retry_after":
      return { address, scope: verdict.scope ?? "account", ms: Math.min(Math.ceil(verdict.ms), LONGEST_HOLD_MS) };
    case "stop_account":
    case "reauth":
      return { address, scope: "account", ms: CLOSED_REST_MS };
    default:
      return undefined;
  }
}

/** A call that rejects, which the contract forbids, may have sent. */
export function brokenPromise(thrown: unknown): Called {
  return { result: { delivered: false, outcome: "unknown", error: String(thrown) }, isLast: false };
}

function retryAt({ attempts }: Outgoing, now: number): number {
  return now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1));
}

/** One for each part, also of a platform that gives no id: they count what has left. */
function receiptOf({ receipt, messageId = "" }: SendResult): Receipt {
  return receipt ?? { messageId };
}

export function keyOfNextPart(row: Outgoing): string {
  return row.receipts.length === 0 ? row.id : `${row.id}.${row.receipts.length + 1}`;
}
