/**
 * DELIVER: outbox rows leave, first in first out per address. The intent (`sending`) is on disk before the call, the receipt after it.
 * Failure exit: what surely was not sent waits and is tried again; what may have been sent is looked for before it is sent again,
 * and where nothing can be looked up it carries a visible mark.
 */
import type { Connector, TurnMark } from "../contract/connector.ts";
import type { Receipt, SendResult } from "../contract/message.ts";
import { update } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";
import type { Clock } from "../clock.ts";
import type { Governor } from "../delivery/governor.ts";
import type { Serial } from "../serial.ts";
import type { Journal } from "../store/journal.ts";
import { markPossibleDuplicate, render } from "./render.ts";

export interface DeliverParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly governor: Governor;
  readonly lanes: Serial;
  readonly connectorOf: (account: string) => Connector | undefined;
  readonly redact: (text: string) => string;
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

export interface Deliver {
  /** Looks for rows that can leave. Cheap; called after every change of the outbox. */
  wake(): void;
  /** What was on its way when the process died last time is settled first. Call once, before the first `wake`. */
  resume(): Promise<void>;
  /** No new call is begun; resolves when those under way have their receipts on disk. */
  drain(): Promise<void>;
}

/** After this many attempts a row is a dead letter for a person to look at. */
const MOST_ATTEMPTS = 10;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

export function createDeliver(parts: DeliverParts): Deliver {
  const { journal, clock, governor, lanes, connectorOf, redact, log } = parts;
  let draining = false;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  const busy = new Set<string>();
  let cancelTimer = (): void => {};

  function wake(): void {
    if (draining) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = look().finally(() => {
      looking = undefined;
      if (lookAgain) wake();
    });
  }

  async function look(): Promise<void> {
    lookAgain = false;
    try {
      const queued = await journal.store.find("outbox", { where: { state: "queued" }, limit: 500 });
      const firsts = new Map<string, Row<"outbox">>();
      for (const row of queued) if (!firsts.has(row.lane)) firsts.set(row.lane, row);
      const waits = [...firsts.values()].map(consider).filter((ms) => ms > 0);
      if (waits.length > 0) wakeIn(Math.min(...waits));
    } catch (thrown) {
      log.error({ err: thrown }, "the outbox could not be read; trying again");
      wakeIn(FIRST_RETRY_MS);
    }
  }

  /** Begins a delivery if it may begin now; else how long to wait, 0 when something else will wake us. */
  function consider(row: Row<"outbox">): number {
    if (busy.has(row.lane)) return 0;
    const connector = connectorOf(row.account);
    if (!connector) return 0;
    const wait = Math.max(row.notBefore - clock.now(), governor.waitMs(row.address, kindOf(row)));
    if (wait > 0) return wait;
    busy.add(row.lane);
    governor.spend(row.address, kindOf(row));
    void lanes
      .run(`outbox/${row.lane}`, () => attempt(row, connector))
      .catch((thrown: unknown) => {
        log.error({ trace: row.trace, outbox: row.id, err: thrown }, "a delivery could not be written down; trying again");
        wakeIn(FIRST_RETRY_MS);
      })
      .finally(() => {
        busy.delete(row.lane);
        wake();
      });
    return 0;
  }

  function wakeIn(ms: number): void {
    cancelTimer();
    cancelTimer = clock.setTimer(ms, wake);
  }

  async function attempt(row: Row<"outbox">, connector: Connector): Promise<void> {
    const sending = await advance(row, { state: "sending", attempts: row.attempts + 1, times: { ...row.times, sending: clock.now() } });
    if (!sending) return;
    await finish(sending, await perform(sending, connector));
  }

  /** Calls the platform for every part that has no receipt yet. */
  async function perform(row: Row<"outbox">, connector: Connector): Promise<Outcome> {
    const { op, address } = row;
    const place = { chatId: address.chat, threadId: address.thread };
    if (op.type === "turn_end") return only(await (connector.can?.turnEnd?.(place, op.mark) ?? notNeeded(op.mark)));
    if (op.type === "react") return only(await (connector.can?.react?.(place, op.target, op.emoji) ?? notNeeded(op.emoji)));
    const edits = op.editsOutboxId === undefined ? undefined : (await journal.store.get("outbox", op.editsOutboxId))?.receipts[0];
    const rendered = render({ ...op.message, edits }, { can: connector.can ?? {}, limits: connector.limits, redact });
    const receipts = [...row.receipts];
    for (const part of rendered.slice(receipts.length)) {
      const result = await connector.send(part);
      if (!result.delivered) return { result, receipts };
      receipts.push(receiptOf(result));
    }
    return { result: { delivered: true }, receipts };
  }

  async function finish(row: Row<"outbox">, { result, receipts }: Outcome): Promise<void> {
    if (result.delivered) {
      await advance(row, { state: "sent", receipts, times: { ...row.times, sent: clock.now() } });
      return;
    }
    log.warn({ trace: row.trace, outbox: row.id, account: row.account, reason: result.error }, "a message was not delivered");
    if (result.outcome === "unknown") return settleUnknown({ ...row, receipts });
    await advance(row, { ...afterFailure(row, result), receipts, lastError: result.error ?? "no reason given" });
  }

  function afterFailure(row: Row<"outbox">, { verdict }: SendResult): Partial<OutboxFields> {
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
        if (row.attempts >= MOST_ATTEMPTS) return { state: "dead" };
        return { state: "queued", notBefore: clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (row.attempts - 1)) };
      default:
        return verdict satisfies never;
    }
  }

  /** The call may have reached the platform: look where one can look, else send again with a mark, except progress, which is dropped. */
  async function settleUnknown(row: Row<"outbox">): Promise<void> {
    const connector = connectorOf(row.account);
    const since = new Date(row.times.sending ?? row.createdAt).toISOString();
    if (row.op.type !== "send") return void (await advance(row, { state: "queued" }));
    const found = await connector?.can?.reconcile?.({ ...row.op.message, idempotencyKey: partKey(row) }, since);
    if (found) return void (await advance(row, { state: "queued", receipts: [...row.receipts, found] }));
    if (connector?.can?.reconcile) return void (await advance(row, { state: "queued" }));
    if (row.urgency === "progress") return void (await advance(row, { state: "failed", lastError: "outcome unknown" }));
    await advance(row, { state: "queued", op: { ...row.op, message: markPossibleDuplicate(row.op.message) } });
  }

  async function advance(row: Row<"outbox">, set: Partial<OutboxFields>): Promise<Row<"outbox"> | undefined> {
    const wrote = await journal.commit({ actorId: "hub", scope: `account/${row.account}`, writes: [update("outbox", row, set)] });
    return wrote ? { ...row, ...set, version: row.version + 1 } : undefined;
  }

  async function resume(): Promise<void> {
    const underWay = await journal.store.find("outbox", { where: { state: { in: ["sending", "unknown"] } } });
    for (const row of underWay) await settleUnknown(row);
  }

  async function drain(): Promise<void> {
    draining = true;
    cancelTimer();
    await looking;
    await lanes.idle();
  }

  return { wake, resume, drain };
}

interface Outcome {
  readonly result: SendResult;
  readonly receipts: readonly Receipt[];
}

function only(result: SendResult): Outcome {
  return { result, receipts: result.delivered && result.messageId !== undefined ? [receiptOf(result)] : [] };
}

/** A platform without the power has nothing to be told. */
function notNeeded(_what: TurnMark | string): Promise<SendResult> {
  return Promise.resolve({ delivered: true });
}

function receiptOf(result: SendResult): Receipt {
  return result.receipt ?? { messageId: result.messageId ?? "" };
}

function partKey(row: Row<"outbox">): string {
  return row.receipts.length === 0 ? row.id : `${row.id}.${row.receipts.length + 1}`;
}

function kindOf(row: Row<"outbox">): "send" | "edit" | "reaction" {
  if (row.op.type === "react") return "reaction";
  return row.op.type === "send" && row.op.editsOutboxId !== undefined ? "edit" : "send";
}
