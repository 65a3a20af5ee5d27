/** For programs: asking people to approve an action, fetching the grant, and using it where the action is carried out. */
import { consumeGrant } from "../../approvals/grants.ts";
import { HubError } from "../../contract/errors.ts";
import type { ApiParts } from "../parts.ts";
import { askPeople } from "../posting.ts";
import { requestByCode, shownRequest } from "../requests.ts";
import { type Route, route } from "../route.ts";
import { grantShape, grantUse, grantUsed, newApproval, requestCode, requestShape } from "../approval-shapes.ts";

export function grantRoutes(parts: ApiParts): Route[] {
  const { journal, clock, settings, grants } = parts;
  return [
    route({
      method: "post",
      path: "/v1/approvals",
      summary: "Ask people to approve exactly this action; with an Idempotency-Key at most once",
      takesKey: true,
      scope: "ask",
      body: newApproval,
      status: 202,
      answer: requestShape,
      handle: async ({ body: { account, chat, thread, answer_to: answerTo, ...ask }, caller, idempotencyKey: key }) =>
        shownRequest(await askPeople({ ask, target: { account, chat, thread }, key, answerTo }, caller, parts), settings),
    }),
    route({
      method: "get",
      path: "/v1/approvals/{code}/grant",
      summary: "The grant of an approved action, for whoever asked",
      scope: "ask",
      params: requestCode,
      answer: grantShape,
      handle: async ({ params: { code }, caller }) => {
        const row = await requestByCode(journal, code);
        if (row.usedBy !== "grant" || row.requesterId !== caller.personId) throw new HubError("not_found", { what: "grant", id: code });
        if (row.state !== "approved") throw new HubError("grant_refused", { reason: `${row.code} is ${row.state}` });
        return { grant: await grants.sign(row), expiresAt: (row.decidedAt ?? 0) + row.policy.executionWindowMs };
      },
    }),
    route({
      method: "post",
      path: "/v1/grants/consume",
      summary: "Use a grant, once, for exactly the action it was given for",
      scope: "consume",
      body: grantUse,
      answer: grantUsed,
      handle: async ({ body: { grant, action }, caller }) => {
        const used = await consumeGrant({ journal, grants, now: clock.now }, { grant, action, by: caller.personId });
        return { approval_id: used.jti, approvers: used.approvers, digest: used.digest };
      },
    }),
  ];
}
