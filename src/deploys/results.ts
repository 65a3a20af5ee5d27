/**
 * What was approved and is still to be reported: when nobody does so in time, the card and the place that asked say it, once; what is reported later
 * counts none the less. The due times lie in the store, so that a later life of the hub notices, too.
 */
import type { DeployFields, Wish } from "../contract/deploys.ts";
import type { View, Work } from "../contract/handler.ts";
import { audit, put, remove, type StoreReader, type Write } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { change, type Drawing, fieldsOf } from "./change.ts";
import { wishSayings } from "./sayings.ts";
import { slotOf } from "./state.ts";

const PREFIX = "deploy/result/";
/** A promotion reported later than this after it was missed is not told apart from any other deploy, ms. */
const LATEST_MS = 7 * 86_400_000;

interface Awaited {
  readonly approvalId: string;
  /** Epoch ms; null once it was said that nothing was reported. */
  readonly at: number | null;
}

/** From now on its result is waited for. `leadMs`: how long it may take until somebody has it. */
export function awaitResult(deployId: string, approvalId: string, view: Drawing & Pick<View, "now">, leadMs = 0): Write {
  return put("kv", PREFIX + deployId, kept({ approvalId, at: view.now + leadMs + view.settings.deploys.resultWithinMs }, null));
}

/** Those that are overdue, as one unit; undefined when there is none. */
export async function dueResults(view: View): Promise<Work | undefined> {
  const due = (await awaited(view.store)).filter(({ at }) => at !== null && at <= view.now);
  if (due.length === 0) return undefined;
  return { writes: (await Promise.all(due.map((one) => missed(one, view)))).flat() };
}

export async function nextResult(store: StoreReader): Promise<number | undefined> {
  const times = (await awaited(store)).flatMap(({ at }) => at ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What was promoted to the place of a deploy that has come to an end there: said on the card it was promoted from. */
export async function endedPromotions(ended: DeployFields, view: View): Promise<Write[]> {
  const { state, slot, report, check } = ended;
  if (state !== "live" && state !== "failed" && state !== "canceled") return [];
  const outcome = check?.state === "silent" ? "reported live, does not answer" : state;
  const rows = await Promise.all((await awaited(view.store)).map(async (one) => ({ one, deploy: await wishedOf(one, view) })));
  const ends = rows.map(async ({ one, deploy }) => {
    const { wish, report: from } = deploy ?? {};
    if (!deploy || wish?.to === undefined || slotOf(deploy.report.app, wish.to) !== slot || isAnother(from, report)) return [];
    return [
      remove("kv", PREFIX + one.deployId),
      ...(await change(deploy, { ...fieldsOf(deploy), wish: { ...wish, state: "done", outcome } }, view)),
    ];
  });
  return (await Promise.all(ends)).flat();
}

async function missed(one: Due, view: View): Promise<Write[]> {
  const deploy = await wishedOf(one, view);
  const asked = await view.store.get("approvals", one.approvalId);
  if (!deploy?.wish || !asked) return [remove("kv", PREFIX + one.deployId)];
  const { app, environment } = deploy.report;
  const text = `🟠 **${app}** (${environment}): ${asked.code} was approved, and no result was reported. Look whether it was done; it may be asked again.`;
  return [
    put("kv", PREFIX + one.deployId, kept({ approvalId: one.approvalId, at: null }, view.now + LATEST_MS)),
    ...(await change(deploy, { ...fieldsOf(deploy), wish: { ...deploy.wish, state: "not_reported" } }, view)),
    audit("deploy.not_reported", one.approvalId, { app, environment }),
    ...(await wishSayings({ ...asked, deployId: deploy.id }, { level: "warning", text }, view)),
  ];
}

type Due = Awaited & { readonly deployId: string };

/** Its deploy, while what was approved is what stands there, unreported. */
async function wishedOf({ deployId, approvalId }: Due, { store }: View): Promise<Row<"deploys"> | undefined> {
  const [deploy, asked] = await Promise.all([store.get("deploys", deployId), store.get("approvals", approvalId)]);
  const isOpen = (wish: Wish): boolean => wish.state === "given" || wish.state === "not_reported";
  return deploy?.wish && deploy.wish.code === asked?.code && isOpen(deploy.wish) ? deploy : undefined;
}

function isAnother(promoted: DeployFields["report"] | undefined, reported: DeployFields["report"]): boolean {
  const [wanted, found] = [promoted?.revision?.sha, reported.revision?.sha];
  return wanted !== undefined && found !== undefined && wanted !== found;
}

function kept(value: Awaited, expiresAt: number | null) {
  return { value: JSON.stringify(value), expiresAt };
}

async function awaited(store: StoreReader): Promise<Due[]> {
  const rows = await store.find("kv", { idPrefix: PREFIX, limit: Infinity });
  return rows.map(({ id, value }) => ({ ...(JSON.parse(value) as Awaited), deployId: id.slice(PREFIX.length) }));
}
