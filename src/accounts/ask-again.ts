/**
 * A press made while nobody heard an account is lost: what people are still asked there is asked again, as it stands now. Pure units of work.
 * Invariant: of one request one card can be pressed in each chat, and every later change reaches that one.
 */
import { cardOf, subjectOf } from "../approvals/card.ts";
import { wordsOf } from "../cards/words.ts";
import { say, type View, type Work } from "../contract/handler.ts";
import type { Card } from "../contract/message.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";

export interface AskingView {
  readonly store: View["store"];
  readonly settings: Pick<View["settings"], "aliasOf" | "redact">;
}

const ALL = { limit: Infinity } as const;
const MOVED_ON = "I was away, and what was pressed here meanwhile did not reach me. It is asked again below.";

/** Every card of the account that waits for a person and may have been seen. */
export async function askAgain(account: string, view: AskingView): Promise<Pick<Work, "writes"> & Required<Pick<Work, "expect">>> {
  const pending = await view.store.find("approvals", { where: { state: "pending" }, ...ALL });
  const again = await Promise.all(pending.map(async (row) => ({ row, writes: await askRow(row, account, view) })));
  const asked = again.filter(({ writes }) => writes.length > 0);
  return {
    expect: asked.map(({ row: { id, version } }) => ({ table: "approvals", id, version })),
    writes: asked.flatMap(({ writes }) => writes),
  };
}

async function askRow(row: Row<"approvals">, account: string, { store, settings }: AskingView): Promise<Write[]> {
  const subject = subjectOf(row.kind, row.id);
  const card = cardOf({ id: row.id, fields: row, asker: settings.aliasOf(row.orchestrator), redact: settings.redact });
  const copies = await store.find("copies", { where: { subject }, ...ALL });
  const writes = copies.map(async (copy): Promise<Write[]> => {
    const shown = copy.address.account === account ? await store.get("outbox", copy.outboxId) : undefined;
    if (shown?.state !== "sent" && shown?.state !== "unknown") return [];
    const at = { address: copy.address, trace: row.trace, urgency: "urgent" } as const;
    const former = say({ ...at, text: `**${titleOf(card)}**\n\n${MOVED_ON}`, edits: shown.id });
    const latter = say({ ...at, text: wordsOf(card), card, subject });
    return [former.write, latter.write, update("copies", copy, { outboxId: latter.id })];
  });
  return (await Promise.all(writes)).flat();
}

function titleOf(card: Extract<Card, { type: "approval" | "question" }>): string {
  return card.type === "approval" ? card.title : card.form.title;
}
