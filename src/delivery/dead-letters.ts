/** A message that was given up is said once, in the home chat of its account; progress is not missed. */
import type { Connector } from "../contract/connector.ts";
import { say } from "../contract/handler.ts";
import { addressKey } from "../contract/ids.ts";
import type { StoreReader, Write } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";

const UNDELIVERED = "undelivered";

/** To be committed with the row that is given up; nothing for every other row, and while an earlier notice still waits. */
export async function undelivered(row: Row<"outbox">, connector: Connector | undefined, store: StoreReader): Promise<Write[]> {
  if (!isMissed(row) || connector?.homeChat === undefined) return [];
  const address = { account: row.account, chat: connector.homeChat };
  const where = { lane: addressKey(address), coalesceKey: UNDELIVERED, state: "queued" } as const;
  if ((await store.count("outbox", where)) > 0) return [];
  const why = row.lastError === undefined ? "" : ` (${row.lastError})`;
  const text = `A message could not be delivered${why}. \`mos-hub outbox list\` shows what was given up, \`mos-hub trace ${row.trace}\` how it went.`;
  const card = { type: "notice", level: "error", text } as const;
  return [say({ address, trace: row.trace, text, urgency: "notice", card, coalesceKey: UNDELIVERED }).write];
}

/** Said by a person or an agent, and given up. A notice of this file is not told of by another. */
function isMissed({ state, urgency, op, coalesceKey }: Pick<OutboxFields, "state" | "urgency" | "op" | "coalesceKey">): boolean {
  const isGivenUp = state === "dead" || state === "failed";
  return isGivenUp && urgency !== "progress" && op.type === "send" && op.editsOutboxId === undefined && coalesceKey !== UNDELIVERED;
}
