/** Which deploy a report is about, and where it goes when it does not say so. */
import { createHash } from "node:crypto";
import type { DeployState } from "../contract/message.ts";
import type { DeployNews, DeployReport } from "../contract/orchestrator.ts";
import type { StoreReader } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { PRODUCTION } from "./card.ts";
import { LOOKED_BACK } from "./line.ts";
import { isLive, isUnfinished, slotOf } from "./state.ts";

export type PlacedNews = DeployNews & Pick<DeployReport, "environment">;

/** A preview whose environment nobody names has one of its own, so that it takes the place of nothing but its own older ones. */
export function placed(news: DeployNews): PlacedNews {
  const { environment, urls, revision } = news;
  if (environment !== undefined) return { ...news, environment };
  if (urls.preview === undefined || urls.live !== undefined) return { ...news, environment: PRODUCTION };
  return { ...news, environment: `preview ${revision?.ref ?? URL.parse(urls.preview)?.host ?? ""}`.slice(0, 60) };
}

/**
 * With an id, the deploy of that id. Without one: what ends something live is about the one that is live, else about the latest; a step of a set-up
 * about the latest. Any other report goes on with the latest while that is on its way, or says once more what the latest is already; what
 * contradicts it, and everything else, is another deploy: undefined.
 */
export async function findDeploy(news: PlacedNews, store: StoreReader): Promise<Row<"deploys"> | undefined> {
  const slot = slotOf(news.app, news.environment);
  if (news.deploy_id !== undefined) {
    const named = (await store.get("deploys", idOf(slot, news.deploy_id))) ?? (await store.get("deploys", news.deploy_id));
    return named?.slot === slot ? named : undefined;
  }
  const rows = await store.find("deploys", { where: { slot }, newestFirst: true, limit: LOOKED_BACK });
  const [latest] = rows;
  if (!latest || news.state === undefined) return latest;
  if (ENDS_LIVE.includes(news.state)) return ended(news.state, rows) ?? latest;
  const goesOn = isUnfinished(latest.state) || latest.state === news.state;
  return goesOn && !contradicts(latest.report, news) ? latest : undefined;
}

const ENDS_LIVE: readonly DeployState[] = ["rolled_back", "superseded", "deleted"];

/** Said again, a rollback is about what was taken back, and not about what is live again since. */
function ended(state: DeployState, rows: readonly Row<"deploys">[]): Row<"deploys"> | undefined {
  const live = rows.find(isLive);
  return state === "rolled_back" && live?.again ? rows.find(({ id }) => id === live.again?.id) : live;
}

/** What only one of them says is no contradiction. */
function contradicts(one: DeployReport, other: DeployNews): boolean {
  const theirs = factsOf(other);
  return factsOf(one).some((fact, at) => fact !== undefined && theirs[at] !== undefined && fact !== theirs[at]);
}

function factsOf({ revision, urls, failure_tail }: DeployNews): readonly (string | undefined)[] {
  return [revision?.sha, revision?.ref, urls.live, urls.preview, failure_tail];
}

/** Two reports at once about a deploy without an id draw the same one, of which one is written and the other comes again. */
export async function freshId({ app, environment, deploy_id }: PlacedNews, store: StoreReader): Promise<string> {
  const slot = slotOf(app, environment);
  return deploy_id === undefined ? idOf(slot, await store.count("deploys", { slot })) : idOf(slot, deploy_id);
}

/** Short, so that it fits into what a button carries. */
function idOf(slot: string, name: string | number): string {
  return `dep_${createHash("sha256")
    .update(JSON.stringify([slot, name]))
    .digest("hex")
    .slice(0, 24)}`;
}
