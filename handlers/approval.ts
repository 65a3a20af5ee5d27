/** Gated actions: asked by an agent, decided by a person who may, answered once. A re-ask of exactly the same action joins or uses the decision. */
import { classify } from "../src/approvals/classes.ts";
import { digestOf } from "../src/approvals/digest.ts";
import { answerEffect, askWork, endWork, toldWork } from "../src/approvals/record.ts";
import { asks } from "../src/approvals/tiers.ts";
import { intentOf } from "../src/commands.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import {
  type Decision,
  endOfTurn,
  type FromOrchestrator,
  type FromPerson,
  type Handler,
  say,
  type View,
  type Work,
} from "../src/contract/handler.ts";
import type { Ack, PersonEvent } from "../src/contract/message.ts";
import type { ApprovalAsk, AskHandle } from "../src/contract/orchestrator.ts";
import { audit, insert, update } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";
import { mayDecide } from "../src/people/roles.ts";
import { redactAction } from "../src/redaction/agent-words.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;
type Request = FromOrchestrator<{ type: "approval_request"; ask: ApprovalAsk; handle: AskHandle; askId?: string | undefined }>;

export const approval: Handler = {
  name: "approval",
  orchestrator: { approval_request: request, ask_withdrawn: withdrawn },
  person: { message: typed, action: pressed },
  decision: decide,
  due: expire,
  async nextDue(view) {
    const pending = await view.store.find("approvals", { where: { state: "pending" } });
    return pending.length === 0 ? undefined : Math.min(...pending.map((row) => row.expiresAt));
  },
};

async function request(from: Request, view: View): Promise<Work> {
  const { ask, handle, askId } = from.event;
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
  const actionClass = classify(ask.tool, ask);
  const { autonomyTier } = view.settings;
  const allowedBy = asks(actionClass, autonomyTier, false) ? undefined : `${actionClass} is allowed at autonomy tier ${autonomyTier}`;
  return askWork(
    from,
    {
      kind: "approval",
      ask: { ...ask, action: redactAction(ask.action, view.settings.redact) },
      handle,
      askId,
      class: actionClass,
      digest,
      allowedBy,
      similarPending: await isSimilarPending(ask, view),
    },
    view,
  );
}

/** Only pointed out: folding case or white space would let one approval execute another action. */
async function isSimilarPending(ask: ApprovalAsk, view: View): Promise<boolean> {
  const fold = (title: string): string => title.toLowerCase().replace(/\s+/g, " ").trim();
  const pending = await view.store.find("approvals", { where: { kind: "approval", state: "pending" } });
  return pending.some((row) => "title" in row.ask && fold(row.ask.title) === fold(ask.title));
}

async function withdrawn(
  { event }: FromOrchestrator<{ type: "ask_withdrawn"; handle: AskHandle; because: "agent_died" | "cancelled" }>,
  view: View,
): Promise<Work> {
  if (event.because === "agent_died") return { writes: [] };
  const pending = await view.store.find("approvals", { where: { state: "pending" } });
  const row = pending.find(({ waiting }) => waiting.some((handle) => isSame(handle, event.handle)));
  if (!row) return { writes: [] };
  const waiting = row.waiting.filter((handle) => !isSame(handle, event.handle));
  if (waiting.length > 0) return { writes: [update("approvals", row, { waiting })] };
  return {
    ...(await endWork(
      { ...row, waiting },
      { state: "cancelled", decisionReason: "the agent no longer asks" },
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
  const work = await decide({ approvalId: found.id, verdict: intent.verdict, reason: intent.reason, person, via: row.account }, view);
  return answer(textOf(work.ack), work);
}

async function pressed({ row, event, person }: FromPerson<Event<"action">>, view: View): Promise<Work> {
  const approvalId = event.subject.replace(/^approval:/, "");
  if (event.choice !== "approve" && event.choice !== "deny")
    return { writes: [], ack: { type: "privateText", text: "This button means nothing any more.", trace: row.trace } };
  if (event.assurance === "token") return { writes: [], ack: { type: "privateText", text: sentenceOf("pin_needed"), trace: row.trace } };
  return decide({ approvalId, verdict: event.choice, reason: event.values?.reason, person, via: row.account }, view);
}

async function decide({ approvalId, verdict, reason, person, via }: Decision, view: View): Promise<Work> {
  const row = await view.store.get("approvals", approvalId);
  const tell = (text: string): Work => ({ writes: [], ack: { type: "privateText", text, trace: row?.trace ?? approvalId } });
  if (!row || row.kind !== "approval") return tell(sentenceOf("not_found", { what: "approval", id: approvalId }));
  const live = await view.store.get("people", person.id);
  if (!live || !mayDecide(live, row.policy.roles))
    return tell(sentenceOf("not_allowed", { reason: `deciding this needs the role ${row.policy.roles.join(" or ")}` }));
  const state = verdict === "approve" ? "approved" : "denied";
  if (row.state !== "pending") return tell(await settledText(row, { state, personId: person.id }, view));
  if (row.expiresAt <= view.now) return tell(`${row.code} has expired; nobody decided in time.`);
  const ended = await endWork(row, { state, decidedBy: person.id, decisionReason: reason ?? null }, { view, decider: live.name, via });
  const vote = insert("votes", JSON.stringify([row.id, person.id]), {
    approvalId: row.id,
    personId: person.id,
    verdict,
    reason: reason ?? null,
    via,
  });
  return { ...ended, writes: [...ended.writes, vote], ack: { type: "privateText", text: `${row.code} is ${state}.`, trace: row.trace } };
}

/** The same answer again is the same result; a different one is told who decided. */
async function settledText(row: Row<"approvals">, again: { state: "approved" | "denied"; personId: string }, view: View): Promise<string> {
  const state = row.state === "consumed" ? "approved" : row.state;
  if (row.decidedBy === again.personId && state === again.state) return `${row.code} is ${state}.`;
  const who = row.decidedBy === null ? "the hub" : ((await view.store.get("people", row.decidedBy))?.name ?? "somebody");
  return sentenceOf("already_decided", { code: row.code, state, who });
}

async function expire(view: View): Promise<Work | undefined> {
  const [row] = await view.store.find("approvals", { where: { state: "pending", expiresAt: { below: view.now + 1 } }, limit: 1 });
  return row && endWork(row, { state: "expired" }, { view, via: "clock" });
}

function textOf(ack: Ack | undefined): string {
  return ack?.type === "privateText" ? ack.text : "Done.";
}
