/** A page the agent made, as a card with its link. A link nobody could open is not shown: the card says so instead. */
import { showCard } from "../src/cards/copies.ts";
import { canvasLink } from "../src/canvases/link.ts";
import type { Handler } from "../src/contract/handler.ts";
import { newId } from "../src/contract/ids.ts";
import type { CanvasCard } from "../src/contract/message.ts";
import { audit, insert } from "../src/contract/store.ts";

export const canvas: Handler = {
  name: "canvas",
  orchestrator: {
    async canvas({ session, turn, trace, event: { share, canvasId = newId("cnv") } }, view) {
      const expiresAt = share.expires_in_ms === undefined ? undefined : view.now + share.expires_in_ms;
      const card: CanvasCard = {
        type: "canvas",
        id: canvasId,
        title: share.title,
        kind: share.kind,
        ...canvasLink(share.url, view.settings.publicUrl),
        expiresAt,
      };
      const shown = showCard({ subject: `canvas:${canvasId}`, card, trace, urgency: "notice" }, [turn?.address ?? session.address]);
      const kept = insert("canvases", canvasId, { sessionKey: session.id, card });
      return { writes: [kept, audit("canvas.shared", canvasId, { title: share.title, session: session.id }), ...shown] };
    },
  },
};
