/** Approvals and questions as the API names and shows them. */
import { cardOf } from "../approvals/card.ts";
import { votersOf } from "../approvals/votes.ts";
import { HubError } from "../contract/errors.ts";
import type { HandlerSettings } from "../contract/handler.ts";
import { parseCode } from "../contract/ids.ts";
import type { ApprovalCard, QuestionCard } from "../contract/message.ts";
import type { ApprovalPolicy, Row } from "../contract/tables.ts";
import type { Journal } from "../store/journal.ts";

/** By the code people type, the latest of that code, or by id. */
export async function requestByCode(journal: Journal, typed: string): Promise<Row<"approvals">> {
  const code = parseCode(typed);
  const [found] = code === undefined ? [] : await journal.store.find("approvals", { where: { code }, newestFirst: true, limit: 1 });
  const row = found ?? (await journal.store.get("approvals", typed));
  if (!row) throw new HubError("not_found", { what: "approval", id: typed });
  return row;
}

function whoEnds(policy: ApprovalPolicy): string {
  return `${votersOf(policy)}${policy.quorum === 1 ? "" : `; ${policy.quorum} people must agree`}`;
}

/** Its card, and who may end it. */
export type ShownRequest = (ApprovalCard | QuestionCard) & { readonly who: string };

export function shownRequest(row: Row<"approvals">, { aliasOf, redact }: HandlerSettings): ShownRequest {
  return { ...cardOf({ id: row.id, fields: row, asker: aliasOf(row.orchestrator), redact }), who: whoEnds(row.policy) };
}
