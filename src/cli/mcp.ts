/** `mos-hub mcp`: the hub's MCP server on stdin and stdout, for an agent that was handed its address and token. */
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";

/** Runs by being loaded, and lasts as long as its standard input. */
const BRIDGE = new URL("../api/mcp-bridge.mjs", import.meta.url).href;

export const addMcp: AddCommand = (program, act) => {
  program
    .command("mcp")
    .description("the hub's MCP server on stdin and stdout, for an agent's session")
    .action(
      act(async (context) => {
        const { baseEnv } = await context.config();
        if (!baseEnv["MOS_HUB_MCP_URL"] || !baseEnv["MOS_HUB_MCP_TOKEN"]) {
          throw new HubError("bad_request", {
            problems: "MOS_HUB_MCP_URL and MOS_HUB_MCP_TOKEN are not set: the hub sets them for the sessions of its agents",
          });
        }
        await import(BRIDGE);
        return 0;
      }),
    );
};
