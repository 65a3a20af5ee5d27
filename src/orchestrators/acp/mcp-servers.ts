/** How an agent is told of the hub's own MCP server: over HTTP where it can, else through a small bridge on stdio. */
import { fileURLToPath } from "node:url";
import type { McpAccess } from "../../contract/orchestrator.ts";
import type { InitializeAnswer } from "./wire.ts";

const SERVER_NAME = "mos-hub";
const BRIDGE = fileURLToPath(new URL("../../api/mcp-bridge.mjs", import.meta.url));

export function mcpServersFor(agent: InitializeAnswer, access: McpAccess | undefined): unknown[] {
  if (!access) return [];
  if (agent.agentCapabilities?.mcpCapabilities?.http) {
    return [{ type: "http", name: SERVER_NAME, url: access.url, headers: [{ name: "Authorization", value: `Bearer ${access.token}` }] }];
  }
  const env = [
    { name: "MOS_HUB_MCP_URL", value: access.url },
    { name: "MOS_HUB_MCP_TOKEN", value: access.token },
  ];
  return [{ name: SERVER_NAME, command: process.execPath, args: [BRIDGE], env }];
}
