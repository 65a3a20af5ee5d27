/** A turn as an ACP prompt. Pure. */
import type { Turn } from "../../contract/orchestrator.ts";

/** `files`: a block for each attachment. */
export function promptOf(turn: Turn, agentSessionId: string, files: readonly object[]): object {
  const { person, tenantId: tenant, trace, turnId, attempt } = turn;
  return {
    sessionId: agentSessionId,
    prompt: [{ type: "text", text: turn.text }, ...files],
    _meta: { "mos-hub": { person, tenant, trace, turnId, attempt } },
  };
}
