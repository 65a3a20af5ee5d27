/** A turn as an ACP prompt. Files go as links to the hub's copy: every agent takes those, and nothing is read into memory. Pure. */
import { pathToFileURL } from "node:url";
import type { Turn } from "../../contract/orchestrator.ts";

export function promptOf(turn: Turn, agentSessionId: string): object {
  const files = turn.attachments.map(({ name, mimeType, sizeBytes, path }) => ({
    type: "resource_link",
    name,
    mimeType,
    size: sizeBytes,
    uri: pathToFileURL(path).href,
  }));
  const { person, tenantId: tenant, trace, turnId, attempt } = turn;
  return {
    sessionId: agentSessionId,
    prompt: [{ type: "text", text: turn.text }, ...files],
    _meta: { "mos-hub": { person, tenant, trace, turnId, attempt } },
  };
}
