/** A turn as an ACP prompt. Pure. */
import type { Turn } from "../../contract/orchestrator.ts";

/** `files`: a block for each attachment. */
export function promptOf(turn: Turn, agentSessionId: string, files: readonly object[]): object {
  const { person, tenantId: tenant, trace, turnId, attempt } = turn;
  return {
    sessionId: agentSessionId,
    // Files alone are a message too; agents refuse a block without words.
    prompt: [...(turn.text === "" && files.length > 0 ? [] : [{ type: "text" as const, text: turn.text }]), ...files],
    _meta: { "mos-hub": { person, tenant, trace, turnId, attempt } },
  };
}
