/** Deploys over HTTP: reported from outside any session, listed, and shown with their course. Each state is announced once, however often it is reported. */
import type { DeployRules } from "../../contract/deploys.ts";
import { HubError } from "../../contract/errors.ts";
import { newId } from "../../contract/ids.ts";
import { deployNews } from "../../contract/orchestrator.ts";
import type { Row } from "../../contract/tables.ts";
import { deployCard, liveWords } from "../../deploys/card.ts";
import { liveBeside, liveIn, revisionOf } from "../../deploys/line.ts";
import { courseOf, slotOf } from "../../deploys/state.ts";
import type { ApiParts } from "../parts.ts";
import { deliveryOf } from "../posting.ts";
import { type Route, route } from "../route.ts";
import { deployDetail, deployId, deployList, deployQuery, deployTaken } from "../deploy-shapes.ts";

/** Among so many of the latest a deploy is found by its maker's id, and an app's in every environment. */
const LOOKED_BACK = 1000;

export function deployRoutes({ hub, journal: { store }, settings }: ApiParts): Route[] {
  async function find(id: string): Promise<Row<"deploys">> {
    const row = await store.get("deploys", id);
    const latest = row ? [] : await store.find("deploys", { newestFirst: true, limit: LOOKED_BACK });
    const named = latest.filter(({ report }) => report.deploy_id === id);
    const found = row ?? named[0];
    if (!found) throw new HubError("not_found", { what: "deploy", id });
    if (named.some(({ slot }) => slot !== found.slot))
      throw new HubError("ambiguous_id", { id, candidates: named.map(candidateOf).join(", ") });
    return found;
  }

  async function findOf(app: string, environment: string | undefined): Promise<readonly Row<"deploys">[]> {
    if (environment !== undefined)
      return store.find("deploys", { where: { slot: slotOf(app, environment) }, newestFirst: true, limit: LOOKED_BACK });
    const latest = await store.find("deploys", { newestFirst: true, limit: LOOKED_BACK });
    return latest.filter(({ report }) => report.app === app);
  }

  return [
    route({
      method: "post",
      path: "/v1/deploys",
      summary: "Report the state of a deploy; with an Idempotency-Key at most once",
      takesKey: true,
      scope: "deploys",
      body: deployNews,
      status: 202,
      answer: deployTaken,
      handle: async ({ body: report, caller, idempotencyKey: key }) => {
        const trace = newId("trc");
        const delivery = deliveryOf({ of: "api", key, sent: report }, caller);
        const outcome = await hub.announce({ report, trace, delivery }, caller.personId);
        return { ...outcome, deploy_id: report.deploy_id ?? outcome.id, trace };
      },
    }),
    route({
      method: "get",
      path: "/v1/deploys",
      summary: "The latest deploys, or those of one app, in every environment or one",
      scope: "read",
      query: deployQuery,
      answer: deployList,
      handle: async ({ query: { app, environment, limit } }) => {
        const rows = await (app === undefined ? store.find("deploys", { newestFirst: true, limit }) : findOf(app, environment));
        const found = rows.slice(0, limit);
        const liveOf = await liveBeside(found, store);
        return { deploys: found.map((row) => shown(row, liveOf(row), settings.deploys)) };
      },
    }),
    route({
      method: "get",
      path: "/v1/deploys/{id}",
      summary: "One deploy with its course, by the hub's id or its maker's",
      scope: "read",
      params: deployId,
      answer: deployDetail,
      handle: async ({ params: { id } }) => {
        const row = await find(id);
        const live = await liveIn(row.slot, store);
        return { ...shown(row, live?.id === row.id ? undefined : live, settings.deploys), course: courseOf(row), trace: row.trace };
      },
    }),
  ];
}

function candidateOf({ id, report: { app, environment } }: Row<"deploys">): string {
  return `${id} (${app} ${environment})`;
}

/** `live`: what is live there although it is another one. */
function shown(row: Row<"deploys">, live: Row<"deploys"> | undefined, { carriers }: DeployRules) {
  const { createdAt, updatedAt, report } = row;
  const beside = live && { id: live.id, deploy_id: live.report.deploy_id, since: revisionOf(live).at, words: liveWords(live) };
  return { ...deployCard(row.id, row, carriers), deploy_id: report.deploy_id, createdAt, updatedAt, live: beside };
}
