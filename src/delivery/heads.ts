/**
 * Which row of each lane leaves next. FIFO within a lane, except that urgent passes the notices and progress in front of it; never a reply,
 * never a message it changes, never one that is half sent.
 */
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { RANK } from "./fairness.ts";

/** `unknown` waits like `queued`: it has to be looked up before anything behind it may go. */
const WAITING = { state: { in: ["queued", "unknown"] } } as const;
/** How far behind the head something urgent is looked for. */
const LOOK_AHEAD = 100;

/** The next row of every lane that is not busy. */
export async function findHeads(store: StoreReader, isBusy: (lane: string) => boolean): Promise<Row<"outbox">[]> {
  const oldest = await store.find("outbox", { where: WAITING, firstPer: "lane", limit: Infinity });
  const heads: Row<"outbox">[] = [];
  for (const row of oldest) if (!isBusy(row.lane)) heads.push(canBePassed(row) ? await urgentBehind(store, row) : row);
  return heads;
}

function canBePassed(row: Row<"outbox">): boolean {
  return RANK[row.urgency] > RANK.reply && row.state === "queued" && row.receipts.length === 0;
}

async function urgentBehind(store: StoreReader, head: Row<"outbox">): Promise<Row<"outbox">> {
  const rows = await store.find("outbox", { where: { lane: head.lane, ...WAITING }, limit: LOOK_AHEAD });
  const first = rows.findIndex((row) => !canBePassed(row));
  const urgent = rows[first];
  if (urgent?.urgency !== "urgent" || urgent.op.type !== "send") return head;
  const { editsOutboxId } = urgent.op;
  return rows.slice(0, first).some(({ id }) => id === editsOutboxId) ? head : urgent;
}
