/** A gated action, judged by the rules: asked of people, or allowed at once, by a rule or by what somebody allowed before. What is kept of the action is masked; its digest is of the exact one. */
import type { View, Work } from "../contract/handler.ts";
import type { ApprovalAsk, AskHandle } from "../contract/orchestrator.ts";
import { redactAction } from "../redaction/agent-words.ts";
import { type Asker, askWork } from "./record.ts";
import { rule } from "./ruling.ts";
import { coveredBy } from "./standing.ts";

export interface ToJudge {
  readonly ask: ApprovalAsk;
  readonly digest: string;
  readonly handle?: AskHandle | undefined;
  readonly askId?: string | undefined;
}

export async function judged(asker: Asker, { ask, ...asked }: ToJudge, view: View): Promise<Work> {
  const { tenantId: tenant, approvals: rules, redact } = view.settings;
  const ruling = rule({ ...ask, orchestrator: asker.orchestrator, tenant }, rules);
  const covered = ruling.allowedBy === undefined ? await coveredBy({ ...asker, digest: asked.digest, ask }, ruling, view) : undefined;
  const shown = { ...ask, action: redactAction(ask.action, redact) };
  const similarPending = await isSimilarPending(ask, view);
  const allowedBy = ruling.allowedBy ?? covered?.because;
  const work = askWork(asker, { kind: "approval", ...asked, ask: shown, similarPending, ...ruling, allowedBy }, view);
  return covered ? { ...work, expect: [covered.expect] } : work;
}

/** Only pointed out: folding case or white space would let one approval execute another action. */
async function isSimilarPending(ask: ApprovalAsk, view: View): Promise<boolean> {
  const fold = (title: string): string => title.toLowerCase().replace(/\s+/g, " ").trim();
  const pending = await view.store.find("approvals", { where: { kind: "approval", state: "pending" } });
  return pending.some((row) => "title" in row.ask && fold(row.ask.title) === fold(ask.title));
}
