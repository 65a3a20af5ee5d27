/**
 * A chat goes on under another id: everything that lives there goes with it, in one commit, so that no conversation is torn. What the platform
 * shows in the former chat cannot be changed from the new one, so what people are still asked is asked there again.
 */
import type { Clock } from "../clock.ts";
import { say } from "../contract/handler.ts";
import { type Address, addressKey, newId } from "../contract/ids.ts";
import type { Ack, ConnectorEvent } from "../contract/message.ts";
import { put, remove, update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import { copyId } from "../cards/copies.ts";

export type Moved = Extract<ConnectorEvent, { type: "moved" }>;

export interface MovesParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: { error(facts: Record<string, unknown>, text: string): void };
}

/** Resolves when it is on disk. The same move again changes nothing. */
export type FollowMove = (account: string, event: Moved) => Promise<Ack>;

/** Where an address lies after the move; undefined: it lies elsewhere and stays. */
type Mapped = (address: Address) => Address | undefined;

/** What is being sent to the former place just now is looked at again after this long, for about a minute; then the platform tells us again. */
const AGAIN_MS = 2000;
const MOST_PASSES = 30;
const ALL = { limit: Infinity } as const;

export function createMoves({ journal, clock, log }: MovesParts): FollowMove {
  const { store } = journal;

  async function follow(account: string, event: Moved, pass: number): Promise<void> {
    const mapped = mapOf(account, event);
    await journal.settle({ actorId: "hub", scope: `account/${account}` }, async () => {
      const bound = (await store.find("bindings", ALL)).filter(({ address }) => mapped(address));
      const writes = await Promise.all([
        conversations(bound, mapped),
        waiting(mapped),
        asked(mapped),
        copies(mapped),
        outgoing(account, mapped),
      ]);
      return { expect: bound.map(({ id, version }) => ({ table: "bindings", id, version })), writes: writes.flat() };
    });
    const underWay = await store.find("outbox", { where: { account, state: { in: ["sending", "unknown"] } }, ...ALL });
    if (pass < MOST_PASSES && underWay.some(({ address }) => mapped(address)))
      clock.setTimer(AGAIN_MS, () => void again(account, event, pass));
  }

  async function again(account: string, event: Moved, pass: number): Promise<void> {
    await follow(account, event, pass + 1).catch((thrown: unknown) =>
      log.error({ account, err: thrown }, "what was on its way did not move"),
    );
  }

  async function conversations(bound: readonly Row<"bindings">[], mapped: Mapped): Promise<Write[]> {
    const bindings = bound.flatMap(({ id, address: former, sessionKey, generation, needsMention, keepsMentions }) => {
      const address = mapped(former) ?? former;
      const fields = { address, sessionKey, generation, needsMention, keepsMentions };
      return [remove("bindings", id), put("bindings", addressKey(address), fields)];
    });
    return [...bindings, ...readdressed("sessions", await store.find("sessions", { where: { status: "open" }, ...ALL }), mapped)];
  }

  async function waiting(mapped: Mapped): Promise<Write[]> {
    const inbox = await store.find("inbox", { where: { status: { in: ["recorded", "routed"] } }, ...ALL });
    const turns = await store.find("turns", { where: { state: { in: ["queued", "prompting", "running"] } }, ...ALL });
    const moved = turns.flatMap((row) => {
      const joined = row.joined?.map((message) => ({ ...message, address: mapped(message.address) ?? message.address }));
      const address = mapped(row.address) ?? row.address;
      const isMoved = [row, ...(row.joined ?? [])].some((message) => mapped(message.address));
      return isMoved ? [update("turns", row, { address, ...(joined ? { joined } : {}) })] : [];
    });
    return [...readdressed("inbox", inbox, mapped), ...moved];
  }

  /** Requests that wait, and the chats that are still to hear of them. */
  async function asked(mapped: Mapped): Promise<Write[]> {
    return (await store.find("approvals", { where: { state: "pending" }, ...ALL })).flatMap((row) => {
      const goes = (address: Address): Address => mapped(address) ?? address;
      const isMoved = [row.address, ...row.later.flatMap(({ chats }) => chats)].some(mapped);
      const later = row.later.map((next) => ({ ...next, chats: next.chats.map(goes) }));
      return isMoved ? [update("approvals", row, { address: goes(row.address), later })] : [];
    });
  }

  async function copies(mapped: Mapped): Promise<Write[]> {
    const writes = (await store.find("copies", ALL)).map(async (copy): Promise<Write[]> => {
      const address = mapped(copy.address);
      if (!address) return [];
      const shown = await askedAgain(copy, address);
      const moved = put("copies", copyId(copy.subject, address), {
        subject: copy.subject,
        address,
        outboxId: shown?.id ?? copy.outboxId,
      });
      return [remove("copies", copy.id), moved, ...(shown ? [shown.write] : [])];
    });
    return (await Promise.all(writes)).flat();
  }

  /** Cards that still wait for a person and have left for the former chat. */
  async function askedAgain({ subject, outboxId }: Row<"copies">, address: Address): Promise<ReturnType<typeof say> | undefined> {
    const request = await store.get("approvals", subject.slice(subject.indexOf(":") + 1));
    const shown = await store.get("outbox", outboxId);
    if (request?.state !== "pending" || shown?.op.type !== "send" || shown.state === "queued") return undefined;
    const { text, card } = shown.op.message;
    return say({ address, trace: shown.trace, text, card, subject, urgency: "urgent" });
  }

  async function outgoing(account: string, mapped: Mapped): Promise<Write[]> {
    const queued = await store.find("outbox", { where: { account, state: "queued" }, ...ALL });
    return queued.flatMap((row) => {
      const address = mapped(row.address);
      if (!address) return [];
      const { op } = row;
      const message = op.type === "send" && { ...op.message, chatId: address.chat, threadId: address.thread };
      return [update("outbox", row, { address, lane: addressKey(address), op: message ? { ...op, message } : op })];
    });
  }

  return async (account, event) => {
    await follow(account, event, 1);
    return { type: "accepted", trace: newId("trc") };
  };
}

function readdressed<T extends "sessions" | "inbox">(table: T, rows: readonly Row<T>[], mapped: Mapped): Write[] {
  return rows.flatMap((row) => {
    const address = mapped(row.address);
    return address ? [update(table, row, { address } as never)] : [];
  });
}

/** Without a thread the whole chat moves, each thread of it with it. */
function mapOf(account: string, { workspaceId, chatId, threadId, to }: Moved): Mapped {
  return (address) => {
    const isThere = address.account === account && address.workspace === workspaceId && address.chat === chatId;
    if (!isThere || (threadId !== undefined && address.thread !== threadId)) return undefined;
    return { ...address, chat: to.chatId, thread: threadId === undefined ? (address.thread ?? to.threadId) : to.threadId };
  };
}
