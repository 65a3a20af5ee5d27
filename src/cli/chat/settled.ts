/** What a person is told who decides what is decided. Pure. */
import type { ApprovalCard, QuestionCard } from "../../contract/message.ts";

type Decidable = ApprovalCard | QuestionCard;

export function settledWords(card: Decidable): string {
  const who = card.type === "approval" ? card.decidedBy : card.answeredBy;
  const why = card.type === "approval" && card.decisionReason ? ` (${card.decisionReason})` : "";
  return `${card.code} is already ${stateInWords(card.state)}${who ? ` by ${who}` : ""}${why}.`;
}

/** That an approval was used is the hub's own concern. */
export function stateInWords(state: Decidable["state"]): string {
  return state === "consumed" ? "approved" : state;
}
