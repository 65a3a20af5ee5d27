/** A message that was given up is said once, in the home chat of its account, or where it should have come if only its file is at fault. */
import type { Connector } from "../contract/connector.ts";
import { say } from "../contract/handler.ts";
import { type Address, addressKey } from "../contract/ids.ts";
import type { StoreReader, Write } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";

const UNDELIVERED = "undelivered";

/** To be committed with the row that is given up; nothing for every other row, and while an earlier notice still waits. */
export async function undelivered(row: Row<"outbox">, connector: Connector | undefined, store: StoreReader): Promise<Write[]> {
  const address = isMissed(row) ? noticePlace(row, connector) : undefined;
  if (!address) return [];
  const where = { lane: addressKey(address), coalesceKey: UNDELIVERED, state: "queued" } as const;
  if ((await store.count("outbox", where)) > 0) return [];
  const why = row.lastError === undefined ? "" : ` (${row.lastError})`;
  const text = `A message could not be delivered${why}. \`mos-hub outbox list\` shows what was given up, \`mos-hub trace ${row.trace}\` how it went.`;
  const card = { type: "notice", level: "error", text } as const;
  return [say({ address, trace: row.trace, text, urgency: "notice", card, coalesceKey: UNDELIVERED }).write];
}

/** What keeps a message out may keep its notice out, too; the size of a file does not. */
function noticePlace({ account, address, op }: Row<"outbox">, connector: Connector | undefined): Address | undefined {
  const most = connector?.limits?.uploadBytes ?? Infinity;
  if (op.type === "send" && op.message.attachments?.some(({ sizeBytes }) => sizeBytes > most)) return address;
  return connector?.homeChat === undefined ? undefined : { account, chat: connector.homeChat };
}

/** Said by a person or an agent, and given up. A notice of this file is not told of by another. */
function isMissed({ state, urgency, op, coalesceKey }: Pick<OutboxFields, "state" | "urgency" | "op" | "coalesceKey">): boolean {
  const isGivenUp = state === "dead" || state === "failed";
  return isGivenUp && urgency !== "progress" && op.type === "send" && op.editsOutboxId === undefined && coalesceKey !== UNDELIVERED;
}
