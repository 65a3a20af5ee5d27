/** A person's vote from one of the hub's own doors: through the hub, which checks everything, with what came of it as an answer or an error. */
import { whyNoVote } from "../approvals/votes.ts";
import { HubError } from "../contract/errors.ts";
import type { Decision } from "../contract/handler.ts";
import type { Row } from "../contract/tables.ts";
import type { ApiParts } from "./parts.ts";

export interface Voted {
  readonly row: Row<"approvals">;
  /** In words, for whoever voted. */
  readonly said: string;
}

/** The same vote again is the same result. Throws `already_decided`, `not_allowed`, and `code_needed` where it was to be typed. */
export async function voteOn(
  asked: Row<"approvals">,
  decision: Omit<Decision, "approvalId">,
  { hub, journal, clock }: Pick<ApiParts, "hub" | "journal" | "clock">,
): Promise<Voted> {
  const { verdict, person } = decision;
  const reason = asked.state === "pending" ? whyNotDecide(asked, person) : undefined;
  if (reason !== undefined) throw new HubError("not_allowed", { reason });
  const ack = await hub.decide({ ...decision, approvalId: asked.id });
  if (ack.type === "openForm") throw new HubError("code_needed", { code: asked.code });
  const said = ack.type === "privateText" ? ack.text : "";
  const row = (await journal.store.get("approvals", asked.id)) ?? asked;
  const isHis = verdict === "withdraw" || row.votes.some((vote) => vote.personId === person.id && vote.verdict === verdict);
  if (isHis && (row.state === "pending" || (verdict === "approve") === isApproved(row))) return { row, said };
  if (row.state === "pending" && row.expiresAt > clock.now()) throw new HubError("not_allowed", { reason: said || "refused" });
  throw alreadyDecided(row);
}

/** Why this person may not decide it; undefined when they may. Said beforehand: what holds is looked up again as their vote is counted. */
export function whyNotDecide({ policy, requesterId }: Row<"approvals">, person: Row<"people">): string | undefined {
  return whyNoVote(person.id, { policy, requesterId, personOf: () => person });
}

export function isApproved({ state }: Row<"approvals">): boolean {
  return state === "approved" || state === "consumed";
}

export function alreadyDecided(row: Row<"approvals">): HubError {
  const state = isApproved(row) ? "approved" : row.state === "pending" ? "expired" : row.state;
  return new HubError("already_decided", { code: row.code, state, who: row.decider ?? "the hub" });
}
