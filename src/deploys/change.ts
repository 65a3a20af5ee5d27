/** A deploy that changes without a report: its record with every card that shows it. */
import { updateCopies } from "../cards/copies.ts";
import type { DeployFields, DeployRules } from "../contract/deploys.ts";
import type { View } from "../contract/handler.ts";
import { update, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { deployCard } from "./card.ts";

/** As much of a view as it takes to draw a deploy. */
export interface Drawing extends Pick<View, "store"> {
  readonly settings: { readonly deploys: DeployRules };
}

export async function change(row: Row<"deploys">, fields: DeployFields, view: Drawing): Promise<Write[]> {
  return [update("deploys", row, fields), ...(await redrawn(row.id, fields, view))];
}

/** Only where it is shown already. */
export async function redrawn(id: string, fields: DeployFields, view: Drawing): Promise<Write[]> {
  const card = deployCard(id, fields, view.settings.deploys.carriers);
  return updateCopies(view, { subject: `deploy:${id}`, card, trace: fields.trace, urgency: "notice" });
}

/** The fields of a row, without what the engine adds. */
export function fieldsOf(row: Row<"deploys">): DeployFields {
  const { id: _id, version: _version, seq: _seq, tenantId: _tenant, host: _host, ...rest } = row;
  const { actorId: _actor, createdAt: _created, updatedAt: _updated, ...fields } = rest;
  return fields;
}
