/** Deploys over HTTP: reported from outside any session, and listed. */
import type { Hono } from "hono";
import { newId } from "../../contract/ids.ts";
import { deployReport } from "../../contract/orchestrator.ts";
import { deployCard } from "../../deploys/card.ts";
import { slotOf } from "../../deploys/state.ts";
import type { ApiParts } from "../parts.ts";
import { bodyOf } from "../problem.ts";

export function deployRoutes(app: Hono, { hub, journal }: ApiParts): void {
  app.post("/v1/deploys", async ({ req, json }) => {
    const report = await bodyOf(req.raw, deployReport);
    const trace = newId("trc");
    await hub.announce({ report, trace }, "api");
    const [row] = await journal.store.find("deploys", {
      where: { slot: slotOf(report.app, report.environment) },
      newestFirst: true,
      limit: 1,
    });
    return json({ deploy_id: report.deploy_id ?? row?.id, trace }, 202);
  });

  app.get("/v1/deploys", async ({ json }) => {
    const rows = await journal.store.find("deploys", { newestFirst: true, limit: 100 });
    return json({ deploys: rows.map((row) => ({ ...deployCard(row.id, row), updatedAt: row.updatedAt })) });
  });
}
