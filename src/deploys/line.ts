/** The deploys of one app and environment, in the order their makers began them: what is live, what came before, what is overtaken. */
import type { StoreReader } from "../contract/store.ts";
import type { DeployFields, LiveRevision } from "../contract/deploys.ts";
import type { Row } from "../contract/tables.ts";
import { isLive, isUnfinished } from "./state.ts";

/** Further back nothing is looked for. */
export const LOOKED_BACK = 50;

/** One that has no row yet is the newest, unless its maker says when it began. */
export interface Placed {
  readonly id: string;
  readonly report: DeployFields["report"];
  readonly createdAt: number;
}

export interface Line {
  /** The newest first. */
  readonly older: readonly Row<"deploys">[];
  readonly newer: readonly Row<"deploys">[];
}

export async function lineOf(deploy: Placed, slot: string, store: StoreReader): Promise<Line> {
  const rows = await store.find("deploys", { where: { slot }, newestFirst: true, limit: LOOKED_BACK });
  const others = rows.filter(({ id }) => id !== deploy.id).toSorted((one, other) => beganAt(other) - beganAt(one));
  // Of those begun in one moment the one that was heard of first is the older.
  const ownSeq = rows.find(({ id }) => id === deploy.id)?.seq ?? Infinity;
  const isOlder = (one: Row<"deploys">): boolean =>
    beganAt(one) < beganAt(deploy) || (beganAt(one) === beganAt(deploy) && one.seq < ownSeq);
  return { older: others.filter(isOlder), newer: others.filter((one) => !isOlder(one)) };
}

function beganAt({ report, createdAt }: Pick<Placed, "report" | "createdAt">): number {
  return report.began_at ?? createdAt;
}

/**
 * What is live in a place now, whatever was begun, failed or taken back there since: the one answer that every face gives. `newest`: of its deploys
 * those that are at hand.
 */
export async function liveIn(
  slot: string,
  store: StoreReader,
  newest: readonly Row<"deploys">[] = [],
): Promise<Row<"deploys"> | undefined> {
  return newest.find(isLive) ?? (await store.find("deploys", { where: { slot }, newestFirst: true, limit: LOOKED_BACK })).find(isLive);
}

/** What is live where another deploy is the latest, for the latest of each place among these; they are the newest first. */
export async function liveBeside(
  rows: readonly Row<"deploys">[],
  store: StoreReader,
): Promise<(row: Row<"deploys">) => Row<"deploys"> | undefined> {
  const latest = [...new Map(rows.toReversed().map((row) => [row.slot, row])).values()];
  const found = latest.map(async ({ id, slot }) => {
    const own = rows.filter((row) => row.slot === slot);
    const live = await liveIn(slot, store, own);
    return live && live.id !== id ? [[id, live] as const] : [];
  });
  const live = new Map((await Promise.all(found)).flat());
  return ({ id }) => live.get(id);
}

/** What is live, else the newest that was and was not taken back. After what was deleted there is nothing. */
export function lastLive(rows: readonly Row<"deploys">[]): LiveRevision | undefined {
  const row = rows.find(isLive) ?? rows.find(({ times, state }) => times.live !== undefined && state !== "rolled_back");
  return row && row.state !== "deleted" ? revisionOf(row) : undefined;
}

/** A deploy as another one speaks of it. */
export function revisionOf({ id, report, times, createdAt }: Placed & Pick<DeployFields, "times">): LiveRevision {
  return { id, at: times.live ?? times.failed ?? createdAt, deployId: report.deploy_id, revision: report.revision };
}

/** The failure that has not been ended by something live since. */
export function openFailure(rows: readonly Row<"deploys">[]): Row<"deploys"> | undefined {
  const ended = rows.find(({ state, times }) => state === "failed" || times.live !== undefined);
  return ended?.state === "failed" ? ended : undefined;
}

/** What nobody waits for any more once a newer one is live. */
export function overtaken(rows: readonly Row<"deploys">[]): Row<"deploys">[] {
  return rows.filter((row) => isUnfinished(row.state) || isLive(row));
}
