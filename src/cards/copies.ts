/**
 * Where a card is shown. Every copy is a row, so that a change reaches each of them, also after a restart.
 * Pure units of work: the caller commits them together with the state they show.
 */
import { type Address, addressKey, chatKey } from "../contract/ids.ts";
import type { View } from "../contract/handler.ts";
import { say } from "../contract/handler.ts";
import type { Card } from "../contract/message.ts";
import { insert, update, type Write } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";
import { wordsOf } from "./words.ts";

/** `approval:<id>`, `deploy:<id>`, …: what a copy shows. */
export type Subject = `${Card["type"]}:${string}`;

export interface Showing {
  readonly subject: Subject;
  readonly card: Card;
  readonly trace: string;
  readonly urgency: OutboxFields["urgency"];
}

/** Shows a card for the first time, in each of `addresses`. */
export function showCard(showing: Showing, addresses: readonly Address[]): Write[] {
  return addresses.flatMap((address) => {
    const { id, write } = say({ ...showing, address, text: wordsOf(showing.card) });
    return [write, insert("copies", copyId(showing.subject, address), { subject: showing.subject, address, outboxId: id })];
  });
}

/** Changes every copy of a card, or those in one chat; a change that still waits to be sent is replaced in its place. */
export async function updateCopies(view: Pick<View, "store">, showing: Showing, chat?: Address): Promise<Write[]> {
  const all = await view.store.find("copies", { where: { subject: showing.subject } });
  const copies = chat ? all.filter(({ address }) => chatKey(address) === chatKey(chat)) : all;
  const writes = await Promise.all(
    copies.map((copy) =>
      sayLatest(view, {
        ...showing,
        address: copy.address,
        text: wordsOf(showing.card),
        edits: copy.outboxId,
        coalesceKey: showing.subject,
      }),
    ),
  );
  return writes;
}

/** Says something, or replaces what waits under the same `coalesceKey` at the same address to change the same message. */
export async function sayLatest(
  view: Pick<View, "store">,
  saying: Parameters<typeof say>[0] & { readonly coalesceKey: string },
): Promise<Write> {
  const where = { lane: addressKey(saying.address), coalesceKey: saying.coalesceKey, state: "queued" } as const;
  const changes = await view.store.find("outbox", { where });
  const change = changes.find(({ op }) => op.type === "send" && op.editsOutboxId === saying.edits);
  const waiting = change ?? (await unsent(view, saying.edits));
  if (waiting?.op.type !== "send") return say(saying).write;
  const message = { ...waiting.op.message, text: saying.text, card: saying.card };
  return update("outbox", waiting, { op: { ...waiting.op, message } });
}

/** A message that has not left says the latest from the start. */
async function unsent(view: Pick<View, "store">, id: string | undefined): Promise<Row<"outbox"> | undefined> {
  const row = id === undefined ? undefined : await view.store.get("outbox", id);
  return row?.state === "queued" && row.receipts.length === 0 && row.doubtfulPart === undefined ? row : undefined;
}

export function copyId(subject: string, address: Address): string {
  return JSON.stringify([subject, addressKey(address)]);
}
