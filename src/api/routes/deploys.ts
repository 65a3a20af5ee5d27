/** Deploys over HTTP: reported from outside any session, and listed. A report is idempotent by its states: each is announced once. */
import { newId } from "../../contract/ids.ts";
import { deployReport } from "../../contract/orchestrator.ts";
import { deployCard } from "../../deploys/card.ts";
import { slotOf } from "../../deploys/state.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { deployList, deployTaken } from "../shapes.ts";

export function deployRoutes({ hub, journal }: ApiParts): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/deploys",
      summary: "Report the state of a deploy",
      scope: "deploys",
      body: deployReport,
      status: 202,
      answer: deployTaken,
      handle: async ({ body: report }) => {
        const trace = newId("trc");
        await hub.announce({ report, trace }, "api");
        const slot = slotOf(report.app, report.environment);
        const [row] = await journal.store.find("deploys", { where: { slot }, newestFirst: true, limit: 1 });
        return { deploy_id: report.deploy_id ?? row?.id, trace };
      },
    }),
    route({
      method: "get",
      path: "/v1/deploys",
      summary: "The latest deploys",
      scope: "read",
      answer: deployList,
      handle: async () => {
        const rows = await journal.store.find("deploys", { newestFirst: true, limit: 100 });
        return { deploys: rows.map((row) => ({ ...deployCard(row.id, row), updatedAt: row.updatedAt })) };
      },
    }),
  ];
}
