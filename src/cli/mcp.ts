/** `mos-hub mcp`: the hub's MCP server on stdin and stdout, for an agent that has a token: of its session, or one of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HubError } from "../contract/errors.ts";
import { type McpSeat, readSeat } from "../orchestrators/tmux/reply-box.ts";
import type { AddCommand } from "./command.ts";
import { readRunFile } from "./hub-client.ts";

/** Runs by being loaded, and lasts as long as its standard input. */
const BRIDGE = new URL("../api/mcp-bridge.mjs", import.meta.url).href;

export const addMcp: AddCommand = (program, act) => {
  program
    .command("mcp")
    .description("the hub's MCP server on stdin and stdout, for an agent")
    .option("--session <name>", "the conversation, for an agent that was not handed its address: as messages name it, chat-1a2b3c4d")
    .action(
      act(async (context, { session }: { session?: string }) => {
        if (session !== undefined) return runFor(await readSeat(await context.dataDir(), session));
        const { baseEnv } = await context.config();
        const { MOS_HUB_MCP_URL: url, MOS_HUB_MCP_TOKEN: token } = baseEnv;
        if (!token) {
          const problems =
            "MOS_HUB_MCP_TOKEN is not set: the hub sets it for its agents' sessions; others take one of mos-hub token create";
          throw new HubError("bad_request", { problems });
        }
        if (!url) return runFor({ url: `${(await readRunFile(await context.dataDir())).url}/mcp`, token });
        await import(BRIDGE);
        return 0;
      }),
    );
};

/** The bridge reads its address from the environment of its process. */
function runFor({ url, token }: McpSeat): Promise<number> {
  const env = { MOS_HUB_MCP_URL: url, MOS_HUB_MCP_TOKEN: token };
  const child = spawn(process.execPath, [fileURLToPath(BRIDGE)], { stdio: "inherit", env });
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}
