/** Deploys: one card per deploy, edited in place; a failure is a message of its own too. Each state is announced once, in whatever order it is reported. */
import { showCard, updateCopies } from "../src/cards/copies.ts";
import { type Announcement, type FromOrchestrator, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import { type Address, newId } from "../src/contract/ids.ts";
import type { DeployReport } from "../src/contract/orchestrator.ts";
import { audit, insert, update, type Write } from "../src/contract/store.ts";
import type { DeployFields, Row } from "../src/contract/tables.ts";
import { deployCard } from "../src/deploys/card.ts";
import { isUnfinished, nextDeploy, slotOf } from "../src/deploys/state.ts";

export const deploy: Handler = {
  name: "deploy",
  orchestrator: {
    deploy: ({ session, turn, trace, event }: FromOrchestrator<{ type: "deploy"; report: DeployReport }>, view) =>
      report({ report: event.report, trace }, { orchestrator: session.orchestrator, addresses: [turn?.address ?? session.address] }, view),
  },
  announcement: (announcement, view) => report(announcement, { orchestrator: null, addresses: view.settings.homes }, view),
};

interface Origin {
  readonly orchestrator: string | null;
  /** Where the card is shown when the deploy is new. */
  readonly addresses: readonly Address[];
}

async function report({ report: reported, trace }: Announcement, origin: Origin, view: View): Promise<Work> {
  const known = await findDeploy(reported, view);
  const step = nextDeploy(known, reported, view.now);
  if (!step.changed) return { writes: [] };
  const fields: DeployFields = { ...step.fields, orchestrator: known?.orchestrator ?? origin.orchestrator, trace: known?.trace ?? trace };
  const id = known?.id ?? deployId(reported);
  const kept = known ? update("deploys", known, fields) : insert("deploys", id, fields);
  const writes: Write[] = [
    kept,
    audit("deploy.reported", id, { app: reported.app, environment: reported.environment, state: reported.state, trace }),
  ];
  const card = deployCard(id, fields);
  const subject = `deploy:${id}` as const;
  const shown = known
    ? await updateCopies(view, { subject, card, trace, urgency: "notice" })
    : showCard({ subject, card, trace, urgency: "notice" }, origin.addresses);
  const failure = step.announce === "failed" ? await failureWords({ id, fields, trace }, known ? undefined : origin.addresses, view) : [];
  return { writes: [...writes, ...shown, ...failure] };
}

/** A failure must not be only an edit that nobody sees. */
async function failureWords(
  { id, fields, trace }: { id: string; fields: DeployFields; trace: string },
  addresses: readonly Address[] | undefined,
  view: View,
): Promise<Write[]> {
  const places = addresses ?? (await view.store.find("copies", { where: { subject: `deploy:${id}` } })).map((copy) => copy.address);
  const text = `🔴 **${fields.report.app}** (${fields.report.environment}) failed to deploy.`;
  return places.map((address) => say({ address, trace, text, urgency: "reply", card: { type: "notice", level: "error", text } }).write);
}

function deployId(reported: DeployReport): string {
  return reported.deploy_id === undefined
    ? newId("dep")
    : `dep_${JSON.stringify([slotOf(reported.app, reported.environment), reported.deploy_id])}`;
}

async function findDeploy(reported: DeployReport, view: View): Promise<Row<"deploys"> | undefined> {
  const slot = slotOf(reported.app, reported.environment);
  if (reported.deploy_id !== undefined) {
    const named = (await view.store.get("deploys", deployId(reported))) ?? (await view.store.get("deploys", reported.deploy_id));
    return named?.slot === slot ? named : undefined;
  }
  const [latest] = await view.store.find("deploys", { where: { slot }, newestFirst: true, limit: 1 });
  // A report without an id continues the latest deploy of its place; one that begins after that has ended is a new deploy.
  return latest && (isUnfinished(latest.state) || !isUnfinished(reported.state)) ? latest : undefined;
}
