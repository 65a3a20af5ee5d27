/** What progress is no longer worth sending: it has expired, or there is nothing left that it could change. Of everything else nothing expires. */
import type { Connector } from "../contract/connector.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

/** A queued step that nobody saw for so long is not news. */
const EXPIRES_MS = 60_000;
const LIVE: readonly string[] = ["queued", "prompting", "running"];

/** Undefined while the row is to be sent, else why it is not. */
export async function whyOutOfDate(
  row: Row<"outbox">,
  { can }: Connector,
  { store, now }: { readonly store: StoreReader; readonly now: number },
): Promise<string | undefined> {
  const { op } = row;
  if (row.urgency !== "progress" || op.type !== "send" || row.state !== "queued" || row.receipts.length > 0) return undefined;
  const isChange = op.editsOutboxId !== undefined;
  if (isChange && !can?.edit) return "this platform changes no message";
  const changed = isChange ? await store.get("outbox", op.editsOutboxId ?? "") : undefined;
  if (isChange && !changed?.receipts[0]) return "the message it changes was not sent";
  if (changed && changed.lane !== row.lane) return "the message it changes is somewhere else";
  const { card } = op.message;
  // The last state of a card that people see is owed to them, however late.
  if (isChange && card?.type === "progress" && card.state !== "working") return undefined;
  const turn = card?.type === "progress" ? await store.get("turns", card.turnId) : undefined;
  if (turn && !LIVE.includes(turn.state)) return "its turn has ended";
  return now - (row.times.sending ?? row.updatedAt) > EXPIRES_MS ? "out of date" : undefined;
}
