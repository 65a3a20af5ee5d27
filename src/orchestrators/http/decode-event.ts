/** From what was posted to the events of the contract. Pure: the same report and key give the same ids. */
import { createHash } from "node:crypto";
import { digestOf } from "../../approvals/digest.ts";
import type { AskHandle, OrchestratorEvent } from "../../contract/orchestrator.ts";
import type { PostedEvent } from "../../contract/orchestrator-door.ts";

export interface DecodeContext {
  readonly session: string;
  /** The turn it belongs to; undefined when the agent speaks on its own. */
  readonly turnId: string | undefined;
  /** What usage counts as where no agent is named. */
  readonly alias: string;
  /** In front of a canvas that is named by a path. */
  readonly gatewayUrl: string | undefined;
}

/** A file comes by itself, as bytes, and is kept by then. */
export type SaidEvent = PostedEvent | Extract<OrchestratorEvent, { type: "file" }>;

export interface Decoded {
  readonly event: OrchestratorEvent;
  readonly ask?: { readonly id: string; readonly digest?: string | undefined } | undefined;
  /** Of a canvas: the new one's, or that of which it is the next version. */
  readonly canvasId?: string | undefined;
}

/** `id` names this event among all others for ever. Undefined: an end of no turn. */
export function decodeEvent(posted: SaidEvent, id: string, context: DecodeContext): Decoded | undefined {
  switch (posted.type) {
    case "approval_request": {
      const ask = { id: askIdOf(id), digest: digestOf(posted.ask.action) };
      const usedBy = posted.for_executor ? "grant" : "telling";
      const event = { type: posted.type, ask: posted.ask, handle: handleOf(ask.id, context), askId: ask.id, usedBy } as const;
      return { event, ask };
    }
    case "question": {
      const ask = { id: askIdOf(id) };
      return { event: { type: posted.type, ask: posted.ask, handle: handleOf(ask.id, context), askId: ask.id }, ask };
    }
    case "ask_withdrawn":
      return { event: { type: posted.type, handle: handleOf(posted.ask_id, context), because: "cancelled" } };
    case "canvas": {
      const { url } = posted.share;
      const share = url === undefined ? posted.share : { ...posted.share, url: absolute(url, context.gatewayUrl) };
      const canvasId = `cnv_${hash(id)}`;
      return { event: { type: posted.type, share, canvasId }, canvasId: share.canvas_id ?? canvasId };
    }
    case "usage": {
      const { cache_read: cacheRead, cache_write: cacheWrite, agent = context.alias, ...rest } = posted;
      return { event: { ...rest, agent, cacheRead, cacheWrite } };
    }
    case "budget": {
      const { used_share: usedShare, resets_at: resetsAt, ...rest } = posted;
      return { event: { ...rest, usedShare, resetsAt } };
    }
    case "turn_end":
      return context.turnId === undefined ? undefined : { event: { ...posted, turnId: context.turnId } };
    case "text":
    case "text_delta":
    case "file":
    case "tool":
    case "subagent":
    case "plan":
    case "deploy":
    case "notice":
      return { event: posted };
    default:
      return posted satisfies never;
  }
}

/** The epoch is the session: requests of an orchestrator outlive its process. */
function handleOf(requestId: string, { session }: DecodeContext): AskHandle {
  return { requestId, epoch: session };
}

function askIdOf(id: string): string {
  return `apr_${hash(id)}`;
}

export function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 32);
}

function absolute(url: string, gateway: string | undefined): string {
  return gateway !== undefined && /^\/(?!\/)/.test(url) ? new URL(url, gateway).href : url;
}
