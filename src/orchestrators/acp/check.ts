/** What `doctor` finds out about an agent: it is started once, asked who it is, looked at, and ended. No session is opened and nothing recorded. */
import type { CheckResult } from "../../contract/connector.ts";
import { asHubError } from "../../contract/errors.ts";
import type { AgentListener } from "./connection.ts";
import { type Life, type LifeSetup, startLife } from "./life.ts";
import { userIdsBelow } from "./process-facts.ts";

const NOBODY: AgentListener = {
  host: [],
  elicitationDone: () => {},
  room: () => Promise.resolve(),
  update: () => {},
  permission: async () => ({ outcome: "cancelled" }),
  elicitation: async () => ({ action: "cancel" }),
};

export async function checkAgent(setup: LifeSetup, command: readonly string[]): Promise<readonly CheckResult[]> {
  let life: Life;
  try {
    life = await startLife(setup, () => NOBODY);
  } catch (thrown) {
    const error = asHubError(thrown);
    return [{ name: "agent", ok: false, detail: error.message, remedy: error.remedy }];
  }
  try {
    return [answers(life), ...(life.pid === undefined ? [] : [separation(command, await userIdsBelow(life.pid))])];
  } finally {
    await life.end();
  }
}

function answers({ agent }: Life): CheckResult {
  const name = agent.agentInfo ? `${agent.agentInfo.name} ${agent.agentInfo.version ?? ""}`.trim() : "the agent";
  return { name: "agent", ok: true, detail: `${name} answers, Agent Client Protocol version ${agent.protocolVersion}` };
}

/** An agent with the hub's user id, or root's, could read the hub's files, its keys and its local token among them. */
function separation(command: readonly string[], agentIds: readonly number[]): CheckResult {
  const hubId = process.getuid?.();
  const name = "agent user";
  if (hubId === undefined || agentIds.length === 0) return { name, ok: true, detail: "user ids cannot be compared on this system" };
  const sharedId = agentIds.find((id) => id === hubId || id === 0);
  if (sharedId === undefined) return { name, ok: true, detail: `the agent runs as user ${agentIds.join(", ")}, the hub as ${hubId}` };
  const words = command.map((word) => JSON.stringify(word)).join(", ");
  return {
    name,
    ok: true,
    isWarning: true,
    detail: `the agent runs as ${sharedId === hubId ? "the hub's own user" : "root"} (${sharedId}), so it could read the hub's files and decide its own requests with what it finds there`,
    remedy:
      "Give the agent a user of its own and start it as that one: " +
      `command: ["sudo", "-n", "-u", "mos-agent", ${words}], or where the hub is root: ` +
      `["setpriv", "--reuid=mos-agent", "--regid=mos-agent", "--clear-groups", ${words}].`,
  };
}
