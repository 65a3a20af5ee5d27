/** What the journal knows: health, traces and usage. Read-only. */
import { HubError } from "../../contract/errors.ts";
import type { RowBase } from "../../contract/tables.ts";
import { type Replay, replayOf, traceOf } from "../../trace.ts";
import { waitsFor } from "../../trace/waits.ts";
import { showBudget } from "../../usage/budget-words.ts";
import { sumUsage } from "../../usage/words.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { healthShape, replayShape, traceId, traceShape } from "../shapes.ts";
import { usageQuery, usageShape } from "../usage-shapes.ts";

const HOUR_MS = 3_600_000;

export function recordRoutes({ journal: { store }, clock, health, connectors, settings: { aliasOf } }: ApiParts): Route[] {
  const found = async (id: string): Promise<Replay> => {
    const replay = await replayOf(store, id, [...connectors.keys()]);
    if (!replay) throw new HubError("not_found", { what: "trace", id });
    return replay;
  };
  return [
    route({
      method: "get",
      path: "/v1/health",
      summary: "Whether everything the hub stands on answers",
      scope: "read",
      answer: healthShape,
      handle: health,
    }),
    route({
      method: "get",
      path: "/v1/trace/{id}",
      summary: "Every hop of a message, with its time",
      scope: "read",
      params: traceId,
      answer: traceShape,
      handle: async ({ params: { id } }) => {
        const replay = await found(id);
        return { ...traceOf(replay), waitsFor: await waitsFor(store, replay) };
      },
    }),
    route({
      method: "get",
      path: "/v1/trace/{id}/replay",
      summary: "Everything that was said in a trace, as it was journalled: what is needed to show it again",
      scope: "admin",
      params: traceId,
      answer: replayShape,
      handle: async ({ params: { id } }) => {
        const { trace, inbox, turns, outbox, approvals, deploys } = await found(id);
        const plain = (rows: readonly RowBase[]) => rows.map((row) => ({ ...row }));
        return {
          trace,
          inbox: plain(inbox),
          turns: plain(turns),
          outbox: plain(outbox),
          approvals: plain(approvals),
          deploys: plain(deploys),
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/usage",
      summary: "Tokens spent, per agent and model, and how far budgets are used",
      scope: "read",
      query: usageQuery,
      answer: usageShape,
      handle: async ({ query: { hours } }) => {
        const buckets = await store.find("usage", { where: { hour: { from: clock.now() - hours * HOUR_MS } } });
        const budgets = await store.find("budgets", { limit: Infinity });
        const shown = budgets.map((row) => ({
          ...showBudget(row, aliasOf(row.orchestrator), clock.now()),
          hours: [...row.hours],
          updatedAt: row.updatedAt,
        }));
        return { hours, usage: sumUsage(buckets), budgets: shown };
      },
    }),
  ];
}
