/** Canvases as an operator of the hub sees them: listed, and ended at once. */
import { endCanvas } from "../../canvases/record.ts";
import { HubError } from "../../contract/errors.ts";
import { canvasId, canvasList, canvasRevoked } from "../canvas/shapes.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";

export function canvasRoutes({ journal }: ApiParts): Route[] {
  const { store } = journal;
  return [
    route({
      method: "get",
      path: "/v1/canvases",
      summary: "The latest canvases",
      scope: "read",
      answer: canvasList,
      handle: async () => {
        const rows = await store.find("canvases", { newestFirst: true, limit: 100 });
        const canvases = rows.map(async ({ id, state, revision, expiresAt, card: { title, kind } }) => {
          const opened = await store.count("audit", { what: "canvas.opened", subject: id });
          return { id, title, kind, state, revision, expiresAt, opened };
        });
        return { canvases: await Promise.all(canvases) };
      },
    }),
    route({
      method: "delete",
      path: "/v1/canvases/{id}",
      summary: "End a canvas at once: its content and every link to it are gone",
      scope: "admin",
      params: canvasId,
      answer: canvasRevoked,
      handle: async ({ params: { id }, caller }) => {
        await journal.settle({ actorId: caller.personId, scope: "hub" }, async () => {
          const row = await store.get("canvases", id);
          if (row?.state !== "open") throw new HubError("not_found", { what: "open canvas", id });
          return { writes: await endCanvas(row, "revoked", { store }) };
        });
        return { id, state: "revoked" as const };
      },
    }),
  ];
}
