/** The card of a deploy, drawn from its record alone. Pure. */
import type { DeployCard } from "../contract/message.ts";
import type { DeployFields } from "../contract/tables.ts";

/** How much of a failure a card shows: its last lines, where the reason usually is. */
const TAIL_LINES = 15;

export function deployCard(id: string, { report, state, times }: Pick<DeployFields, "report" | "state" | "times">): DeployCard {
  const known = Object.values(times).filter((at) => at !== undefined);
  const elapsedMs = known.length > 1 ? Math.max(...known) - Math.min(...known) : undefined;
  return {
    type: "deploy",
    id,
    app: report.app,
    environment: report.environment,
    state,
    revision: report.revision,
    urls: report.urls,
    domain: report.domain,
    failureTail: state === "failed" ? report.failure_tail?.trimEnd().split("\n").slice(-TAIL_LINES).join("\n") : undefined,
    elapsedMs,
  };
}
