/**
 * The hub as an MCP server. Who calls decides what is there: the agent of a session has the tools of its own thread, an agent outside with a
 * token those of the token's scopes. Nothing here can decide.
 */
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { SessionKey } from "../../contract/ids.ts";
import type { KnownCaller } from "../callers.ts";
import type { ApiParts } from "../parts.ts";
import { CHANNEL, CHANNEL_INSTRUCTIONS } from "./channel.ts";
import { addLookingTools } from "./looking.ts";
import { addOutsideTools } from "./outside-tools.ts";
import { addSessionTools } from "./session-tools.ts";

export type McpCaller =
  | { readonly type: "session"; readonly session: SessionKey }
  | { readonly type: "outside"; readonly caller: KnownCaller; readonly hears: boolean };

export function createMcp(parts: ApiParts): (request: Request, from: McpCaller) => Promise<Response> {
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo?.extra?.["from"] as McpCaller));
  return (request, from) => handler.fetch(request, { authInfo: { token: "checked", clientId: from.type, scopes: [], extra: { from } } });

  function serverFor(from: McpCaller): McpServer {
    const about = { name: "mos-hub", version: "1.0.0" };
    const { journal, settings, connectors } = parts;
    const looking = { store: journal.store, aliasOf: settings.aliasOf, accounts: [...connectors.keys()] };
    if (from.type === "session") {
      const server = new McpServer(about);
      addSessionTools(server, from.session, parts);
      addLookingTools(server, { ...looking, own: from.session });
      return server;
    }
    const channel = { capabilities: { experimental: { [CHANNEL]: {} } }, instructions: CHANNEL_INSTRUCTIONS };
    const server = new McpServer(about, from.hears ? channel : {});
    addOutsideTools(server, from.caller, parts);
    if (from.caller.scopes.includes("read")) addLookingTools(server, looking);
    return server;
  }
}
