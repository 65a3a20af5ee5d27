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
  /** How often a browser has opened it and may look again; which of them still show it nobody knows. */
  open_in: z.number().int(),
});
export const canvasList = z.object({ canvases: z.array(entry) });
export const canvasId = z.object({ id: z.string().min(1).max(100) });
export const canvasRevoked = z.object({ id: z.string(), state: z.literal("revoked") });
