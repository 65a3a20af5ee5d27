/** The people the hub knows, and the local operator's PIN. */
import { setPin } from "../../people/prove.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { newPin, peopleList, pinSet } from "../shapes.ts";

export function peopleRoutes({ journal, clock }: ApiParts): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/people",
      summary: "Everybody the hub knows",
      scope: "read",
      answer: peopleList,
      handle: async () => ({ people: (await journal.store.find("people")).map((row) => ({ ...row, hasPin: row.pinHash !== null })) }),
    }),
    route({
      method: "put",
      path: "/v1/people/pin",
      summary: "Set or change the local operator's PIN",
      scope: "admin",
      body: newPin,
      answer: pinSet,
      handle: async ({ body: { pin, current } }) => {
        await setPin({ journal, now: clock.now() }, pin, current);
        return { set: true as const };
      },
    }),
  ];
}
