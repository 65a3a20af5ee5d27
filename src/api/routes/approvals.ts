/** Approvals over HTTP: anybody with the local token may look; deciding takes the PIN of a person who may decide. */
import type { Hono } from "hono";
import { z } from "zod";
import { cardOf } from "../../approvals/card.ts";
import { HubError } from "../../contract/errors.ts";
import { parseCode } from "../../contract/ids.ts";
import type { ApprovalCard, QuestionCard } from "../../contract/message.ts";
import type { Row } from "../../contract/tables.ts";
import { provePin } from "../../people/prove.ts";
import type { ApiParts } from "../parts.ts";
import { bodyOf, parse } from "../problem.ts";

const decideBody = z.strictObject({
  verdict: z.enum(["approve", "deny"]),
  reason: z.string().max(2000).optional(),
  pin: z.string().min(1).max(100).optional(),
});
const listQuery = z.object({
  state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "consumed", "answered"]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export function approvalRoutes(app: Hono, { hub, journal, clock, settings }: ApiParts): void {
  app.get("/v1/approvals", async ({ req, json }) => {
    const { state, limit } = parse(req.query(), listQuery);
    const rows = await journal.store.find("approvals", { ...(state ? { where: { state } } : {}), newestFirst: true, limit });
    return json({ approvals: await Promise.all(rows.map(shown)) });
  });

  app.get("/v1/approvals/:code", async ({ req, json }) => json(await shown(await byCode(req.param("code")))));

  app.post("/v1/approvals/:code/decide", async ({ req, json }) => {
    const { verdict, reason, pin } = await bodyOf(req.raw, decideBody);
    const row = await byCode(req.param("code"));
    if (pin === undefined) throw new HubError("pin_needed", { code: row.code });
    const person = await provePin({ journal, now: clock.now() }, pin);
    const ack = await hub.decide({ approvalId: row.id, verdict, reason, person, via: "cli" });
    const after = await byCode(row.id);
    if (after.decidedBy !== person.id || (verdict === "approve") !== isApproved(after)) {
      throw new HubError("already_decided", { code: row.code, state: after.state, who: (await nameOf(after)) ?? "the hub" });
    }
    return json({ ...(await shown(after)), said: ack.type === "privateText" ? ack.text : "" });
  });

  async function byCode(typed: string): Promise<Row<"approvals">> {
    const code = parseCode(typed);
    const [found] = code === undefined ? [] : await journal.store.find("approvals", { where: { code }, newestFirst: true, limit: 1 });
    const row = found ?? (await journal.store.get("approvals", typed));
    if (!row) throw new HubError("not_found", { what: "approval", id: typed });
    return row;
  }

  async function shown(row: Row<"approvals">): Promise<ApprovalCard | QuestionCard> {
    return cardOf({
      id: row.id,
      fields: row,
      asker: settings.aliasOf(row.orchestrator),
      decider: await nameOf(row),
      redact: settings.redact,
    });
  }

  async function nameOf({ decidedBy }: Row<"approvals">): Promise<string | undefined> {
    return decidedBy === null ? undefined : (await journal.store.get("people", decidedBy))?.name;
  }
}

function isApproved({ state }: Row<"approvals">): boolean {
  return state === "approved" || state === "consumed";
}
