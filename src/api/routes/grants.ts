/** For programs: asking people to approve an action, fetching the grant, and using it where the action is carried out. */
import { digestOf } from "../../approvals/digest.ts";
import { consumeGrant } from "../../approvals/grants.ts";
import { HubError } from "../../contract/errors.ts";
import { newId } from "../../contract/ids.ts";
import type { ApprovalAsk } from "../../contract/orchestrator.ts";
import type { Row } from "../../contract/tables.ts";
import type { ApiParts } from "../parts.ts";
import { addressFor, idFrom } from "../posting.ts";
import { requestByCode, shownRequest } from "../requests.ts";
import { type Route, route } from "../route.ts";
import { grantShape, grantUse, grantUsed, newApproval, requestCode, requestShape } from "../shapes.ts";

export function grantRoutes({ hub, journal, clock, connectors, settings, grants }: ApiParts): Route[] {
  /** What was asked already and joined. */
  async function pendingOf(asker: string, action: ApprovalAsk["action"]): Promise<Row<"approvals">> {
    const same = await journal.store.find("approvals", { where: { digest: digestOf(action) }, newestFirst: true });
    const row = same.find(({ orchestrator }) => orchestrator === asker);
    if (!row) throw new HubError("internal", { trace: "asked" });
    return row;
  }

  return [
    route({
      method: "post",
      path: "/v1/approvals",
      summary: "Ask people to approve exactly this action; with an Idempotency-Key at most once",
      scope: "ask",
      body: newApproval,
      status: 202,
      answer: requestShape,
      handle: async ({ body: { account, chat, thread, ...ask }, caller, idempotencyKey }) => {
        const approvalId = idempotencyKey === undefined ? newId("apr") : idFrom("apr", caller, idempotencyKey);
        const address = addressFor({ account, chat, thread }, { connectors, homes: settings.homes });
        await hub.ask({ approvalId, ask, asker: caller.name, requesterId: caller.personId, address, trace: newId("trc") });
        const made = await journal.store.get("approvals", approvalId);
        if (made && made.digest !== digestOf(ask.action))
          throw new HubError("bad_request", { problems: "this Idempotency-Key came with another action before" });
        return shownRequest(made ?? (await pendingOf(caller.name, ask.action)), settings);
      },
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
