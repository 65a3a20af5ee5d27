/**
 * The life of a deploy as units of work: reported, looked at, overtaken, rolled back. Every unit carries the record, the change of every card
 * and what is said beside it. Invariants: no card claims that an app is live before its address was looked at; each state is announced once.
 */
import { showCard, updateCopies } from "../cards/copies.ts";
import type { AnnouncedWork, UrlChecked, View, Work } from "../contract/handler.ts";
import { type Address, type SessionKey, withoutTwins } from "../contract/ids.ts";
import type { AppSetup } from "../contract/message.ts";
import type { DeployNews, DeployReport } from "../contract/orchestrator.ts";
import { audit, insert, update, type Write } from "../contract/store.ts";
import type { DeployFields, LiveRevision } from "../contract/deploys.ts";
import type { Row } from "../contract/tables.ts";
import { type Audience, audienceOf } from "./audience.ts";
import { deployCard, shownState, troubleOf } from "./card.ts";
import { change, fieldsOf, redrawn } from "./change.ts";
import { beginCheck, dropCheck, endCheck } from "./checks.ts";
import { findDeploy, freshId, placed, type PlacedNews } from "./find.ts";
import { lastLive, type Line, lineOf, openFailure, overtaken, revisionOf } from "./line.ts";
import { endedPromotions } from "./results.ts";
import {
  answerSayings,
  failureSayings,
  recoverySayings,
  rollbackSayings,
  setupAloud,
  setupSayings,
  shownAt,
  silenceSayings,
} from "./sayings.ts";
import { nextSetups, stepsOf } from "./setups.ts";
import { countsAs, isLive, isUnfinished, nextDeploy } from "./state.ts";

export interface Origin {
  readonly orchestrator: string | null;
  /** The thread it was asked in, with its session. */
  readonly address?: Address | undefined;
  readonly sessionKey?: SessionKey | undefined;
}

export interface Reported {
  readonly news: DeployNews;
  readonly trace: string;
  readonly origin: Origin;
}

export async function reportWork({ news: given, trace, origin }: Reported, view: View): Promise<AnnouncedWork> {
  const news = placed(given);
  const { environment } = news;
  const known = await findDeploy(news, view.store);
  if (!known && news.state === undefined)
    return { writes: await straySetups(news, { trace, origin }, view), outcome: { environment, changed: true } };
  const step = nextDeploy(known, reportOf(news, known), view.now);
  // Whoever says again that it is live, where nothing answered, has it looked at again.
  const isAgain = known !== undefined && news.state === "live" && troubleOf(known) !== undefined;
  const id = known?.id ?? (await freshId(news, view.store));
  const line = await lineOf({ id, report: step.fields.report, createdAt: known?.createdAt ?? view.now }, step.fields.slot, view.store);
  const { setups, told, changed } = nextSetups((known ?? line.older[0])?.setups, stepsOf(news));
  const state = countsAs({ ...step.fields, again: known?.again });
  const outcome = { id, environment, state, changed: step.changed || changed || isAgain };
  if (!outcome.changed) return { writes: [], outcome };
  const fields: DeployFields = {
    ...(known ? fieldsOf(known) : { trace }),
    ...originFields(known, origin, line),
    // Others may go live while it is on its way.
    since: known?.times.live === undefined ? lastLive(line.older) : known.since,
    ...step.fields,
    setups,
  };
  const settled = { id, known, line, trace, told };
  if (isOvertaken(fields, line))
    return { writes: await overtakenWrites({ ...settled, fields }, view), outcome: { ...outcome, state: "superseded" } };
  const isLooked = (step.announce === "live" || isAgain) && view.settings.deploys.checksUrls;
  const url = isLooked ? urlToLookAt(fields.report) : undefined;
  if (url !== undefined) fields.check = { state: "checking", url, why: isAgain ? known.check?.why : undefined };
  const begun = url === undefined ? undefined : beginCheck(id, url, view.now);
  const rest = await settledWrites({ ...settled, fields, announce: url === undefined ? step.announce : undefined }, view);
  return { writes: [...(begun?.writes ?? []), ...rest], effects: begun?.effects, outcome };
}

/** Of what was delivered before nothing counts again, but that it is live where nothing answered: that is looked at again. */
export async function repeatedWork({ news, trace, origin }: Reported, deployId: string | undefined, view: View): Promise<AnnouncedWork> {
  const known = deployId === undefined ? undefined : await view.store.get("deploys", deployId);
  const { app, environment } = known?.report ?? placed(news);
  if (known && news.state === "live" && troubleOf(known) !== undefined)
    return reportWork({ news: { app, environment, deploy_id: known.id, state: "live", urls: {} }, trace, origin }, view);
  return { writes: [], outcome: { id: known?.id, environment, state: known && countsAs(known), changed: false } };
}

/** The hub's own id serves to find it, and is not what its maker calls it. */
function reportOf({ domain: _domain, setup: _setup, ...facts }: PlacedNews, known: Row<"deploys"> | undefined): DeployReport {
  return {
    ...facts,
    deploy_id: known ? known.report.deploy_id : facts.deploy_id,
    state: facts.state ?? known?.report.state ?? "queued",
  };
}

/** What its address answered: only now is it live, or in trouble. A late answer about another address says nothing. */
export async function checkedWork({ deployId, url, answer }: UrlChecked, view: View): Promise<Work> {
  const row = await view.store.get("deploys", deployId);
  if (!row || !isLive(row)) return { writes: [dropCheck(deployId)] };
  const outcome = await endCheck({ deployId, url, answer }, view.store);
  if (row.check?.state !== "checking" || row.check.url !== url) return { writes: outcome.writes };
  if (outcome.isOpen) return { writes: [] };
  const why = answer.outcome === "silent" ? view.settings.redact(answer.why) : undefined;
  const check: DeployFields["check"] =
    answer.outcome === "refused" ? undefined : { state: why === undefined ? "answers" : "silent", url, why };
  const fields = { ...fieldsOf(row), check };
  const line = await lineOf(row, row.slot, view.store);
  return { writes: [...outcome.writes, ...(await settledWrites({ id: row.id, known: row, line, fields, announce: "live" }, view))] };
}

interface Settled {
  readonly id: string;
  readonly known: Row<"deploys"> | undefined;
  readonly line: Line;
  readonly fields: DeployFields;
  /** Of what changes it now. Default: of what began it. */
  readonly trace?: string | undefined;
  readonly announce?: DeployFields["state"] | undefined;
  /** The set-ups that came to another step. */
  readonly told?: readonly AppSetup[] | undefined;
}

/** The record with what follows from its new state: in its line, on the cards and aloud. */
async function settledWrites(settled: Settled, view: View): Promise<Write[]> {
  const { id, known, line, fields, announce, told = [] } = settled;
  const { report } = fields;
  const isLive = announce === "live";
  const failure = isLive && fields.check?.state !== "silent" ? endedFailure(settled) : undefined;
  if (failure) fields.recovers = failure;
  if (announce === "rolled_back") fields.wish = undefined;
  const audience = await audienceOf({ ...report, state: shownState(fields) }, fields.origin, view);
  const said = { ...fields, trace: settled.trace ?? fields.trace };
  const cards = await drawn(id, said, { audience, view });
  const telling = { fields: said, shown: cards.shown, audience };
  const { check } = fields;
  const wasSilent = known?.check?.why !== undefined;
  return [
    known ? update("deploys", known, fields) : insert("deploys", id, fields),
    audit("deploy.reported", id, { app: report.app, environment: report.environment, state: report.state, trace: said.trace }),
    ...cards.writes,
    ...(announce === "failed" ? await failureSayings(telling) : []),
    ...(announce === "rolled_back" ? [...rollbackSayings(telling), ...(await afterRollback(settled, view))] : []),
    ...(isLive && check?.state === "silent" && !wasSilent ? silenceSayings(telling, check.url, check.why ?? "") : []),
    ...(failure ? recoverySayings(telling, failure) : []),
    ...(isLive && check?.state === "answers" && wasSilent && !failure ? answerSayings(telling, check.url) : []),
    ...told.flatMap((setup) => setupSayings(telling, setup)),
    ...(isLive ? await afterLive(id, { fields, line, failure }, view) : []),
    ...(announce ? await endedPromotions(fields, view) : []),
  ];
}

/** The failure that what is live now ends: its own, or that of the deploy before it. */
function endedFailure({ id, fields, line }: Settled): LiveRevision | undefined {
  const { times, report } = fields;
  if (times.failed !== undefined) return { ...revisionOf({ id, report, times, createdAt: times.failed }), at: times.failed };
  const row = openFailure(line.older);
  return row && revisionOf(row);
}

/** What was live before it is live again; its card says so, where it is shown. */
async function afterRollback({ known, line, fields: { since } }: Settled, view: View): Promise<Write[]> {
  const before = known && isLive(known) ? line.older.find(({ id }) => id === since?.id) : undefined;
  if (!known || before?.state !== "superseded") return [];
  // Nobody looks any more at what was overtaken meanwhile.
  const check = before.check?.state === "checking" ? undefined : before.check;
  return change(before, { ...fieldsOf(before), check, again: revisionOf(known) }, view);
}

/** What came before is overtaken, and the failed one says what ended it. */
async function afterLive(
  id: string,
  { fields, line, failure }: Pick<Settled, "fields" | "line"> & { readonly failure: LiveRevision | undefined },
  view: View,
): Promise<Write[]> {
  const changes = overtaken(line.older).map((row) => change(row, supersededFields(row, view.now), view));
  const failed = failure && line.older.find((row) => row.id === failure.id);
  const by = revisionOf({ id, report: fields.report, times: fields.times, createdAt: view.now });
  if (failed) changes.push(change(failed, { ...fieldsOf(failed), recoveredBy: by }, view));
  return (await Promise.all(changes)).flat();
}

function supersededFields(row: Row<"deploys">, now: number): DeployFields {
  const fields = { ...fieldsOf(row), ...nextDeploy(row, { ...row.report, state: "superseded" }, now).fields, again: undefined };
  // What replaced it is the way back, or has made it pointless; what is still asked ends with its decision.
  const isMoot = row.wish?.what === "rollback" && row.wish.state !== "asked";
  return isMoot ? { ...fields, wish: undefined } : fields;
}

/** Reported after a newer one went live and stayed: old news, which no place that does not show it yet hears of. */
function isOvertaken({ state }: DeployFields, { newer }: Line): boolean {
  return (isUnfinished(state) || state === "live") && newer.some((row) => row.times.live !== undefined && row.state !== "rolled_back");
}

async function overtakenWrites({ id, known, fields }: Settled, view: View): Promise<Write[]> {
  const after: DeployFields = { ...fields, ...nextDeploy(fields, { ...fields.report, state: "superseded" }, view.now).fields };
  const { app, environment } = after.report;
  const kept = known ? update("deploys", known, after) : insert("deploys", id, after);
  const facts = { app, environment, state: "superseded", trace: after.trace };
  return [kept, audit("deploy.reported", id, facts), ...(await redrawn(id, after, view))];
}

/** Every copy as it is now, and a first one wherever it is to be heard of. */
async function drawn(id: string, fields: DeployFields, { audience, view }: { readonly audience: Audience; readonly view: View }) {
  const subject = `deploy:${id}` as const;
  const showing = {
    subject,
    card: deployCard(id, fields, view.settings.deploys.carriers),
    trace: fields.trace,
    urgency: "notice",
  } as const;
  const before = await shownAt(subject, [], view);
  const known = before.map(({ address }) => address);
  // What is overtaken is nothing to begin with.
  const places = fields.state === "superseded" ? [] : withoutTwins(audience.places, known);
  const fresh = showCard(showing, places);
  const added = fresh.flatMap((write) => (write.op === "insert" && write.table === "copies" ? [write.fields] : []));
  return { writes: [...(await updateCopies(view, showing)), ...fresh], shown: await shownAt(subject, added, view) };
}

async function straySetups(news: PlacedNews, { trace, origin }: Pick<Reported, "trace" | "origin">, view: View): Promise<Write[]> {
  const { places } = await audienceOf({ ...news, state: "live" }, origin.address, view);
  return stepsOf(news).flatMap((setup) => setupAloud(places, { app: news.app, trace }, setup));
}

function urlToLookAt({ urls }: DeployReport): string | undefined {
  return urls.live ?? urls.preview;
}

type Originated = Pick<DeployFields, "orchestrator" | "origin" | "sessionKey">;

/** The first thread that speaks of it is the one that asked, whoever reported it before. */
function originFields(known: Originated | undefined, { orchestrator, address, sessionKey }: Origin, { older }: Line): Originated {
  if (known?.origin) return { orchestrator: known.orchestrator, origin: known.origin, sessionKey: known.sessionKey };
  const before = older.find((row) => row.sessionKey !== undefined)?.sessionKey;
  return { orchestrator: known?.orchestrator ?? orchestrator, origin: address, sessionKey: sessionKey ?? known?.sessionKey ?? before };
}
