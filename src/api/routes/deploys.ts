/** Deploys over HTTP: reported from outside any session, listed, and shown with their course. Each state is announced once, however often it is reported. */
import type { DeployRules } from "../../contract/deploys.ts";
import { HubError } from "../../contract/errors.ts";
import { newId } from "../../contract/ids.ts";
import { DEPLOY_STATES } from "../../contract/message.ts";
import { deployNews } from "../../contract/orchestrator.ts";
import type { Row } from "../../contract/tables.ts";
import { deployCard } from "../../deploys/card.ts";
import { slotOf } from "../../deploys/state.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { deployDetail, deployId, deployList, deployQuery, deployTaken } from "../shapes.ts";

/** Among so many of the latest a deploy is found by its maker's id. */
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

  return [
    route({
      method: "post",
      path: "/v1/deploys",
      summary: "Report the state of a deploy; with an Idempotency-Key at most once",
      scope: "deploys",
      body: deployNews,
      status: 202,
      answer: deployTaken,
      handle: async ({ body: report, caller, idempotencyKey: key }) => {
        const trace = newId("trc");
        const deliveries = key === undefined ? [] : [`api ${caller.id} ${key}`];
        await hub.announce({ report, trace, deliveries }, "api");
        const slot = slotOf(report.app, report.environment);
        const [row] = await store.find("deploys", { where: { slot }, newestFirst: true, limit: 1 });
        return { deploy_id: report.deploy_id ?? row?.id, trace };
      },
    }),
    route({
      method: "get",
      path: "/v1/deploys",
      summary: "The latest deploys, or those of one app and environment",
      scope: "read",
      query: deployQuery,
      answer: deployList,
      handle: async ({ query: { app, environment, limit } }) => {
        const where = app === undefined ? {} : { where: { slot: slotOf(app, environment) } };
        const rows = await store.find("deploys", { ...where, newestFirst: true, limit });
        return { deploys: rows.map((row) => shown(row, settings.deploys)) };
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
        const course = DEPLOY_STATES.flatMap((state) => (row.times[state] === undefined ? [] : [{ state, at: row.times[state] }]));
        return { ...shown(row, settings.deploys), course, deploy_id: row.report.deploy_id, trace: row.trace };
      },
    }),
  ];
}

function candidateOf({ id, report: { app, environment } }: Row<"deploys">): string {
  return `${id} (${app} ${environment})`;
}

function shown(row: Row<"deploys">, { carriers }: DeployRules) {
  const { createdAt, updatedAt } = row;
  return { ...deployCard(row.id, row, carriers), createdAt, updatedAt };
}
