/** The `orchestrator` block of an agent that speaks ACP: a program over its stdin and stdout, or one at an address. Strict; every value has its unit in its name. */
import { isAbsolute } from "node:path";
import { z } from "zod";

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of an environment variable")
  .refine((name) => !name.startsWith("MOS_HUB_"), "is the hub's own: agents never get variables that start with MOS_HUB_");

/** Limits every agent process has, whichever driver starts it. */
export const processLimits = {
  /** Healthy means: the agent answered within this time, ms. Minimum 100, default 10 000. */
  health_within_ms: z.number().int().min(100).default(10_000),
  /** How long a start, a `session/new` or the taking of a prompt may last, ms. Minimum 100, default 20 000. */
  start_timeout_ms: z.number().int().min(100).default(20_000),
};

const address = z
  .url({ protocol: /^(?:wss?|https?)$/, error: "is no address that begins with wss:// or https://" })
  .refine((text) => isBare(text), "holds a password: name its variable under token_env")
  .refine((text) => isSafe(text), "is in the open: only on this machine ws:// and http:// will do; take wss:// or https://");

export const acpConfig = z
  .strictObject({
    driver: z.literal("acp"),
    /** What people see, e.g. `Mos`. */
    alias: z.string().min(1).max(60).optional(),
    /** Program and arguments, run without a shell, e.g. `["gemini", "--acp"]`. */
    command: z.array(z.string().min(1)).min(1).optional(),
    /** Instead of a command: where an agent listens, e.g. `wss://agent.example.internal/acp`. */
    url: address.optional(),
    /** The variable with the token for `url`, sent as `Authorization: Bearer …`. */
    token_env: variableName.optional(),
    /** The folder agents work in. Default: `agents/workspace` in the data folder. With `url`: the folder on the agent's machine. */
    cwd: z.string().min(1).optional(),
    /** Variables that are no secrets, as they are. */
    env: z.record(variableName, z.string()).default({}),
    /** Names of variables passed through from the hub's environment, e.g. `["ANTHROPIC_API_KEY"]`. */
    env_allow: z.array(variableName).default([]),
    /** Whether sessions are handed the hub's MCP server. Default true; false for an agent that takes no session with one. */
    mcp: z.boolean().default(true),
    /** What the agent may ask the hub to do with files of its workspace. Default `off`. */
    fs: z.enum(["off", "read", "write"]).default("off"),
    /** Whether the agent may have commands run by the hub, as the hub's user. Default false. */
    terminal: z.boolean().default(false),
    /** How much an agent may say in one turn, in characters; then it is stopped. Minimum 1000, default 1 000 000. */
    answer_chars: z.number().int().min(1_000).default(1_000_000),
    /** At most so many conversations are open on the agent at once; the longest unused is closed for another. Default 64. */
    open_sessions: z.number().int().min(1).default(64),
    /** A conversation unused for so long is closed, and an agent with none open is ended until it is needed, ms. Minimum 1000, default 30 min. */
    idle_after_ms: z
      .number()
      .int()
      .min(1_000)
      .default(30 * 60_000),
    ...processLimits,
  })
  .superRefine(({ command, url, token_env, cwd, fs, terminal }, { addIssue }) => {
    const wrong = (path: string, message: string): void => addIssue({ code: "custom", path: [path], message });
    if ((command === undefined) === (url === undefined)) wrong("command", "give either a command or a url");
    if (token_env !== undefined && url === undefined) wrong("token_env", "is only for a url");
    if (url !== undefined && !isAbsolute(cwd ?? "")) wrong("cwd", "names the folder on the agent's machine, from its root");
    if (url !== undefined && (fs !== "off" || terminal)) wrong(terminal ? "terminal" : "fs", "is only for an agent on this machine");
  });
export type AcpConfig = z.infer<typeof acpConfig>;

function isBare(text: string): boolean {
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

function isSafe(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return ["wss:", "https:"].includes(protocol) || isThisMachine(hostname);
}

function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (z.ipv4().safeParse(hostname).success && hostname.startsWith("127."));
}
