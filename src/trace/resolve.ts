/** Which traces an id belongs to: a trace, an id of ours or its beginning, an approval's code, a platform's id of an event or of a message. Reads only. */
import { HubError } from "../contract/errors.ts";
import { inboxId, parseCode } from "../contract/ids.ts";
import type { StoreReader } from "../contract/store.ts";
import { latestOutbox } from "../store/latest.ts";

const TABLES = ["inbox", "turns", "outbox", "approvals", "deploys"] as const;
/** Shorter beginnings of an id are not looked for. */
const SHORTEST_BEGINNING = 8;
const MOST_CANDIDATES = 10;

/** The trace; undefined when nothing has this id. Throws HubError `ambiguous_id` with the candidates. */
export async function resolveTrace(store: StoreReader, id: string, accounts: readonly string[]): Promise<string | undefined> {
  for (const look of [byOwnId, byPlatformEvent, byReceipt, byBeginning]) {
    const found = [...new Set(await look(store, id, accounts))];
    if (found.length > 1) throw new HubError("ambiguous_id", { id, candidates: found.slice(0, MOST_CANDIDATES).join(", ") });
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

async function byOwnId(store: StoreReader, id: string): Promise<string[]> {
  const code = parseCode(id);
  const rows = await Promise.all([
    ...TABLES.map((table) => store.find(table, { where: { trace: id }, limit: 1 })),
    ...TABLES.map(async (table) => [await store.get(table, id)]),
    code === undefined ? [] : store.find("approvals", { where: { code } }),
  ]);
  return rows.flat().flatMap((row) => (row ? [row.trace] : []));
}

async function byPlatformEvent(store: StoreReader, id: string, accounts: readonly string[]): Promise<string[]> {
  const rows = await Promise.all(accounts.map((account) => store.get("inbox", inboxId(account, id))));
  return rows.flatMap((row) => (row ? [row.trace] : []));
}

/** Two accounts may have messages of the same id. */
async function byReceipt(store: StoreReader, id: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { receipts, trace } of latestOutbox(store)) if (receipts.some(({ messageId }) => messageId === id)) found.push(trace);
  return found;
}

async function byBeginning(store: StoreReader, id: string): Promise<string[]> {
  if (id.length < SHORTEST_BEGINNING) return [];
  const limit = MOST_CANDIDATES;
  const rows = await Promise.all(TABLES.map((table) => store.find(table, { idPrefix: id, limit })));
  return rows.flat().map(({ trace }) => trace);
}
