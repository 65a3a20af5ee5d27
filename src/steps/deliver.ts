/**
 * DELIVER: outbox rows leave, one call of the platform at a time in each lane. The intent (`sending`) is on disk before the call, the
 * receipt after it; a text of several parts is several such calls.
 * Failure exit: what surely was not sent waits and is tried again; what may have been sent is `unknown` and looked for before it is sent
 * again, and where nothing can be looked up it carries a visible mark.
 */
import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import type { Receipt, SendResult } from "../contract/message.ts";
import { update } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";
import type { CallKind, Governor } from "../delivery/governor.ts";
import { findHeads } from "../delivery/heads.ts";
import type { Journal } from "../store/journal.ts";
import { untilStored } from "../store/until-stored.ts";
import { markPossibleDuplicate, render } from "./render.ts";

export interface DeliverParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly governor: Governor;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly redact: (text: string) => string;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

export interface Deliver {
  /** Looks for rows that can leave. Cheap; called after every change of the outbox. */
  wake(): void;
  /** What was on its way when the process died last time becomes `unknown`. Calls no platform. Call once, before the first `wake`. */
  resume(): Promise<void>;
  /** No new call is begun; resolves when those under way have their receipts on disk. */
  drain(): Promise<void>;
}

/** After this many attempts a row is a dead letter for a person to look at. */
const MOST_ATTEMPTS = 10;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;
/** A platform that cannot be asked what became of a message is asked again after this long. */
const ASK_AGAIN_MS = 5000;

type Outgoing = Row<"outbox">;

export function createDeliver(parts: DeliverParts): Deliver {
  const { journal, clock, governor, connectorOf, redact, log } = parts;
  const underWay = new Map<string, Promise<void>>();
  const alarm = createAlarm(clock, look, log);
  let draining = false;

  /** Begins what can begin; the time at which the next may. */
  async function look(): Promise<number | undefined> {
    const heads = await findHeads(journal.store, (lane) => underWay.has(lane));
    let next: number | undefined;
    for (const row of heads) {
      if (draining) return undefined;
      const at = begin(row);
      if (at !== undefined) next = Math.min(at, next ?? at);
    }
    return next;
  }

  /** Begins a delivery if it may begin now; else when it may, undefined when there is no saying. */
  function begin(row: Outgoing): number | undefined {
    const connector = connectorOf(row.account);
    if (!connector) return undefined;
    const kind = callOf(row, connector);
    const wait = Math.max(row.notBefore - clock.now(), kind ? governor.waitMs(row.address, kind) : 0);
    if (wait > 0) return clock.now() + wait;
    if (kind) governor.spend(row.address, kind);
    const work = (row.state === "unknown" ? lookUp(row, connector) : attempt(row, connector)).catch(async (thrown: unknown) => {
      log.error({ trace: row.trace, outbox: row.id, err: thrown }, "a delivery could not be begun; trying again");
      await new Promise<void>((resolve) => clock.setTimer(FIRST_RETRY_MS, resolve));
    });
    underWay.set(
      row.lane,
      work.finally(() => {
        underWay.delete(row.lane);
        alarm.wake();
      }),
    );
    return undefined;
  }

  async function attempt(row: Outgoing, connector: Connector): Promise<void> {
    // The first intent of all stays: from there on the message is looked for.
    const times = { sending: clock.now(), ...row.times };
    const sending = await advance(row, { state: "sending", attempts: row.attempts + 1, times });
    if (!sending) return;
    const { result, isLast } = await call(sending, connector).catch(brokenPromise);
    await untilStored(() => advance(sending, afterCall(sending, result, isLast)), parts);
  }

  /** The platform is asked for one thing: the first part that has no receipt. */
  async function call(row: Outgoing, connector: Connector): Promise<Called> {
    const { op, address } = row;
    const place = { chatId: address.chat, threadId: address.thread };
    if (op.type === "turn_end") return { result: (await connector.can?.turnEnd?.(place, op.mark)) ?? NOTHING_TO_DO, isLast: true };
    if (op.type === "react") return { result: (await connector.can?.react?.(place, op.target, op.emoji)) ?? NOTHING_TO_DO, isLast: true };
    const edits = op.editsOutboxId === undefined ? undefined : (await journal.store.get("outbox", op.editsOutboxId))?.receipts[0];
    const target = { can: connector.can ?? {}, limits: connector.limits, redact };
    const rendered = render({ ...op.message, edits }, target, row.doubtfulPart);
    const part = rendered[row.receipts.length];
    if (part === undefined) return { result: NOTHING_TO_DO, isLast: true };
    return { result: await connector.send(part), isLast: row.receipts.length + 1 === rendered.length };
  }

  function afterCall(row: Outgoing, result: SendResult, isLast: boolean): Partial<OutboxFields> {
    if (result.delivered) {
      const receipts = result === NOTHING_TO_DO ? row.receipts : [...row.receipts, receiptOf(result)];
      return isLast ? { state: "sent", receipts, times: { ...row.times, sent: clock.now() } } : { ...ONWARD, receipts };
    }
    log.warn({ trace: row.trace, outbox: row.id, account: row.account, reason: result.error }, "a message was not delivered");
    const failed = result.outcome === "unknown" ? ({ state: "unknown", notBefore: retryAt(row) } as const) : afterRefusal(row, result);
    return { ...failed, lastError: result.error ?? "no reason given" };
  }

  function afterRefusal(row: Outgoing, { verdict }: SendResult): Partial<OutboxFields> {
    switch (verdict?.do) {
      case "retry_after":
        governor.hold(row.account, verdict.ms);
        return { state: "queued", notBefore: clock.now() + verdict.ms };
      case "drop":
        return { state: "failed" };
      case "stop_account":
      case "reauth":
        // Nothing of this account can leave until a person mends it; waiting rows stay where they are.
        governor.hold(row.account, LONGEST_RETRY_MS);
        return { state: "queued", notBefore: clock.now() + LONGEST_RETRY_MS };
      case "retry":
      case undefined:
        return row.attempts >= MOST_ATTEMPTS ? { state: "dead" } : { state: "queued", notBefore: retryAt(row) };
      default:
        return verdict satisfies never;
    }
  }

  function retryAt({ attempts }: Outgoing): number {
    return clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1));
  }

  /** The call may have reached the platform: look where one can look. */
  async function lookUp(row: Outgoing, connector: Connector): Promise<void> {
    const reconcile = connector.can?.reconcile;
    if (row.op.type !== "send" || !reconcile) return void (await advance(row, again(row, connector)));
    const since = new Date(row.times.sending ?? row.createdAt).toISOString();
    try {
      const found = await reconcile({ ...row.op.message, idempotencyKey: keyOfNextPart(row) }, since);
      await advance(row, found ? { ...ONWARD, receipts: [...row.receipts, found] } : again(row, connector));
    } catch (thrown) {
      log.warn({ trace: row.trace, outbox: row.id, err: thrown }, "what became of a message could not be asked; asking again");
      await advance(row, { notBefore: clock.now() + ASK_AGAIN_MS });
    }
  }

  async function advance(row: Outgoing, set: Partial<OutboxFields>): Promise<Outgoing | undefined> {
    const wrote = await journal.commit({ actorId: "hub", scope: `account/${row.account}`, writes: [update("outbox", row, set)] });
    return wrote ? { ...row, ...set, version: row.version + 1 } : undefined;
  }

  async function resume(): Promise<void> {
    const interrupted = await journal.store.find("outbox", { where: { state: "sending" }, limit: Infinity });
    for (const row of interrupted) await advance(row, { state: "unknown" });
  }

  async function drain(): Promise<void> {
    draining = true;
    await alarm.stop();
    await Promise.all(underWay.values());
  }

  return { wake: alarm.wake, resume, drain };
}

interface Called {
  readonly result: SendResult;
  /** Nothing of the row is left to be sent after this. */
  readonly isLast: boolean;
}

/** What a platform without the power is told, and what is left when all parts have their receipts. */
const NOTHING_TO_DO: SendResult = { delivered: true };

/** A part got through: the next one begins anew, with all its attempts. */
const ONWARD = { state: "queued", attempts: 0, notBefore: 0 } as const;

/** The contract says a call never rejects; one that does may have sent. */
function brokenPromise(thrown: unknown): Called {
  return { result: { delivered: false, outcome: "unknown", error: String(thrown) }, isLast: false };
}

/**
 * What becomes of a row whose part was not found, or cannot be looked for. A change in place, a mark or a reaction shows the same when made
 * twice. Progress is not worth a possible duplicate.
 */
function again(row: Outgoing, { can }: Connector): Partial<OutboxFields> {
  const { op } = row;
  if (row.attempts >= MOST_ATTEMPTS) return { state: "dead" };
  if (op.type !== "send" || can?.reconcile || (op.editsOutboxId !== undefined && can?.edit)) return { state: "queued" };
  if (row.urgency === "progress") return { state: "failed", lastError: "outcome unknown" };
  if (row.receipts.length > 0) return { state: "queued", doubtfulPart: row.receipts.length };
  return { state: "queued", op: { ...op, message: markPossibleDuplicate(op.message) } };
}

/** One for each part, also of a platform that gives no id: they count what has left. */
function receiptOf({ receipt, messageId = "" }: SendResult): Receipt {
  return receipt ?? { messageId };
}

function keyOfNextPart(row: Outgoing): string {
  return row.receipts.length === 0 ? row.id : `${row.id}.${row.receipts.length + 1}`;
}

/** What the next call of a row costs; undefined when no call is made that a platform counts. */
function callOf({ state, op }: Outgoing, { can }: Connector): CallKind | undefined {
  if (state === "unknown" || op.type === "turn_end") return undefined;
  if (op.type === "react") return can?.react && "reaction";
  return op.editsOutboxId !== undefined && can?.edit ? "edit" : "send";
}
