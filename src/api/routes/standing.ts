/** Standing approvals over HTTP: made by deciding, looked at by whoever may read, ended by an admin's token: that is never more than being asked again. */
import { endStanding, listStanding } from "../../approvals/standing.ts";
import { HubError } from "../../contract/errors.ts";
import { parseCode } from "../../contract/ids.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { requestCode, standingEnded, standingList } from "../approval-shapes.ts";

export function standingRoutes({ journal, clock, settings }: ApiParts): Route[] {
  const { store } = journal;
  return [
    route({
      method: "get",
      path: "/v1/standing-approvals",
      summary: "What is allowed without being asked again",
      scope: "read",
      answer: standingList,
      handle: async () => ({
        standing: (await listStanding(store, clock.now())).map(({ code, title, class: actionClass, app, environment, ...rest }) => ({
          code,
          title,
          class: actionClass,
          app,
          environment,
          asker: settings.aliasOf(rest.orchestrator),
          by: rest.by.name,
          expiresAt: rest.expiresAt,
        })),
      }),
    }),
    route({
      method: "post",
      path: "/v1/standing-approvals/{code}/end",
      summary: "Ask again from now on",
      scope: "admin",
      params: requestCode,
      answer: standingEnded,
      handle: async ({ params, caller: { personId } }) => {
        const code = parseCode(params.code);
        await journal.settle({ actorId: personId, scope: "hub" }, async () => {
          const writes = code && (await endStanding(store, code, { by: personId, now: clock.now() }));
          if (!writes) throw new HubError("not_found", { what: "standing approval", id: params.code });
          return { writes };
        });
        return { ended: true as const };
      },
    }),
  ];
}
