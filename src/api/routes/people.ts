/** The people the hub knows, and the local operator's PIN. */
import type { Hono } from "hono";
import { z } from "zod";
import { setPin } from "../../people/prove.ts";
import type { ApiParts } from "../parts.ts";
import { bodyOf } from "../problem.ts";

const pinBody = z.strictObject({ pin: z.string().min(1).max(100), current: z.string().max(100).optional() });

export function peopleRoutes(app: Hono, { journal, clock }: ApiParts): void {
  app.get("/v1/people", async ({ json }) => {
    const rows = await journal.store.find("people");
    return json({
      people: rows.map(({ id, name, dir, roles, accounts, source, pinHash }) => ({
        id,
        name,
        dir,
        roles,
        accounts,
        source,
        hasPin: pinHash !== null,
      })),
    });
  });

  app.put("/v1/people/pin", async ({ req, json }) => {
    const { pin, current } = await bodyOf(req.raw, pinBody);
    await setPin({ journal, now: clock.now() }, pin, current);
    return json({ set: true });
  });
}
