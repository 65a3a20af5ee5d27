/** The deploys of one app and environment, in the order their makers began them: what is live, what came before, what is overtaken. */
import type { StoreReader } from "../contract/store.ts";
import type { DeployFields, LiveRevision } from "../contract/deploys.ts";
import type { Row } from "../contract/tables.ts";
import { isUnfinished } from "./state.ts";

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
  return {
    older: others.filter((one) => beganAt(one) <= beganAt(deploy)),
    newer: others.filter((one) => beganAt(one) > beganAt(deploy)),
  };
}

function beganAt({ report, createdAt }: Pick<Placed, "report" | "createdAt">): number {
  return report.began_at ?? createdAt;
}

/** The newest that was live and was not taken back. */
export function lastLive(rows: readonly Row<"deploys">[]): LiveRevision | undefined {
  const row = rows.find(({ times, state }) => times.live !== undefined && state !== "rolled_back" && state !== "deleted");
  return row && revisionOf(row, row.times.live ?? row.createdAt);
}

/** A deploy as another one speaks of it. */
export function revisionOf({ id, report }: Pick<Placed, "id" | "report">, at: number): LiveRevision {
  return { id, at, deployId: report.deploy_id, revision: report.revision };
}

/** The failure that has not been ended by something live since. */
export function openFailure(rows: readonly Row<"deploys">[]): Row<"deploys"> | undefined {
  const ended = rows.find(({ state, times }) => state === "failed" || times.live !== undefined);
  return ended?.state === "failed" ? ended : undefined;
}

/** What nobody waits for any more once a newer one is live. */
export function overtaken(rows: readonly Row<"deploys">[]): Row<"deploys">[] {
  return rows.filter(({ state }) => isUnfinished(state) || state === "live");
}
