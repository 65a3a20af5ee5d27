/**
 * A rollback or promotion that a person asks for: a gated action like any other. Once it is approved, a service that the configuration names for it
 * is owed it, or else the agent of the conversation is told, in a turn of its own, exactly what it may do; what comes of it is reported as every
 * deploy is, and returns to the card. Invariant: the decision and what follows from it are one unit.
 */
import { digestOf } from "../approvals/digest.ts";
import { judged } from "../approvals/judged.ts";
import type { Asker } from "../approvals/record.ts";
import type { View, Work } from "../contract/handler.ts";
import type { Address } from "../contract/ids.ts";
import type { DeployWish } from "../contract/message.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import { update, type Write } from "../contract/store.ts";
import type { DeployFields, LiveRevision, Wish } from "../contract/deploys.ts";
import type { ApprovalFields, Row } from "../contract/tables.ts";
import { tellAgent } from "../turns/tell-agent.ts";
import { PRODUCTION } from "./card.ts";
import { isCarried } from "./carriers.ts";
import { change, fieldsOf, redrawn } from "./change.ts";
import { oweHandOver } from "./owed.ts";
import { revisionOf } from "./line.ts";
import { revisionName, unmarked, whichOf } from "./name.ts";
import { awaitResult } from "./results.ts";
import { wishSayings } from "./sayings.ts";
import { countsAs, isLive, said } from "./state.ts";

/** Asks whose answer is settled with the decision: nobody waits to be told. `requestId` then is the deploy. */
export const DEPLOY_EPOCH = "deploy";

export interface Wished {
  readonly what: DeployWish;
  readonly deploy: Row<"deploys">;
  /** Where what is promoted goes. Default: production. */
  readonly to?: string | undefined;
  readonly person: Pick<Row<"people">, "id" | "name">;
  /** Whose agent is told; unread where a service carries it out. */
  readonly session: Row<"sessions"> | undefined;
  readonly address: Address;
  readonly trace: string;
}

type Wanted = Pick<Wished, "what" | "deploy" | "to">;

/** Why it cannot be asked for; undefined when it can. `live`: what is live in its place. */
export function whyNotWished({ what, deploy, to }: Wanted, live: Row<"deploys"> | undefined): string | undefined {
  const name = nameOf(deploy);
  if (deploy.wish?.state === "asked") return `That is asked already: ${deploy.wish.code}.`;
  if (deploy.wish?.state === "given") return `What was approved for ${name} (${deploy.wish.code}) is on its way.`;
  if (what === "promote" && placeOf({ what, deploy, to }).environment === deploy.report.environment) return `${name} is there already.`;
  if (what === "rollback" && deploy.state === "failed") return neverLive(deploy, live);
  if (!isLive(deploy)) return `That deploy of ${name} is ${stateWords(deploy)}; ask about what is there now.`;
  return what === "promote" || deploy.since ? undefined : `Nothing was live in ${name} before this; there is nothing to go back to.`;
}

/** Whether a service of the configuration would carry it out. */
export function isForService(wanted: Wanted, { settings }: Pick<View, "settings">): boolean {
  return isCarried(settings.deploys.carriers, placeOf(wanted));
}

/** The request, and the card that says it was made. What the rules allow without asking is carried out at once. */
export async function wishWork(wished: Wished, view: View): Promise<Work> {
  const { what, deploy, to, person } = wished;
  const ask = askOf(wished, deploy.since && (await view.store.get("deploys", deploy.since.id)));
  const handle = { requestId: deploy.id, epoch: DEPLOY_EPOCH };
  const work = await judged(askerOf(wished, view), { ask: await cautioned(ask, wished, view), digest: digestOf(ask.action), handle }, view);
  const [asked] = work.writes.flatMap((write) => (write.op === "insert" && write.table === "approvals" ? [write] : []));
  if (!asked) return work;
  const wish: Wish = {
    what,
    state: "asked",
    by: person.name,
    code: asked.fields.code,
    to: what === "promote" ? (to ?? PRODUCTION) : undefined,
  };
  const isAllowed = asked.fields.state !== "pending";
  const after: DeployFields = {
    ...fieldsOf(deploy),
    wish: isAllowed ? { ...wish, state: "given", words: "by the rules", outcome: takenBy(asked.fields, view) } : wish,
  };
  const told = isAllowed ? await carryOut({ id: asked.id, ...asked.fields, decider: person.name }, deploy, view) : [];
  // Nobody waits, so nobody is answered.
  return {
    expect: work.expect,
    writes: [...work.writes, ...told, update("deploys", deploy, after), ...(await redrawn(deploy.id, after, view))],
  };
}

/** What follows from a request that ends, in the unit that ends it: onto the card, and to whoever carries it out. */
export async function wishEnded(asked: Row<"approvals">, view: View): Promise<Write[]> {
  const handle = asked.waiting.find(({ epoch }) => epoch === DEPLOY_EPOCH);
  const deploy = handle && (await view.store.get("deploys", handle.requestId));
  if (!deploy) return [];
  const isApproved = asked.state === "approved";
  const isStill = deploy.wish?.code === asked.code && isLive(deploy);
  if (isApproved && !isStill) return overtaken(asked, deploy, view);
  if (deploy.wish?.code !== asked.code) return [];
  const reason = asked.decisionReason ?? (asked.state === "expired" ? "nobody decided in time" : null);
  const words = [asked.decider && `by ${asked.decider}`, reason && `(${reason})`].filter(Boolean).join(" ");
  const wish: Wish = {
    ...deploy.wish,
    state: isApproved ? "given" : "refused",
    words,
    outcome: isApproved ? takenBy(asked, view) : undefined,
  };
  const told = isApproved ? await carryOut(asked, deploy, view) : [];
  return [...(await change(deploy, { ...fieldsOf(deploy), wish }, view)), ...told];
}

type Approved = Pick<ApprovalFields, "ask" | "usedBy" | "sessionKey" | "decider" | "trace" | "policy"> & { readonly id: string };

async function carryOut(approved: Approved, deploy: Row<"deploys">, view: View): Promise<Write[]> {
  const { id, ask, usedBy, sessionKey, decider, trace, policy } = approved;
  if (usedBy === "grant") {
    // What came of it may be reported before the hub has read that it was taken.
    return [oweHandOver({ approvalId: id, deployId: deploy.id }, view.now), awaitResult(deploy.id, id, view, policy.executionWindowMs)];
  }
  const session = sessionKey ? await view.store.get("sessions", sessionKey) : undefined;
  const told = session ? [tellAgent(session, { text: orderOf(ask as ApprovalAsk, decider ?? "people"), trace })] : [];
  return [...told, awaitResult(deploy.id, id, view)];
}

/** What is there by now is not what was asked about. */
async function overtaken(asked: Row<"approvals">, deploy: Row<"deploys">, view: View): Promise<Write[]> {
  const { code } = asked;
  const text = `🟠 ${code} was approved, and nothing is carried out: that deploy of ${nameOf(deploy)} is ${stateWords(deploy)} by now.`;
  const said = await wishSayings({ ...asked, deployId: deploy.id }, { level: "warning", text }, view);
  return [...said, ...(deploy.wish?.code === code ? await change(deploy, { ...fieldsOf(deploy), wish: undefined }, view) : [])];
}

/** A service needs no conversation, so that none that ends takes the request along. */
function askerOf(wished: Wished, view: View): Asker {
  const { person, session, address, trace } = wished;
  const orchestrator = session?.orchestrator ?? view.settings.orchestrators[0]?.name ?? "";
  const asker = { orchestrator, askedBy: person.name, address, requesterId: person.id, turnId: null, trace };
  if (isForService(wished, view)) return { ...asker, sessionKey: null, usedBy: "grant" };
  return { ...asker, sessionKey: session?.id ?? null, usedBy: "telling" };
}

/** Where it would be carried out. */
function placeOf({ what, deploy: { report }, to = PRODUCTION }: Wanted) {
  return { app: report.app, environment: what === "promote" ? to : report.environment };
}

function neverLive(deploy: Row<"deploys">, live: Row<"deploys"> | undefined): string {
  const words = `That deploy of ${nameOf(deploy)} failed and was never live, so that there is nothing to take back`;
  if (!live) return `${words}.`;
  const { id, report, since } = live;
  const way = `!rollback ${report.app} ${report.environment} ${report.deploy_id ?? id}`;
  const now = `${words}. ${whichOf(revisionOf(live))} is live now`;
  return since ? `${now}; to go back from that: \`${way}\`.` : `${now}, and nothing was live before it.`;
}

function stateWords(deploy: Row<"deploys">): string {
  return countsAs(deploy).replaceAll("_", " ");
}

/** Whoever decides is to know when what it goes back to may not work either. */
async function cautioned(ask: ApprovalAsk, { what, deploy }: Wished, { store }: View): Promise<ApprovalAsk> {
  const target = what === "rollback" && deploy.since ? await store.get("deploys", deploy.since.id) : undefined;
  const { state, url, why } = target?.check ?? {};
  if (state === undefined || state === "answers") return ask;
  const found = state === "silent" ? `did not answer when it was last looked at: ${why}` : "was never seen to answer";
  return { ...ask, reason: `${ask.reason} The address of what it goes back to, ${url}, ${found}.` };
}

/** The agent is told in the same unit; a service has nothing until it has taken it. */
function takenBy({ usedBy, orchestrator }: Pick<ApprovalFields, "usedBy" | "orchestrator">, { settings }: View): string | undefined {
  return usedBy === "grant" ? undefined : settings.aliasOf(orchestrator);
}

function nameOf({ report }: Row<"deploys">): string {
  return `${report.app} (${report.environment})`;
}

/** `target`: what a rollback goes back to, while its row is kept. */
function askOf({ what, deploy, to = PRODUCTION, person }: Wished, target: Row<"deploys"> | undefined): ApprovalAsk {
  const { app, environment } = deploy.report;
  const asked = { class: "red", app, reason: `${person.name} asked for it.` } as const;
  const facts = { app, ...namesOf(deploy) };
  if (what === "promote")
    return {
      ...asked,
      title: `Promote ${app} from ${environment} to ${to}`,
      action: { do: "deploy.promote", ...facts, from: environment, to },
      tool: "deploy.promote",
      environment: to,
    };
  const { since } = deploy;
  const back = target ? namesOf(target) : since && namesOf({ id: since.id, report: { revision: since.revision, urls: {} } });
  return {
    ...asked,
    title: `Roll back ${app} (${environment}) to ${targetName(since, target)}`,
    action: { do: "deploy.rollback", ...facts, environment, to: back ?? {} },
    tool: "deploy.rollback",
    environment,
  };
}

interface Named {
  readonly id: string;
  readonly report: Pick<Row<"deploys">["report"], "deploy_id" | "revision" | "urls">;
}

/** A deploy as its maker knows it: `hub_id` is the hub's name for it, and what nobody has said is left out. */
function namesOf({ id, report: { deploy_id, revision, urls } }: Named): Readonly<Record<string, string>> {
  const names = { deploy_id, hub_id: id, revision: revision?.sha ?? revision?.ref, url: urls.live ?? urls.preview };
  return said(names) as Readonly<Record<string, string>>;
}

/** Its maker's id with its revision, else what people call it. */
function targetName(since: LiveRevision | undefined, target: Row<"deploys"> | undefined): string {
  const id = target?.report.deploy_id;
  if (id === undefined) return since ? unmarked(whichOf(since)) : "";
  const revision = revisionName(since?.revision);
  return revision === undefined ? id : `${id} (${unmarked(revision)})`;
}

function orderOf({ title, action }: ApprovalAsk, by: string): string {
  const report =
    action["do"] === "deploy.rollback"
      ? `When it is done report the same deploy_id (without one its hub_id as deploy_id) as rolled_back with announce_deploy; when it fails, say so.`
      : `Report it with announce_deploy as the deploy it is.`;
  return `[mos-hub] Approved by ${by}: ${title}. Carry out exactly this and nothing else:\n${JSON.stringify(action)}\n${report}`;
}
