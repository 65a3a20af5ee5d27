/**
 * How reports about one deploy settle, whatever order they arrive in and however often. Pure.
 * Invariant: the states are in one total order and a deploy only rises in it, so every order of the same reports ends in the same state,
 * and each state is announced at most once.
 */
import { DEPLOY_STATES, type DeployState } from "../contract/message.ts";
import type { DeployReport } from "../contract/orchestrator.ts";
import type { DeployFields } from "../contract/deploys.ts";

/**
 * `live` stands above `failed` and `canceled`: a second try under the same id went well, and a failure that arrives after it is old news.
 * What is live and then breaks is reported as `rolled_back`, or as the failure of another deploy.
 */
const RANK: Readonly<Record<DeployState, number>> = {
  queued: 0,
  building: 1,
  deploying: 2,
  failed: 3,
  canceled: 4,
  live: 5,
  superseded: 6,
  rolled_back: 7,
  deleted: 8,
};

export type DeployProgress = Pick<DeployFields, "slot" | "state" | "report" | "announced" | "times">;

export interface DeployStep {
  readonly fields: DeployProgress;
  /** The state to be announced now; undefined for a repeated or late report. */
  readonly announce: DeployState | undefined;
  /** False when the report says nothing new: nothing to write, no card to edit. */
  readonly changed: boolean;
}

/** App and environment as one search key. */
export function slotOf(app: string, environment: string): string {
  return JSON.stringify([app, environment]);
}

/** Still on its way: what a report without an id means when it names the same app and environment. */
export function isUnfinished(state: DeployState): boolean {
  return RANK[state] < RANK.failed;
}

/** Live now: it was the last to go live, or what overtook it has been taken back. */
export function isLive({ state, again }: Pick<DeployFields, "state" | "again">): boolean {
  return state === "live" || (state === "superseded" && again !== undefined);
}

/** What it counts as, whoever asks. */
export function countsAs(fields: Pick<DeployFields, "state" | "again">): DeployState {
  return isLive(fields) ? "live" : fields.state;
}

/** The states it was in, in the order of time. */
export function courseOf({ times }: Pick<DeployFields, "times">): { readonly state: DeployState; readonly at: number }[] {
  const steps = DEPLOY_STATES.flatMap((state) => (times[state] === undefined ? [] : [{ state, at: times[state] }]));
  return steps.sort((one, other) => one.at - other.at);
}

/** `now` in epoch ms. A report that comes late adds only facts that were missing. */
export function nextDeploy(current: DeployProgress | undefined, report: DeployReport, now: number): DeployStep {
  if (!current) return { fields: firstOf(report, now), announce: report.state, changed: true };
  const isLate = RANK[report.state] < RANK[current.state];
  const rises = RANK[report.state] > RANK[current.state];
  const merged = isLate ? mergeReports(report, current.report) : mergeReports(current.report, report);
  const announce = rises && !current.announced.includes(report.state) ? report.state : undefined;
  const fields: DeployProgress = {
    slot: current.slot,
    state: merged.state,
    report: merged,
    announced: announce ? [...current.announced, announce] : current.announced,
    times: rises ? { ...current.times, [report.state]: now } : current.times,
  };
  return { fields, announce, changed: sorted(fields.report) !== sorted(current.report) };
}

function firstOf(report: DeployReport, now: number): DeployProgress {
  return {
    slot: slotOf(report.app, report.environment),
    state: report.state,
    report,
    announced: [report.state],
    times: { [report.state]: now },
  };
}

/** Both reports as one; where both say something, `newer` is right. Its failure goes once the deploy is no longer failed. */
function mergeReports(older: DeployReport, newer: DeployReport): DeployReport {
  const merged: DeployReport = { ...said(older), ...said(newer), urls: { ...said(older.urls), ...said(newer.urls) } };
  if (older.revision || newer.revision) merged.revision = { ...said(older.revision ?? {}), ...said(newer.revision ?? {}) };
  if (newer.state !== "failed" && newer.state !== "canceled") delete merged.failure_tail;
  return merged;
}

/** What is left out says nothing, however it was left out. */
export function said<T extends object>(words: T): T {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)) as T;
}

/** The same for what says the same, in whatever order. */
function sorted(report: DeployReport): string {
  return JSON.stringify(report, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted()) : value,
  );
}
