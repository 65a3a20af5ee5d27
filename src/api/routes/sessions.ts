/** Which conversations there are. Read-only; never what was said in them. */
import { latestOverviews, overviewOf } from "../../conversations/overview.ts";
import { findConversation } from "../../conversations/places.ts";
import { known } from "../../contract/errors.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { sessionList, sessionName, sessionQuery, sessionShape } from "../session-shapes.ts";

export function sessionRoutes({ journal: { store }, settings: { aliasOf } }: ApiParts): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/sessions",
      summary: "The conversations there are, the latest active first",
      scope: "read",
      query: sessionQuery,
      answer: sessionList,
      handle: async ({ query: { all, limit } }) => {
        const latest = await latestOverviews({ closed: all === "true", limit }, { store, aliasOf });
        return { sessions: latest.map(({ overview }) => overview) };
      },
    }),
    route({
      method: "get",
      path: "/v1/sessions/{name}",
      summary: "One conversation, open or closed",
      scope: "read",
      params: sessionName,
      answer: sessionShape,
      handle: async ({ params: { name } }) =>
        overviewOf(known(await findConversation(store, name, { closed: true }), name, "conversation"), { store, aliasOf }),
    }),
  ];
}
