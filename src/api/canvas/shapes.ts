/** What the calls about canvases take and answer. */
import { z } from "zod";
import { CANVAS_KINDS } from "../../contract/canvas.ts";

const entry = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(CANVAS_KINDS),
  state: z.enum(["open", "expired", "revoked"]),
  /** Null of a link elsewhere. */
  revision: z.number().int().nullable(),
  /** Epoch ms; null for ever. */
  expiresAt: z.number().nullable(),
  opened: z.number().int().describe("How often it is on record that somebody opened it: once for each browser, and for each person in it."),
});
export const canvasList = z.object({ canvases: z.array(entry) });
export const canvasId = z.object({ id: z.string().min(1).max(100) });
export const canvasRevoked = z.object({ id: z.string(), state: z.literal("revoked") });
