/** The people the hub knows, and the local operator's PIN. Whoever may read may look; changing people takes an admin who proves it. */
import type { Row } from "../../contract/tables.ts";
import { addPerson, type Changed, personNamed, removeAccount, removePerson, setRoles } from "../../people/change.ts";
import { setPin } from "../../people/prove.ts";
import type { ApiParts } from "../parts.ts";
import { newPerson, newPin, newRoles, peopleList, personId, personShape, pinSet, removal } from "../people-shapes.ts";
import { provenAdmin, viaOf } from "../proof.ts";
import { type Route, route } from "../route.ts";

export function peopleRoutes(parts: ApiParts): Route[] {
  const { journal, clock } = parts;
  const { store } = journal;
  return [
    route({
      method: "get",
      path: "/v1/people",
      summary: "Everybody the hub knows",
      scope: "read",
      answer: peopleList,
      handle: async () => ({ people: (await store.find("people", { limit: Infinity })).map(shown) }),
    }),
    route({
      method: "get",
      path: "/v1/people/{id}",
      summary: "One person",
      scope: "read",
      params: personId,
      answer: personShape,
      handle: async ({ params: { id } }) => shown(await personNamed(store, id)),
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
    ...changes(parts),
  ];
}

function changes(parts: ApiParts): Route[] {
  const { journal, settings } = parts;
  const { store } = journal;

  /** As they are once it is written. */
  async function change(admin: Row<"people">, work: () => Promise<Changed>) {
    const { personId: id } = await journal.settle({ actorId: admin.id, scope: "hub" }, work);
    return shown(await personNamed(store, id));
  }

  return [
    route({
      method: "post",
      path: "/v1/people",
      summary: "Let somebody in, by what they are called elsewhere",
      scope: "admin",
      body: newPerson,
      status: 201,
      answer: personShape,
      handle: async ({ body: { pin, ...wanted }, caller }) => {
        const admin = await provenAdmin(parts, caller, pin);
        const { localAccounts } = settings;
        return change(admin, () => addPerson(store, { ...wanted, localAccounts, via: viaOf(caller) }));
      },
    }),
    route({
      method: "put",
      path: "/v1/people/{id}/roles",
      summary: "What somebody may do, from this moment on",
      scope: "admin",
      params: personId,
      body: newRoles,
      answer: personShape,
      handle: async ({ params: { id }, body: { roles, pin }, caller }) => {
        const admin = await provenAdmin(parts, caller, pin);
        return change(admin, async () => setRoles(store, await personNamed(store, id), roles, viaOf(caller)));
      },
    }),
    route({
      method: "post",
      path: "/v1/people/{id}/remove",
      summary: "Know somebody no longer: what waits of them is dropped, and their tokens and browsers are out, at once",
      scope: "admin",
      params: personId,
      body: removal,
      answer: personShape,
      handle: async ({ params: { id }, body: { account, pin }, caller }) => {
        const admin = await provenAdmin(parts, caller, pin);
        return change(admin, async () => {
          const person = await personNamed(store, id);
          return account ? removeAccount(person, account, viaOf(caller)) : removePerson(store, person, viaOf(caller));
        });
      },
    }),
  ];
}

/** The shape leaves out what is nobody's business. */
export function shown(row: Row<"people">) {
  return { ...row, hasPin: row.pinHash !== null };
}
