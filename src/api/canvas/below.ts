/**
 * The approvals below a canvas: drawn for whoever looks, decided by whoever the hub's own sign-in knows in this browser. What let the browser look,
 * be it a link of one's own, counts for nothing here: links locate, they do not authorise.
 */
import { z } from "zod";
import { approvalsOn } from "../../canvases/approvals.ts";
import { HubError } from "../../contract/errors.ts";
import type { Row } from "../../contract/tables.ts";
import type { KnownCaller } from "../callers.ts";
import { voteOn, whyNotDecide } from "../deciding.ts";
import type { ApiParts } from "../parts.ts";
import { parse } from "../problem.ts";
import { shownRequest } from "../requests.ts";

/** Throws `not_signed_in`, `not_allowed` or `too_many_requests`. */
export type Guard = (request: Request, scope: "read") => Promise<KnownCaller>;

export interface Below {
  /** A function that draws them for one reader as they are now, "" for none; what it has drawn stays until the reader goes. */
  drawer(request: Request): (canvas: Row<"canvases">) => Promise<string>;
  /** Counts the vote in `body`, and says what came of it. Throws what `guard` and `voteOn` throw, and `not_found` for what is not below this canvas. */
  decide(request: Request, canvas: Row<"canvases">, body: unknown): Promise<string>;
}

const vote = z.object({
  approval: z.string().min(1).max(100),
  verdict: z.enum(["approve", "deny"]),
  reason: z.string().max(2000).default(""),
  /** Typed, where a press alone does not do. */
  code: z.string().max(20).optional(),
});

export function createBelow(parts: ApiParts, guard: Guard): Below {
  const { callers, settings } = parts;
  const { store } = parts.journal;

  async function personOf(caller: KnownCaller | undefined): Promise<Row<"people"> | undefined> {
    return caller?.ambient ? store.get("people", caller.personId) : undefined;
  }

  function drawer(request: Request): (canvas: Row<"canvases">) => Promise<string> {
    let drawn: string[] = [];
    return async (canvas) => {
      const rows = await approvalsOn(canvas, store, drawn);
      drawn = rows.map(({ id }) => id);
      if (rows.length === 0) return "";
      const person = await personOf(await callers.callerOf(request));
      const below = rows.flatMap((row) => {
        const card = shownRequest(row, settings);
        return card.type === "approval" ? [{ card, person, whyNot: person && whyNotDecide(row, person) }] : [];
      });
      // Loaded on first use, as all that draws is.
      return (await import("./draw-approvals.ts")).drawApprovals(below);
    };
  }

  async function decide(request: Request, canvas: Row<"canvases">, body: unknown): Promise<string> {
    const person = await personOf(await guard(request, "read"));
    if (!person) throw new HubError("not_allowed", { reason: "only a browser that is signed in decides here" });
    const { approval, verdict, reason, code } = parse(body, vote);
    const row = (await approvalsOn(canvas, store, [approval])).find(({ id }) => id === approval);
    if (!row) throw new HubError("not_found", { what: "approval on this canvas", id: approval });
    const { said } = await voteOn(row, { verdict, reason: reason || undefined, typedCode: code, person, via: "canvas" }, parts);
    return said;
  }

  return { drawer, decide };
}
