/**
 * DELIVER: outbox rows leave, one call of the platform at a time in each lane. The intent (`sending`) is on disk before the call, the
 * receipt after it; a text of several parts is several such calls. What is no row (typing, a growing text) is called between them.
 * Failure exit: what surely was not sent waits and is tried again; what may have been sent is `unknown` and looked for before it is sent
 * again, and where nothing can be looked up it carries a visible mark.
 */
import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { Connector, Files, Powers } from "../contract/connector.ts";
import { type Address, addressKey, chatKey } from "../contract/ids.ts";
import type { Receipt, SendResult } from "../contract/message.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { undelivered } from "../delivery/dead-letters.ts";
import { createFairness } from "../delivery/fairness.ts";
import type { CallKind, Governor } from "../delivery/governor.ts";
import { findHeads } from "../delivery/heads.ts";
import { keepHold, resumeHolds } from "../delivery/holds.ts";
import {
  again,
  afterCall,
  afterFound,
  brokenPromise,
  type Called,
  FIRST_RETRY_MS,
  holdAfter,
  inDoubt,
  keyOfNextPart,
  LONGEST_RETRY_MS,
  type Next,
  NOTHING_TO_DO,
  withoutAccount,
} from "../delivery/outcome.ts";
import { withTry } from "../delivery/tries.ts";
import { whyOutOfDate } from "../delivery/out-of-date.ts";
import { sendWithFile } from "../delivery/send-with-file.ts";
import { threadUnder } from "../delivery/under.ts";
import { whisper } from "../delivery/whisper.ts";
import type { Redact } from "../redaction/secrets.ts";
import type { Journal } from "../store/journal.ts";
import { untilStored } from "../store/until-stored.ts";
import { render } from "./render.ts";

export interface DeliverParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly governor: Governor;
  /** Undefined while the account is not connected: its rows wait. */
  readonly connectorOf: (account: string) => Connector | undefined;
  /** Of every account there is; the rows of another are given up. */
  readonly connectors: Pick<ReadonlyMap<string, Connector>, "has">;
  readonly redact: Redact;
  readonly keepFile: Files["keep"];
  readonly log: { warn(facts: Record<string, unknown>, text: string): void; error(facts: Record<string, unknown>, text: string): void };
}

export interface Deliver {
  /** Looks for rows that can leave. Cheap; called after every change of the outbox. */
  wake(): void;
  /**
   * Makes a call that is no row and may as well be lost, unless something that is one wants the same pace. Ms to wait before asking again;
   * 0 when it was made, Infinity where the platform cannot. Never throws.
   */
  aside(call: AsideCall): number;
  /**
   * What was on its way when the process died last time becomes `unknown`. Calls no platform. Call once, before the first `wake`: until then
   * an interrupted row would be overtaken by those behind it.
   */
  resume(): Promise<void>;
  /** No new call is begun; resolves when those under way have their receipts on disk. */
  drain(): Promise<void>;
}

export interface AsideCall {
  readonly address: Address;
  readonly kind: keyof typeof POWER_OF;
  /** Nothing of the lane leaves until it has been answered: a text that grows must not overtake what it becomes. */
  readonly inOrder?: boolean;
  readonly make: (connector: Connector) => Promise<SendResult | void> | undefined;
}

/** A platform that cannot be asked what became of a message is asked again after this long. */
const ASK_AGAIN_MS = 5000;
/** What gives way asks again after this long. */
const GIVE_WAY_MS = 1000;

const POWER_OF = { edit: "edit", reaction: "react", typing: "typing" } as const satisfies Partial<Record<CallKind, keyof Powers>>;

type Outgoing = Row<"outbox">;

export function createDeliver(parts: DeliverParts): Deliver {
  const { journal, clock, governor, connectorOf, connectors, redact, keepFile, log } = parts;
  const underWay = new Map<string, Promise<void>>();
  const fairness = createFairness();
  const alarm = createAlarm(clock, look, log);
  /** Accounts and chats with rows that wait for their pace. */
  let pressed: ReadonlySet<string> = new Set();
  /** Rows that wait for their pace, since when and for whose; on disk with the intent of their sending. */
  const waits = new Map<string, { readonly since: number; readonly by: "account" | "chat" }>();
  let draining = false;

  /** Begins what can begin; the time at which the next may. */
  async function look(): Promise<number | undefined> {
    const heads = fairness.order(await findHeads(journal.store, (lane) => underWay.has(lane)));
    const waiting = new Set<string>();
    let next: number | undefined;
    for (const row of heads) {
      const connector = connectorOf(row.account);
      if (!connectors.has(row.account)) await advance(row, withoutAccount(row));
      if (!connector || (await isDropped(row, connector))) continue;
      const givesWay = row.urgency === "progress" && (await isAlone(row));
      if (draining) return undefined;
      const at = begin(row, connector, { waiting, givesWay });
      if (at !== undefined) next = Math.min(at, next ?? at);
    }
    pressed = waiting;
    return next;
  }

  async function isDropped(row: Outgoing, connector: Connector): Promise<boolean> {
    if (row.urgency !== "progress") return false;
    const why = await whyOutOfDate(row, connector, { store: journal.store, now: clock.now() });
    if (why !== undefined) waits.delete(row.id);
    if (why !== undefined) await advance(row, { state: "failed", lastError: why });
    return why !== undefined;
  }

  /** Nothing else waits in its lane. */
  async function isAlone({ lane }: Outgoing): Promise<boolean> {
    return (await journal.store.count("outbox", { lane, state: { in: ["queued", "unknown"] } })) === 1;
  }

  /** Begins a delivery if it may begin now; else when it may, undefined when there is no saying. */
  function begin(row: Outgoing, connector: Connector, { waiting, givesWay }: Beginning): number | undefined {
    if (underWay.has(row.lane)) return undefined;
    const kind = callOf(row, connector);
    const paceMs = givesWay && kind ? governor.spareMs(row.address, kind) : governor.waitMs(row.address, kind);
    const by = paceMs > 0 && governor.waitMs(row.address, kind, "account") > 0 ? "account" : "chat";
    if (paceMs > 0 && !givesWay) waiting.add(by === "account" ? row.account : chatKey(row.address));
    if (paceMs > 0 && !waits.has(row.id)) waits.set(row.id, { since: clock.now(), by });
    const retryMs = row.notBefore - clock.now();
    // No row waits for longer by itself: the wall clock was set back.
    const wait = Math.max(retryMs > LONGEST_RETRY_MS ? 0 : retryMs, paceMs);
    if (wait > 0) return clock.now() + wait;
    const answered = kind && governor.spend(row.address, kind, givesWay ? "spare" : undefined);
    fairness.served(row);
    const work = (row.state === "unknown" ? lookUp(row, connector) : attempt(row, connector)).catch(async (thrown: unknown) => {
      log.error({ trace: row.trace, outbox: row.id, err: thrown }, "a delivery could not be begun; trying again");
      await new Promise<void>((resolve) => clock.setTimer(FIRST_RETRY_MS, resolve));
    });
    occupy(row.lane, work.finally(answered));
    return undefined;
  }

  function occupy(lane: string, work: Promise<void>): void {
    underWay.set(
      lane,
      work.finally(() => {
        underWay.delete(lane);
        alarm.wake();
      }),
    );
  }

  function aside({ address, kind, inOrder = false, make }: AsideCall): number {
    const connector = connectorOf(address.account);
    const lane = addressKey(address);
    if (!connector?.can?.[POWER_OF[kind]]) return Infinity;
    const isPressed = pressed.has(address.account) || pressed.has(chatKey(address));
    if (draining || isPressed || (inOrder && underWay.has(lane))) return GIVE_WAY_MS;
    const wait = governor.spareMs(address, kind);
    if (wait > 0) return wait;
    const answered = governor.spend(address, kind, "spare");
    const work = Promise.resolve(make(connector)).then(
      async (result) => void (await journal.commit({ ...byAccount(address.account), writes: learn({ address }, result ?? NOTHING_TO_DO) })),
    );
    const settled = work.catch((thrown: unknown) => log.warn({ account: address.account, err: thrown }, "a call beside the rows failed"));
    const over = settled.finally(answered);
    if (inOrder) occupy(lane, over);
    return 0;
  }

  /** What the answer says of the platform's pace; the writes keep it over a restart. */
  function learn(row: Pick<Outgoing, "address">, result: SendResult): Write[] {
    if (result.budget) governor.observe(row.address, result.budget);
    const hold = holdAfter(row, result);
    if (!hold) return [];
    governor.hold(row.address, hold.scope, hold.ms);
    if (result.verdict?.do !== "retry_after") {
      log.error(
        { account: row.address.account, reason: result.error },
        "the platform has closed this account; it is left alone for an hour",
      );
      return [];
    }
    governor.slow(row.address, hold.scope);
    return keepHold(hold, clock.now());
  }

  async function attempt(row: Outgoing, connector: Connector): Promise<void> {
    // The first intent of all stays: from there on the message is looked for.
    const held = waits.get(row.id);
    waits.delete(row.id);
    const times = { ...(held && { held: held.since }), sending: clock.now(), ...row.times };
    const sending = await advance(row, { state: "sending", attempts: row.attempts + 1, times, heldBy: row.heldBy ?? held?.by });
    if (!sending) return;
    const called = await call(sending, connector).catch(brokenPromise);
    const { result } = called;
    const also = learn(sending, result);
    const next = afterCall(sending, called, clock.now());
    if (result.delivered) return void (await untilStored(() => advance(sending, next, also), parts));
    log.warn({ trace: row.trace, outbox: row.id, account: row.account, reason: result.error }, "a message was not delivered");
    const reason = redact(result.error ?? "no reason given");
    const failed = { ...next, lastError: reason, tries: withTry(sending, { at: clock.now(), reason, result }) };
    await untilStored(() => advance(sending, failed, also), parts);
  }

  /** The platform is asked for one thing: the first part that has no receipt. */
  async function call(row: Outgoing, connector: Connector): Promise<Called> {
    const { op, address } = row;
    const place = { chatId: address.chat, threadId: address.thread };
    if (op.type === "turn_end")
      return {
        result: (await connector.can?.turnEnd?.(place, { ...op.mark, reason: op.mark.reason && redact(op.mark.reason) })) ?? NOTHING_TO_DO,
        isLast: true,
      };
    if (op.type === "react") return { result: (await connector.can?.react?.(place, op.target, op.emoji)) ?? NOTHING_TO_DO, isLast: true };
    const edits = await editable(row, connector);
    const under = await threadUnder(row, connector, journal.store);
    if ("delivered" in under) return { result: under, isLast: false };
    const { parts: rendered, file } = await render({ ...op.message, ...under, edits }, { connector, redact }, row.doubtfulPart);
    const part = rendered[row.receipts.length];
    if (part === undefined) return { result: NOTHING_TO_DO, isLast: true };
    const isLast = row.receipts.length + 1 === rendered.length;
    if (op.onlyTo) return { result: await whisper(op.onlyTo, part, connector), isLast };
    return { result: await (isLast && file ? sendWithFile({ part, file }, connector, keepFile) : connector.send(part)), isLast };
  }

  /** The message to change in place, while the platform lets it be changed, and where it was said. */
  async function editable({ lane, op }: Outgoing, { limits }: Connector): Promise<Receipt | undefined> {
    const id = op.type === "send" ? op.editsOutboxId : undefined;
    const changed = id === undefined ? undefined : await journal.store.get("outbox", id);
    if (changed?.lane !== lane) return undefined;
    const sentAt = changed?.times.sent ?? clock.now();
    return clock.now() - sentAt < (limits?.editWindowMs ?? Infinity) ? changed?.receipts[0] : undefined;
  }

  /** The call may have reached the platform: look where one can look. */
  async function lookUp(row: Outgoing, connector: Connector): Promise<void> {
    const reconcile = connector.can?.reconcile;
    if (row.op.type !== "send" || !reconcile) return void (await advance(row, again(row, connector, clock.now())));
    const since = new Date(row.times.sending ?? row.createdAt).toISOString();
    try {
      const found = await reconcile({ ...row.op.message, idempotencyKey: keyOfNextPart(row) }, since);
      await advance(row, found ? afterFound(row, found) : again(row, connector, clock.now()));
    } catch (thrown) {
      log.warn({ trace: row.trace, outbox: row.id, err: thrown }, "what became of a message could not be asked; asking again");
      await advance(row, { notBefore: clock.now() + ASK_AGAIN_MS });
    }
  }

  async function advance(row: Outgoing, set: Next, also: readonly Write[] = []): Promise<Outgoing | undefined> {
    const told = await undelivered({ ...row, ...set }, connectorOf(row.account), journal.store);
    const writes = [update("outbox", row, set), ...also, ...told];
    const wrote = await journal.commit({ ...byAccount(row.account), writes });
    return wrote ? { ...row, ...set, version: row.version + 1 } : undefined;
  }

  async function resume(): Promise<void> {
    await resumeHolds(journal, governor, clock.now());
    const interrupted = await journal.store.find("outbox", { where: { state: "sending" }, limit: Infinity });
    for (const row of interrupted) await advance(row, inDoubt(row, clock.now()));
  }

  async function drain(): Promise<void> {
    draining = true;
    await alarm.stop();
    await Promise.all(underWay.values());
  }

  return { wake: alarm.wake, aside, resume, drain };
}

interface Beginning {
  /** Takes the account or the chat of a row that waits for its pace. */
  readonly waiting: Set<string>;
  /** Leaves half of the pace to what may come: progress behind which nothing waits. */
  readonly givesWay: boolean;
}

function byAccount(account: string) {
  return { actorId: "hub", scope: `account/${account}` };
}

/** What the next call of a row costs; undefined when no call is made that a platform counts. */
function callOf({ state, op }: Outgoing, { can }: Connector): CallKind | undefined {
  if (state === "unknown" || op.type === "turn_end") return undefined;
  if (op.type === "react") return can?.react && "reaction";
  return op.editsOutboxId !== undefined && can?.edit ? "edit" : "send";
}
