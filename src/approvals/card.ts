/** The card of an approval or a question, drawn from its record alone, so that every copy at any time shows the same. Pure. */
import type { ApprovalCard, Card, QuestionCard } from "../contract/message.ts";
import type { ApprovalAsk, QuestionAsk } from "../contract/orchestrator.ts";
import type { ApprovalFields } from "../contract/tables.ts";
import { neutralise } from "./invisible.ts";
import { setOff, showAction, singleLine } from "./show.ts";

export interface Drawing {
  readonly id: string;
  readonly fields: ApprovalFields;
  /** The alias of the orchestrator that asks, unless it is a person's wish. */
  readonly asker: string;
  readonly redact: (text: string) => string;
}

/** How much of the exact action a card shows; the digest covers all of it. */
const SHOWN_CHARS = 1500;

export function cardOf(drawing: Drawing): ApprovalCard | QuestionCard {
  return drawing.fields.kind === "approval" ? approvalCard(drawing) : questionCard(drawing);
}

export function subjectOf(kind: ApprovalFields["kind"], id: string): `${Extract<Card["type"], "approval" | "question">}:${string}` {
  return `${kind}:${id}`;
}

function approvalCard({ id, fields, asker, redact }: Drawing): ApprovalCard {
  const ask = fields.ask as ApprovalAsk;
  return {
    type: "approval",
    id,
    code: fields.code,
    state: fields.state === "answered" ? "approved" : fields.state,
    title: onOneLine(ask.title),
    class: fields.class ?? "red",
    asker: fields.askedBy ?? asker,
    reason: ask.reason && setOff(neutralise(ask.reason)),
    app: ask.app && onOneLine(ask.app),
    environment: ask.environment && onOneLine(ask.environment),
    action: showAction(ask.action, { maxChars: SHOWN_CHARS, redact }),
    digest: fields.digest ?? "",
    expiresAt: fields.expiresAt,
    votes: votesOn(fields),
    stepUp: fields.policy.stepUp || undefined,
    decidedBy: fields.decider ?? undefined,
    decidedAt: fields.decidedAt ?? undefined,
    decisionReason: fields.decisionReason ?? undefined,
    similarPending: fields.similarPending || undefined,
  };
}

function onOneLine(text: string): string {
  return singleLine(neutralise(text));
}

function votesOn({ votes, policy }: ApprovalFields): ApprovalCard["votes"] {
  if (votes.length === 0 || (policy.quorum === 1 && policy.denyQuorum === 1)) return undefined;
  const namesOf = (verdict: string): string[] => votes.flatMap((vote) => (vote.verdict === verdict ? [vote.name] : []));
  return { approving: namesOf("approve"), denying: namesOf("deny"), needed: policy.quorum };
}

function questionCard({ id, fields, asker }: Drawing): QuestionCard {
  const ask = fields.ask as QuestionAsk;
  const answered =
    fields.values && Object.entries(fields.values).map(([name, value]) => (ask.fields.length > 1 ? `${name}: ${value}` : String(value)));
  return {
    type: "question",
    id,
    code: fields.code,
    state: fields.state === "pending" || fields.state === "expired" || fields.state === "answered" ? fields.state : "cancelled",
    asker,
    text: neutralise(ask.text),
    form: { title: ask.text.slice(0, 200), fields: ask.fields },
    url: ask.url,
    answer: answered?.join(", "),
    answeredBy: fields.decider ?? undefined,
  };
}
