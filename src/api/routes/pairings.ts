/** Strangers who ask to be known. Their codes are told to them alone: an admin accepts one that was passed on to them. */
import type { Row } from "../../contract/tables.ts";
import { personNamed } from "../../people/change.ts";
import { acceptPairing, denyPairing, pendingPairings } from "../../people/pairing.ts";
import type { ApiParts } from "../parts.ts";
import { acceptance, denial, denied, pairingList, personShape } from "../people-shapes.ts";
import { provenAdmin, viaOf } from "../proof.ts";
import { type Route, route } from "../route.ts";
import { shown } from "./people.ts";

export function pairingRoutes(parts: ApiParts): Route[] {
  const { journal, clock, settings } = parts;
  const { redact } = settings;
  const { store } = journal;
  const by = (admin: Row<"people">) => ({ actorId: admin.id, scope: "hub" });

  return [
    route({
      method: "get",
      path: "/v1/pairings",
      summary: "Who wrote to the hub directly and waits to be let in",
      scope: "admin",
      answer: pairingList,
      handle: async () => {
        const waiting = await pendingPairings(store, clock.now());
        return {
          pairings: waiting.map(({ name, address: { workspace, chat }, ...row }) => ({
            ...row,
            name: name && redact(name),
            workspace,
            chat,
          })),
        };
      },
    }),
    route({
      method: "post",
      path: "/v1/pairings/accept",
      summary: "Let a stranger in by their code",
      scope: "admin",
      body: acceptance,
      answer: personShape,
      handle: async ({ body: { pin, ...accepting }, caller }) => {
        const admin = await provenAdmin(parts, caller, pin);
        const { localAccounts } = settings;
        const accept = () => acceptPairing(store, { ...accepting, localAccounts, via: viaOf(caller) }, clock.now());
        const { personId } = await journal.settle(by(admin), accept);
        return shown(await personNamed(store, personId));
      },
    }),
    route({
      method: "post",
      path: "/v1/pairings/deny",
      summary: "Leave a stranger outside",
      scope: "admin",
      body: denial,
      answer: denied,
      handle: async ({ body: { code, pin }, caller }) => {
        const admin = await provenAdmin(parts, caller, pin);
        await journal.settle(by(admin), async () => ({
          writes: await denyPairing(store, code, { now: clock.now(), via: viaOf(caller) }),
        }));
        return { denied: true as const };
      },
    }),
  ];
}
