/**
 * A rollback or promotion that a person asks for: a gated action like any other. Once it is approved the agent of the conversation is told, in
 * a turn of its own, exactly what it may do; what comes of it is reported as every deploy is, and returns to the card.
 */
import { digestOf } from "../approvals/digest.ts";
import { judged } from "../approvals/judged.ts";
import { toldWork } from "../approvals/record.ts";
import type { View, Work } from "../contract/handler.ts";
import type { Address } from "../contract/ids.ts";
import type { DeployWish } from "../contract/message.ts";
import type { Answer, ApprovalAsk } from "../contract/orchestrator.ts";
import { update, type Write } from "../contract/store.ts";
import type { DeployFields, Wish } from "../contract/deploys.ts";
import type { Row } from "../contract/tables.ts";
import { tellAgent } from "../turns/tell-agent.ts";
import { PRODUCTION, revisionName } from "./card.ts";
import { fieldsOf, redrawn } from "./record.ts";

/** Asks whose answer is for the card and the agent, and for nobody who waits. `requestId` then is the deploy. */
export const DEPLOY_EPOCH = "deploy";

export interface Wished {
  readonly what: DeployWish;
  readonly deploy: Row<"deploys">;
  /** Where what is promoted goes. Default: production. */
  readonly to?: string | undefined;
  readonly person: Pick<Row<"people">, "id" | "name">;
  readonly session: Row<"sessions">;
  readonly address: Address;
  readonly trace: string;
}

/** Why it cannot be asked for; undefined when it can. */
export function whyNotWished({ what, deploy }: Pick<Wished, "what" | "deploy">): string | undefined {
  const name = `${deploy.report.app} (${deploy.report.environment})`;
  if (deploy.wish?.state === "asked") return `That is asked already: ${deploy.wish.code}.`;
  if (deploy.wish?.state === "given") return `What was approved for ${name} (${deploy.wish.code}) is being carried out.`;
  const isCurrent = deploy.state === "live" || (what === "rollback" && deploy.state === "failed" && !deploy.recoveredBy);
  if (!isCurrent)
    return `That deploy of ${name} is ${deploy.recoveredBy ? "over" : deploy.state.replaceAll("_", " ")}; ask about what is there now.`;
  return what === "promote" || deploy.since ? undefined : `Nothing was live in ${name} before this; there is nothing to go back to.`;
}

/** The request, and the card that says it was made. What the rules allow without asking is told to the agent at once. */
export async function wishWork(wished: Wished, view: View): Promise<Work> {
  const { what, deploy, person, session, address, trace } = wished;
  const ask = askOf(wished);
  const handle = { requestId: deploy.id, epoch: DEPLOY_EPOCH };
  const asker = { sessionKey: session.id, orchestrator: session.orchestrator, address, requesterId: person.id, turnId: null, trace };
  const work = await judged({ ...asker, usedBy: "telling" }, { ask, digest: digestOf(ask.action), handle }, view);
  const [asked] = work.writes.flatMap((write) => (write.op === "insert" && write.table === "approvals" ? [write.fields] : []));
  const wish: Wish = { what, state: "asked", by: person.name, code: asked?.code ?? "" };
  const isAllowed = asked !== undefined && asked.state !== "pending";
  const after: DeployFields = { ...fieldsOf(deploy), wish: isAllowed ? { ...wish, state: "given", words: "by the rules" } : wish };
  const told = isAllowed ? [tellAgent(session, { text: carryOut(ask, person.name), trace })] : [];
  return { writes: [...work.writes, ...told, update("deploys", deploy, after), ...(await redrawn(deploy.id, after, view))] };
}

/** What people decided: to the agent, and onto the card. */
export async function wishDecided(
  asked: Row<"approvals">,
  answer: Answer,
  view: Pick<View, "store"> & { readonly now: number },
): Promise<Write[]> {
  const [handle] = asked.waiting;
  if (!handle || answer.type !== "approval") return [];
  const deploy = await view.store.get("deploys", handle.requestId);
  const session = asked.sessionKey ? await view.store.get("sessions", asked.sessionKey) : undefined;
  const words = [asked.decider && `by ${asked.decider}`, answer.reason && `(${answer.reason})`].filter(Boolean).join(" ");
  const told =
    answer.approved && session
      ? [tellAgent(session, { text: carryOut(asked.ask as ApprovalAsk, asked.decider ?? "people"), trace: asked.trace })]
      : [];
  const writes = [...toldWork({ ...asked, waiting: [] }, view.now), ...told];
  if (deploy?.wish?.code !== asked.code) return writes;
  const after: DeployFields = { ...fieldsOf(deploy), wish: { ...deploy.wish, state: answer.approved ? "given" : "refused", words } };
  return [...writes, update("deploys", deploy, after), ...(await redrawn(deploy.id, after, view))];
}

function askOf({ what, deploy, to = PRODUCTION, person }: Wished): ApprovalAsk {
  const { report, since } = deploy;
  const { app, environment, revision } = report;
  const facts = { app, deploy_id: report.deploy_id ?? deploy.id, revision: revision?.sha ?? revision?.ref ?? null };
  const reason = `${person.name} asked for it.`;
  if (what === "promote")
    return {
      title: `Promote ${app} from ${environment} to ${to}`,
      action: { do: "deploy.promote", ...facts, from: environment, to },
      class: "red",
      tool: "deploy.promote",
      app,
      environment: to,
      reason,
    };
  const target = { deploy_id: since?.id ?? null, revision: since?.revision?.sha ?? since?.revision?.ref ?? null };
  return {
    title: `Roll back ${app} (${environment}) to ${since ? (revisionName(since.revision)?.replaceAll("`", "") ?? "what was live before") : ""}`,
    action: { do: "deploy.rollback", ...facts, environment, to: target },
    class: "red",
    tool: "deploy.rollback",
    app,
    environment,
    reason,
  };
}

function carryOut({ title, action }: ApprovalAsk, by: string): string {
  const report =
    action["do"] === "deploy.rollback"
      ? `When it is done report the same deploy_id as rolled_back with announce_deploy; when it fails, say so.`
      : `Report it with announce_deploy as the deploy it is.`;
  return `[mos-hub] Approved by ${by}: ${title}. Carry out exactly this and nothing else:\n${JSON.stringify(action)}\n${report}`;
}
