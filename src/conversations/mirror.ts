/**
 * What an orchestrator says in one place of a conversation is shown in its other places, in the same unit of work. Pure.
 * A card gets a copy there like any other copy, so that whatever changes it later reaches all of them.
 */
import { copyId } from "../cards/copies.ts";
import { type FromOrchestrator, say, type Work } from "../contract/handler.ts";
import { type Address, addressKey, newId } from "../contract/ids.ts";
import type { OutboundMessage } from "../contract/message.ts";
import { insert, type Write } from "../contract/store.ts";
import type { OutboxFields } from "../contract/tables.ts";

/** The place in which the orchestrator speaks: where it was asked, else where the conversation was last. */
export function originOf({ session, turn }: Pick<FromOrchestrator, "session" | "turn">): Address {
  return turn?.address ?? session.address;
}

export function mirrored(said: FromOrchestrator, work: Work, others: readonly Address[]): Work {
  if (others.length === 0) return work;
  const { event, trace } = said;
  // Words are said anew: where they were asked for they may complete a draft that only that place has.
  const also =
    event.type === "text"
      ? others.map((address) => say({ address, trace, text: event.text, urgency: "reply" }).write)
      : others.flatMap((address) => shownAlso(work.writes, originOf(said), address));
  return { ...work, writes: [...work.writes, ...also] };
}

interface Shown {
  readonly id: string;
  readonly fields: OutboxFields;
  readonly message: OutboundMessage;
}

function shownAlso(writes: readonly Write[], origin: Address, to: Address): Write[] {
  const known = new Set(shownAt(writes, to).map(({ message }) => message.text));
  return shownAt(writes, origin)
    .filter(({ message }) => !known.has(message.text))
    .flatMap((shown) => copyTo(shown, to));
}

/** New messages to one place; a change of one that is there already has changed all its copies. */
function shownAt(writes: readonly Write[], place: Address): Shown[] {
  return writes.flatMap((write) => {
    if (write.op !== "insert" || write.table !== "outbox") return [];
    const { op, lane } = write.fields;
    if (lane !== addressKey(place) || op.type !== "send" || op.editsOutboxId !== undefined) return [];
    return [{ id: write.id, fields: write.fields, message: op.message }];
  });
}

function copyTo({ fields, message }: Shown, to: Address): Write[] {
  const id = newId("out");
  const op = { type: "send", message: { ...message, chatId: to.chat, threadId: to.thread, idempotencyKey: id } } as const;
  const row = insert("outbox", id, { ...fields, account: to.account, address: to, lane: addressKey(to), op });
  if (message.card === undefined || fields.subject === null) return [row];
  return [row, insert("copies", copyId(fields.subject, to), { subject: fields.subject, address: to, outboxId: id })];
}
