/** Tokens for programs, and links that sign browsers in. Secrets are answered once, to who asked for them. */
import { HubError } from "../../contract/errors.ts";
import { personNamed } from "../../people/change.ts";
import { createLink, createToken, revoke } from "../../people/credentials.ts";
import { LOCAL_PERSON_ID } from "../../people/directory.ts";
import { provePin } from "../../people/prove.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { linkMade, newLink, newToken, revoked, tokenId, tokenList, tokenMade } from "../shapes.ts";
import { signInUrl } from "../sign-in.ts";

const DAY_MS = 86_400_000;

export function credentialRoutes(parts: ApiParts): Route[] {
  const { journal, clock } = parts;
  const { store } = journal;
  const desk = () => ({ journal, now: clock.now() });

  return [
    linkRoute(parts),
    route({
      method: "post",
      path: "/v1/tokens",
      summary: "A token for a program",
      scope: "admin",
      body: newToken,
      status: 201,
      answer: tokenMade,
      handle: async ({ body: { name, scopes, person, days }, caller }) => {
        const personId = person === undefined ? caller.personId : (await personNamed(store, person)).id;
        const expiresAt = days === null ? null : clock.now() + days * DAY_MS;
        const { id, secret } = await createToken(desk(), { name, scopes, personId, expiresAt });
        return { id, token: secret, expiresAt };
      },
    }),
    route({
      method: "get",
      path: "/v1/tokens",
      summary: "Tokens, links and signed-in browsers; never their secrets",
      scope: "admin",
      answer: tokenList,
      handle: async () => ({ tokens: await store.find("credentials") }),
    }),
    route({
      method: "delete",
      path: "/v1/tokens/{id}",
      summary: "Revoke a token, a link or a signed-in browser, at once",
      scope: "admin",
      params: tokenId,
      answer: revoked,
      handle: async ({ params: { id }, caller }) => {
        const [row, another] = await store.find("credentials", { idPrefix: id, limit: 2 });
        if (!row || another) throw new HubError("not_found", { what: "token", id });
        await revoke(desk(), row.id, caller.personId);
        return { revoked: true as const };
      },
    }),
  ];
}

function linkRoute({ journal, clock, publicUrl }: ApiParts): Route {
  return route({
    method: "post",
    path: "/v1/sign-in-links",
    summary: "A link that signs a browser in, once, within ten minutes",
    scope: "admin",
    body: newLink,
    status: 201,
    answer: linkMade,
    handle: async ({ body: { person, pin }, request }) => {
      const desk = { journal, now: clock.now() };
      const whom = person === undefined ? LOCAL_PERSON_ID : (await personNamed(journal.store, person)).id;
      if (whom !== LOCAL_PERSON_ID && pin === undefined)
        throw new HubError("not_allowed", { reason: "a link for somebody else needs your PIN" });
      if (pin !== undefined) await provePin(desk, pin);
      const { secret, expiresAt } = await createLink(desk, whom, pin !== undefined);
      return { url: signInUrl(publicUrl ?? new URL(request.url).origin, secret), expiresAt, asksPin: pin === undefined };
    },
  });
}
