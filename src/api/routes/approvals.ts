/** Approvals over HTTP: whoever may read may look and wait; deciding takes a signed-in browser, or the PIN of a person who may decide. */
import { HubError } from "../../contract/errors.ts";
import type { Row } from "../../contract/tables.ts";
import { provePin } from "../../people/prove.ts";
import type { KnownCaller } from "../callers.ts";
import { alreadyDecided, isApproved, voteOn } from "../deciding.ts";
import { requestByCode, type ShownRequest, shownRequest } from "../requests.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route } from "../route.ts";
import { decided, decision, requestCode, requestList, requestQuery, requestShape, waitQuery } from "../approval-shapes.ts";
import { waitFor } from "../wait.ts";

export function approvalRoutes(parts: ApiParts): Route[] {
  const { journal, clock, settings } = parts;
  const byCode = (typed: string): Promise<Row<"approvals">> => requestByCode(journal, typed);
  const shown = (row: Row<"approvals">): ShownRequest => shownRequest(row, settings);

  /** A browser that signed in is the person; whoever holds a token may be anything that runs as them. */
  async function deciderOf({ caller, personId }: KnownCaller, pin: string | undefined, code: string): Promise<Row<"people">> {
    const signedIn = caller.type === "person" && caller.assurance === "platform";
    const person = signedIn ? await journal.store.get("people", personId) : undefined;
    if (person) return person;
    if (pin === undefined) throw new HubError("pin_needed", { code });
    return provePin({ journal, now: clock.now() }, pin, caller.type === "person" ? personId : undefined);
  }

  return [
    route({
      method: "get",
      path: "/v1/approvals",
      summary: "Approvals and questions, the latest first",
      scope: "read",
      query: requestQuery,
      answer: requestList,
      handle: async ({ query: { state, limit } }) => {
        const rows = await journal.store.find("approvals", { ...(state ? { where: { state } } : {}), newestFirst: true, limit });
        return { approvals: rows.map(shown) };
      },
    }),
    route({
      method: "get",
      path: "/v1/approvals/{code}",
      summary: "One approval or question; with `wait_ms` answered when it is decided",
      scope: "read",
      params: requestCode,
      query: waitQuery,
      answer: requestShape,
      handle: async ({ params: { code }, query: { wait_ms: ms } }) => {
        const isEnough = ({ state }: Row<"approvals">): boolean => state !== "pending";
        return shown(await waitFor({ journal, clock, table: "approvals", ms, check: () => byCode(code), isEnough }));
      },
    }),
    route({
      method: "post",
      path: "/v1/approvals/{code}/decide",
      summary: "Approve or deny",
      scope: "read",
      params: requestCode,
      body: decision,
      answer: decided,
      handle: async ({ params, body: { verdict, reason, always, pin }, caller }) => {
        const row = await byCode(params.code);
        // No try at a PIN is spent on what is settled; the same decision again is no fault.
        if (row.state !== "pending" && verdict !== "withdraw" && verdict !== verdictOf(row)) throw alreadyDecided(row);
        const person = await deciderOf(caller, pin, row.code);
        const via = caller.ambient ? "console" : "cli";
        const voted = await voteOn(row, { verdict, reason, always, typedCode: params.code, person, via }, parts);
        return { ...shown(voted.row), said: voted.said };
      },
    }),
  ];
}

/** Undefined for what ended without one. */
function verdictOf(row: Row<"approvals">): "approve" | "deny" | undefined {
  if (isApproved(row)) return "approve";
  return row.state === "denied" ? "deny" : undefined;
}
