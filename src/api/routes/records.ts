/** What the journal knows: traces, usage and the audit log. Read-only. */
import type { Hono } from "hono";
import { z } from "zod";
import { verifyAudit } from "../../audit/verify.ts";
import { HubError } from "../../contract/errors.ts";
import { latestTrace, traceOf } from "../../trace.ts";
import { sumUsage } from "../../usage/words.ts";
import type { ApiParts } from "../parts.ts";
import { parse } from "../problem.ts";

const usageQuery = z.object({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 366)
    .default(24),
});
const auditQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
const HOUR_MS = 3_600_000;

export function recordRoutes(app: Hono, { journal, clock }: ApiParts): void {
  const { store } = journal;

  app.get("/v1/trace/:id", async ({ req, json }) => {
    const id = req.param("id");
    const trace = await (id === "last" ? latestTrace(store) : traceOf(store, id));
    if (!trace) throw new HubError("not_found", { what: "trace", id });
    return json(trace);
  });

  app.get("/v1/usage", async ({ req, json }) => {
    const { hours } = parse(req.query(), usageQuery);
    const buckets = await store.find("usage", { where: { hour: { from: clock.now() - hours * HOUR_MS } } });
    return json({ hours, usage: sumUsage(buckets) });
  });

  app.get("/v1/audit", async ({ req, json }) => {
    const { limit } = parse(req.query(), auditQuery);
    return json({ entries: await store.find("audit", { newestFirst: true, limit }) });
  });

  app.get("/v1/audit/verify", async ({ json }) => json(await verifyAudit(store)));
}
