/** What an admin does about messages that did not get through: sends one again, or gives one up. Both are in the audit log. */
import { HubError } from "../contract/errors.ts";
import { audit, update } from "../contract/store.ts";
import type { OutboxFields, Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";
import { OUTCOME_UNKNOWN } from "./outcome.ts";

/** What has neither left nor been given up by choice. */
export const UNDONE = ["queued", "sending", "unknown", "dead"] as const satisfies readonly OutboxFields["state"][];

/** Throws HubError `not_found` or `bad_request`. What may have been sent is looked for first, as after a crash. */
export async function resend(journal: Journal, id: string, by: string): Promise<Row<"outbox">> {
  return change(journal, { id, by, what: "outbox.resent", from: ["dead", "failed"] }, ({ lastError }) => ({
    state: lastError === OUTCOME_UNKNOWN ? "unknown" : "queued",
    attempts: 0,
    notBefore: 0,
  }));
}

/** Throws HubError `not_found` or `bad_request`. What is being sent just now cannot be called back. */
export async function drop(journal: Journal, id: string, by: string): Promise<Row<"outbox">> {
  return change(journal, { id, by, what: "outbox.dropped", from: ["queued", "unknown", "dead"] }, () => ({
    state: "failed",
    lastError: "given up by hand",
  }));
}

interface Asked {
  /** The row's id, or how it begins. */
  readonly id: string;
  readonly by: string;
  readonly what: string;
  readonly from: readonly OutboxFields["state"][];
}

async function change(journal: Journal, asked: Asked, set: (row: Row<"outbox">) => Partial<OutboxFields>): Promise<Row<"outbox">> {
  const { id, by, what, from } = asked;
  let changed: Row<"outbox"> | undefined;
  await journal.settle({ actorId: by, scope: "hub" }, async () => {
    const [row, another] = await journal.store.find("outbox", { idPrefix: id, limit: 2 });
    if (!row || (another && row.id !== id)) throw new HubError("not_found", { what: "message", id });
    if (!from.includes(row.state)) throw new HubError("bad_request", { problems: `the message is ${row.state}, not ${from.join(" or ")}` });
    changed = { ...row, ...set(row) };
    return { writes: [update("outbox", row, set(row)), audit(what, row.id, { account: row.account, trace: row.trace, was: row.state })] };
  });
  if (!changed) throw new HubError("store_conflict");
  return changed;
}
