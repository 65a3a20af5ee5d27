/**
 * The life of an approval or question as units of work: asked, voted on, decided, withdrawn, expired. Every change is a compare-and-swap on one
 * record, and carries the change of every copy, the audit entry and the answer to whoever waits.
 */
import { showCard, updateCopies } from "../cards/copies.ts";
import { minuteOf } from "../cards/words.ts";
import type { Effect, FromOrchestrator, View, Work } from "../contract/handler.ts";
import { type Address, newCode, newId, withoutTwins } from "../contract/ids.ts";
import type { AskHandle, Answer } from "../contract/orchestrator.ts";
import type { ApprovalFields, Row, Vote } from "../contract/tables.ts";
import { audit, insert, update, type Write } from "../contract/store.ts";
import { cardOf, subjectOf } from "./card.ts";
import { scheduleOf } from "./schedule.ts";

export type Asked = Pick<ApprovalFields, "kind" | "ask" | "class" | "digest" | "policy"> & {
  readonly askId?: string | undefined;
  /** Who waits to be told; nobody where the asker comes to look. */
  readonly handle?: AskHandle | undefined;
  /** Set when no person is asked: the reason the rules gave. */
  readonly allowedBy?: string | undefined;
  /** Set when it is not put to anybody: why. */
  readonly refusedBecause?: string | undefined;
  readonly similarPending?: boolean | undefined;
};

/** Who asks, where and why. */
export type Asker = Pick<
  ApprovalFields,
  "sessionKey" | "orchestrator" | "askedBy" | "address" | "requesterId" | "turnId" | "trace" | "usedBy"
>;

export function askerOf({ session, turn, trace }: FromOrchestrator, usedBy: Asker["usedBy"] = "telling"): Asker {
  const address = turn?.address ?? session.address;
  const { id: sessionKey, orchestrator } = session;
  return { sessionKey, orchestrator, address, requesterId: turn?.personId ?? null, turnId: turn?.id ?? null, trace, usedBy };
}

/** Writes the record of a new request and shows its card where it was asked; one that is allowed or refused is answered at once and shown to nobody. */
export function askWork(asker: Asker, asked: Asked, view: View): Work {
  const { address, trace } = asker;
  const id = asked.askId ?? newId("apr");
  const allowed = asked.allowedBy !== undefined;
  const because = asked.allowedBy ?? asked.refusedBecause;
  const isAsked = because === undefined;
  const { first, later } = scheduleOf(asked.policy, { origin: address, now: view.now, homes: view.settings.homes });
  const fields: ApprovalFields = {
    ...asker,
    kind: asked.kind,
    code: newCode(),
    state: isAsked ? "pending" : !allowed ? "cancelled" : asker.usedBy === "grant" ? "approved" : "consumed",
    ask: asked.ask,
    class: asked.class,
    digest: asked.digest,
    similarPending: asked.similarPending ?? false,
    policy: asked.policy,
    votes: [],
    later: isAsked ? later : [],
    expiresAt: view.now + asked.policy.expiryMs,
    waiting: isAsked && asked.handle ? [asked.handle] : [],
    decidedBy: null,
    decider: null,
    decidedAt: isAsked ? null : view.now,
    decisionReason: because ?? null,
    values: null,
    consumedAt: allowed && asker.usedBy === "telling" ? view.now : null,
  };
  const facts = {
    title: "title" in asked.ask ? asked.ask.title : asked.ask.text.slice(0, 200),
    class: asked.class,
    digest: asked.digest,
    rules: asked.policy.rules.join(", "),
    trace,
    ...(isAsked ? {} : { because }),
  };
  const kept = [insert("approvals", id, fields), audit(`${asked.kind}.${isAsked ? "asked" : allowed ? "allowed" : "refused"}`, id, facts)];
  if (!isAsked) return { writes: kept, effects: asked.handle ? [answerEffect(id, fields, asked.handle)] : [] };
  const { aliasOf, redact } = view.settings;
  const card = cardOf({ id, fields, asker: aliasOf(asker.orchestrator), redact });
  return { writes: [...kept, ...showCard({ subject: subjectOf(asked.kind, id), card, trace, urgency: "urgent" }, first)] };
}

/** Shows the card in further chats. */
export async function showFurther(row: Row<"approvals">, chats: readonly Address[], view: View): Promise<Write[]> {
  const subject = subjectOf(row.kind, row.id);
  const shown = await view.store.find("copies", { where: { subject } });
  const known = shown.map(({ address }) => address);
  return showCard({ subject, card: drawn(row, row, view), trace: row.trace, urgency: "urgent" }, withoutTwins(chats, known));
}

/** What is voted while it is not decided: every copy says so. */
export async function votedWork(row: Row<"approvals">, votes: readonly Vote[], { view, what, by }: VotedBy): Promise<Work> {
  const fields: ApprovalFields = { ...row, votes };
  const facts = { by, via: votes.find(({ personId }) => personId === by)?.via ?? null, digest: row.digest };
  return { writes: [update("approvals", row, { votes }), audit(`approval.${what}`, row.id, facts), ...(await redrawn(row, fields, view))] };
}

interface VotedBy {
  readonly view: View;
  readonly what: "voted" | "vote_withdrawn";
  readonly by: string;
}

export type Ending = Pick<ApprovalFields, "state"> &
  Partial<Pick<ApprovalFields, "votes" | "decidedBy" | "decider" | "decisionReason" | "values">>;

export interface EndingBy {
  readonly view: View;
  /** Where it was decided, for the audit log. */
  readonly via: string;
}

/** Ends a pending request: record, audit, every copy, and the answer to all who wait. */
export async function endWork(row: Row<"approvals">, ending: Ending, { view, via }: EndingBy): Promise<Work> {
  const set = { ...ending, later: [], decidedAt: view.now };
  const fields: ApprovalFields = { ...row, ...set };
  const facts = { via, by: ending.decidedBy ?? null, digest: row.digest, reason: ending.decisionReason ?? null };
  const writes: Write[] = [
    update("approvals", row, set),
    audit(`${row.kind}.${ending.state}`, row.id, facts),
    ...(await redrawn(row, fields, view)),
  ];
  return { writes, effects: row.waiting.map((handle) => answerEffect(row.id, fields, handle)) };
}

async function redrawn(row: Row<"approvals">, fields: ApprovalFields, view: View): Promise<Write[]> {
  const showing = { subject: subjectOf(row.kind, row.id), card: drawn(row, fields, view), trace: row.trace, urgency: "urgent" } as const;
  return updateCopies(view, showing);
}

/** The card as it stands, in a chat where somebody still saw it otherwise. Not worth a new message where none can be changed. */
export async function drawAgain(row: Row<"approvals">, chat: Address, view: View): Promise<Write[]> {
  const showing = { subject: subjectOf(row.kind, row.id), card: drawn(row, row, view), trace: row.trace, urgency: "progress" } as const;
  return updateCopies(view, showing, chat);
}

/** What became of a request that is settled, for whoever still answers it. */
export function settledWords({ code, state, decider, decidedAt, updatedAt, decisionReason }: Row<"approvals">): string {
  const when = minuteOf(decidedAt ?? updatedAt);
  if (state === "expired") return `${code} expired on ${when}; nobody decided in time.`;
  if (state === "cancelled") return `${code} was cancelled on ${when}: ${decisionReason ?? "it is no longer asked"}.`;
  return `${code} was already ${state === "consumed" ? "approved" : state} by ${decider ?? "the hub"}, on ${when}.`;
}

function drawn({ id }: Row<"approvals">, fields: ApprovalFields, view: View): ReturnType<typeof cardOf> {
  return cardOf({ id, fields, asker: view.settings.aliasOf(fields.orchestrator), redact: view.settings.redact });
}

/** Settled by a person or by time: whoever waits is owed the answer. */
export const DECIDED = ["approved", "denied", "answered", "expired"] as const;

/** What whoever waits is told, from the record alone. */
export function answerOf(fields: ApprovalFields, handle: AskHandle): Answer {
  if (fields.kind === "question") return { type: "question", handle, values: fields.values ?? undefined };
  const approved = fields.state === "approved" || fields.state === "consumed";
  const reason = fields.decisionReason ?? (fields.state === "expired" ? "nobody decided in time" : undefined);
  return { type: "approval", handle, approved, reason };
}

export function answerEffect(id: string, fields: ApprovalFields, handle: AskHandle): Effect {
  return { type: "answer", orchestrator: fields.orchestrator, approvalId: id, answer: answerOf(fields, handle) };
}

/** The record once everybody who waited has been told: an approval that is used by telling is used up by that. */
export function toldWork(row: Row<"approvals">, now: number): Write[] {
  const isUsed = row.kind === "approval" && row.state === "approved" && row.usedBy === "telling";
  return isUsed ? consumeWork({ ...row, waiting: [] }, now) : [update("approvals", row, { waiting: [] })];
}

/** Its one use. */
export function consumeWork(row: Row<"approvals">, now: number): Write[] {
  const set = { state: "consumed" as const, consumedAt: now, waiting: row.waiting };
  return [update("approvals", row, set), audit("approval.consumed", row.id, { digest: row.digest })];
}
