/** Gated actions: asked by an agent, decided by a person who may, answered once. A re-ask of exactly the same action joins or uses the decision. */
import { oweAnswer } from "../src/approvals/answer-calls.ts";
import { digestOf } from "../src/approvals/digest.ts";
import { judged } from "../src/approvals/judged.ts";
import {
  answerEffect,
  askerOf,
  drawAgain,
  type Ending,
  type EndingBy,
  endWork,
  settledWords,
  showFurther,
  toldWork,
  votedWork,
} from "../src/approvals/record.ts";
import { standingWork, whyNotStanding } from "../src/approvals/standing.ts";
import { tally, type Tally, whyNoVote, withoutVote, withVote } from "../src/approvals/votes.ts";
import { minuteOf } from "../src/cards/words.ts";
import { wishEnded } from "../src/deploys/wishes.ts";
import { intentOf } from "../src/commands.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import {
  type AskedWork,
  type Decision,
  endOfTurn,
  type FromOrchestrator,
  type FromPerson,
  type Handler,
  type OutsideAsk,
  say,
  type View,
  type Work,
} from "../src/contract/handler.ts";
import { addressKey, parseCode } from "../src/contract/ids.ts";
import type { Ack, FormField, PersonEvent } from "../src/contract/message.ts";
import type { AskHandle, OrchestratorEvent } from "../src/contract/orchestrator.ts";
import type { Row, Vote } from "../src/contract/tables.ts";
import { audit, update } from "../src/contract/store.ts";
import { takenBefore, takenWrites } from "../src/taken.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;
type Request = FromOrchestrator<Extract<OrchestratorEvent, { type: "approval_request" }>>;

export const approval: Handler = {
  name: "approval",
  orchestrator: { approval_request: request, ask_withdrawn: withdrawn },
  person: { message: typed, action: pressed },
  decision: decide,
  outsideAsk,
  due,
  async nextDue(view) {
    const pending = await view.store.find("approvals", { where: { state: "pending" } });
    return pending.length === 0 ? undefined : Math.min(...pending.map(dueAt));
  },
};

async function request(from: Request, view: View): Promise<Work> {
  const { ask, handle, askId, usedBy } = from.event;
  const digest = digestOf(ask.action);
  const same = await view.store.find("approvals", {
    where: { digest, sessionKey: from.session.id },
    newestFirst: true,
    limit: 20,
  });
  const pending = same.find((row) => row.state === "pending");
  if (pending)
    return {
      writes: [update("approvals", pending, { waiting: [...pending.waiting, handle] }), audit("approval.joined", pending.id, { digest })],
    };
  const decided = same.find((row) => row.waiting.length > 0 && (row.decidedAt ?? 0) + row.policy.executionWindowMs > view.now);
  if (decided) return { writes: toldWork(decided, view.now), effects: [answerEffect(decided.id, decided, handle)] };
  return judged(askerOf(from, usedBy), { ask, digest, handle, askId }, view);
}

/** A program asks, and comes to look. The same action while it is pending joins it. */
async function outsideAsk(asked: OutsideAsk, view: View): Promise<AskedWork> {
  const { ask, asker, requesterId, address, trace, answerTo, delivery } = asked;
  const before = await takenBefore(delivery, view);
  if (before?.id !== undefined) return { writes: [], approvalId: before.id };
  const digest = digestOf(ask.action);
  const pending = await view.store.find("approvals", { where: { digest, state: "pending" } });
  const joined = pending.find((row) => row.orchestrator === asker);
  const approvalId = joined?.id ?? asked.approvalId;
  const by = { sessionKey: null, orchestrator: asker, address, requesterId, turnId: null, trace, usedBy: "grant" } as const;
  const work: Work = joined ? { writes: [] } : await judged(by, { ask, digest, askId: approvalId }, view);
  const owed = answerTo === undefined ? [] : [oweAnswer(approvalId, answerTo, view)];
  return { ...work, writes: [...work.writes, ...owed, ...(await takenWrites(delivery, approvalId, view))], approvalId };
}

async function withdrawn({ event }: FromOrchestrator<Extract<OrchestratorEvent, { type: "ask_withdrawn" }>>, view: View): Promise<Work> {
  if (event.because === "agent_died") return { writes: [] };
  const pending = await view.store.find("approvals", { where: { state: "pending" } });
  const row = pending.find(({ waiting }) => waiting.some((handle) => isSame(handle, event.handle)));
  if (!row) return { writes: [] };
  const waiting = row.waiting.filter((handle) => !isSame(handle, event.handle));
  if (waiting.length > 0) return { writes: [update("approvals", row, { waiting })] };
  return {
    ...(await endWork(
      { ...row, waiting },
      { state: "cancelled", decisionReason: event.because === "done" ? "it is done" : "the agent no longer asks" },
      { view, via: "orchestrator" },
    )),
    effects: [],
  };
}

function isSame(one: AskHandle, other: AskHandle): boolean {
  return one.requestId === other.requestId && one.epoch === other.epoch;
}

async function typed({ row, event, person }: FromPerson<Event<"message">>, view: View): Promise<Work> {
  const intent = intentOf(event.text);
  const at = { address: row.address, trace: row.trace };
  const answer = (text: string, work: Work = { writes: [] }): Work => ({
    ...work,
    writes: [...work.writes, say({ ...at, text, urgency: "reply" }).write, endOfTurn(at, "done")],
    ack: { type: "accepted", trace: row.trace },
  });
  if (intent.type !== "decision") return answer("I did not understand that decision. Type `approve CODE` or `deny CODE reason`.");
  const [found] = await view.store.find("approvals", { where: { kind: "approval", code: intent.code }, newestFirst: true, limit: 1 });
  if (!found) return answer(sentenceOf("not_found", { what: "approval", id: intent.code }));
  if (event.assurance === "token")
    return answer(`${sentenceOf("pin_needed")} Use \`/${intent.verdict} ${intent.code}\` in \`mos-hub chat\`.`);
  const { verdict, reason, always, code: typedCode } = intent;
  const work = await decide({ approvalId: found.id, verdict, reason, always, typedCode, person, via: row.account }, view);
  return answer(textOf(work.ack), work);
}

async function pressed({ row, event, person }: FromPerson<Event<"action">>, view: View): Promise<Work> {
  const tell = (text: string, writes: Work["writes"] = []): Work => ({ writes, ack: { type: "privateText", text, trace: row.trace } });
  const asked = await view.store.get("approvals", event.subject.replace(/^approval:/, ""));
  if (!asked || asked.kind !== "approval") return tell(UNKNOWN_BUTTON);
  const { choice, values } = event;
  const verdict = choice === "approve" || choice === "deny" || choice === "withdraw" ? choice : undefined;
  if (asked.state !== "pending") return tell(settledText(asked, { person, verdict }), await drawAgain(asked, row.address, view));
  if (!verdict) return tell(UNKNOWN_BUTTON);
  if (event.assurance === "token") return tell(sentenceOf("pin_needed"));
  return decide({ approvalId: asked.id, verdict, reason: values?.["reason"], typedCode: values?.["code"], person, via: row.account }, view);
}

const UNKNOWN_BUTTON = "This button belongs to nothing that is asked. Nothing was decided.";

async function decide(decision: Decision, view: View): Promise<Work> {
  const { approvalId, verdict, person } = decision;
  const row = await view.store.get("approvals", approvalId);
  const tell = (text: string): Work => ({ writes: [], ack: { type: "privateText", text, trace: row?.trace ?? approvalId } });
  if (!row || row.kind !== "approval") return tell(sentenceOf("not_found", { what: "approval", id: approvalId }));
  const electorate = await electorateOf(row, person.id, view);
  const reason = whyNoVote(person.id, electorate);
  if (reason !== undefined) return tell(sentenceOf("not_allowed", { reason }));
  if (row.state !== "pending") return tell(settledText(row, decision));
  if (row.expiresAt <= view.now) return tell(`${row.code} has expired; nobody decided in time.`);
  if (verdict === "withdraw") return withdrawVote(row, person, { view, tell });
  if (verdict === "approve" && row.policy.stepUp && parseCode(decision.typedCode ?? "") !== row.code) return askForCode(row);
  const refusal = decision.always ? whyNotAlways(row, view) : undefined;
  if (refusal !== undefined) return tell(refusal);
  const name = electorate.personOf(person.id)?.name ?? person.name;
  const vote: Vote = { personId: person.id, name, verdict, reason: decision.reason ?? null, via: decision.via, at: view.now };
  const votes = withVote(row.votes, vote);
  const count = tally(votes, electorate);
  if (count.outcome === "pending") {
    const again = row.votes.some((other) => other.personId === person.id && other.verdict === verdict);
    const work = again ? { writes: [] } : await votedWork(row, votes, { view, what: "voted", by: person.id });
    return { ...work, ack: tell(`Your vote on ${row.code} counts: ${standing(row, count)}.`).ack };
  }
  const { outcome: state } = count;
  const decider = (state === "approved" ? count.approving : count.denying).join(" and ");
  const ending = { state, votes, decidedBy: person.id, decider, decisionReason: vote.reason };
  const ended = await end(row, ending, { view, via: decision.via });
  if (!decision.always || state !== "approved") return { ...ended, ack: tell(`${row.code} is ${state}.`).ack };
  const until = view.now + (view.settings.approvals.standingMs ?? 0);
  const writes = [...ended.writes, ...standingWork(row, { id: person.id, name }, until)];
  return {
    ...ended,
    writes,
    ack: tell(`${row.code} is approved, and exactly this is not asked again until ${minuteOf(until)}; \`!rules\` lists it.`).ack,
  };
}

/** With what was asked for a deploy, which is settled in the same unit. */
async function end(row: Row<"approvals">, ending: Ending, by: EndingBy): Promise<Work> {
  const work = await endWork(row, ending, by);
  const told = await wishEnded({ ...row, ...ending, decidedAt: by.view.now }, by.view);
  return { ...work, writes: [...work.writes, ...told] };
}

function whyNotAlways(row: Row<"approvals">, { settings }: View): string | undefined {
  const isOff = settings.approvals.standingMs === undefined;
  const why = isOff ? "approvals.always in the configuration says never" : whyNotStanding(row);
  return why && `${row.code} is decided each time: ${why}. Nothing was decided; \`approve ${row.code}\` approves it once.`;
}

async function withdrawVote(
  row: Row<"approvals">,
  person: Row<"people">,
  { view, tell }: { readonly view: View; readonly tell: (text: string) => Work },
): Promise<Work> {
  const votes = withoutVote(row.votes, person.id);
  if (votes.length === row.votes.length) return tell(`You have not voted on ${row.code}.`);
  const work = await votedWork(row, votes, { view, what: "vote_withdrawn", by: person.id });
  return { ...work, ack: tell(`Your vote on ${row.code} is withdrawn.`).ack };
}

/** A press in passing does not do: the platform opens a form, or says what to type. */
function askForCode(row: Row<"approvals">): Work {
  const field: FormField = { name: "code", label: `Type ${row.code} to approve`, kind: "text", required: true };
  const title = "title" in row.ask ? row.ask.title : row.code;
  return { writes: [], ack: { type: "openForm", subject: `approval:${row.id}`, form: { title, fields: [field] }, trace: row.trace } };
}

function standing({ policy }: Row<"approvals">, { approving, denying }: Tally): string {
  const against = denying.length > 0 ? `, ${denying.length} of ${policy.denyQuorum} against it` : "";
  return `${approving.length} of ${policy.quorum}${against}`;
}

/** Whoever has voted, and whoever votes now, as they are now. */
async function electorateOf(row: Row<"approvals">, voterId: string, view: View) {
  const ids = [voterId, ...row.votes.map(({ personId }) => personId)];
  const people = new Map(await Promise.all(ids.map(async (id) => [id, await view.store.get("people", id)] as const)));
  return { policy: row.policy, requesterId: row.requesterId, personOf: (id: string) => people.get(id) };
}

interface Answering {
  readonly person: Row<"people">;
  /** Undefined: a choice that is none. */
  readonly verdict: Decision["verdict"] | undefined;
}

/** The same answer again is the same result; a different one is told who decided. */
function settledText(row: Row<"approvals">, { person, verdict }: Answering): string {
  const state = row.state === "consumed" ? "approved" : row.state;
  const isHis = row.votes.some((vote) => vote.personId === person.id && vote.verdict === verdict);
  return isHis && state === (verdict === "approve" ? "approved" : "denied") ? `${row.code} is ${state}.` : settledWords(row);
}

/** One thing at a time: what nobody waits for and what has expired ends, and who is to hear of it by now does. */
async function due(view: View): Promise<Work | undefined> {
  const pending = await view.store.find("approvals", { where: { state: "pending" } });
  const orphan = pending.find((one) => isOrphan(one, view));
  if (orphan) {
    const decisionReason = `${view.settings.aliasOf(orphan.orchestrator)}, who asked, is no longer here`;
    return end(orphan, { state: "cancelled", decisionReason }, { view, via: "configuration" });
  }
  const row = pending.find((one) => dueAt(one) <= view.now);
  if (!row) return undefined;
  if (row.expiresAt <= view.now) return end(row, { state: "expired" }, { view, via: "clock" });
  const [next, ...later] = row.later;
  const chats = next && (next.unless === "decided" || !(await isShown(row, view))) ? next.chats : [];
  const writes = await showFurther(row, chats, view);
  const told = chats.map((chat) => audit("approval.sent_on", row.id, { account: chat.account, because: next?.unless ?? null }));
  return { writes: [update("approvals", row, { later }), ...writes, ...told] };
}

/** Asked in a conversation with an orchestrator that the configuration no longer has. */
function isOrphan({ sessionKey, orchestrator }: Row<"approvals">, { settings }: View): boolean {
  return sessionKey !== null && settings.orchestrators.every(({ name }) => name !== orchestrator);
}

function dueAt({ expiresAt, later }: Row<"approvals">): number {
  return Math.min(expiresAt, later[0]?.at ?? Infinity);
}

/** A chat beside the one it was asked in has it before its people. */
async function isShown(row: Row<"approvals">, view: View): Promise<boolean> {
  const copies = await view.store.find("copies", { where: { subject: `approval:${row.id}` } });
  const others = copies.filter(({ address }) => addressKey(address) !== addressKey(row.address));
  const sent = await Promise.all(others.map(({ outboxId }) => view.store.get("outbox", outboxId)));
  return sent.some((message) => message?.state === "sent");
}

function textOf(ack: Ack | undefined): string {
  return ack?.type === "privateText" ? ack.text : "Done.";
}
