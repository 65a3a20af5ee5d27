/** The `orchestrator` block of an agent that speaks ACP over its stdin and stdout. Strict; every value has its unit in its name. */
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

export const acpConfig = z.strictObject({
  driver: z.literal("acp"),
  /** What people see, e.g. `Mos`. */
  alias: z.string().min(1).max(60).optional(),
  /** Program and arguments, run without a shell, e.g. `["gemini", "--acp"]`. */
  command: z.array(z.string().min(1)).min(1),
  /** The folder agents work in. Default: `agents/workspace` in the data folder. */
  cwd: z.string().min(1).optional(),
  /** Variables that are no secrets, as they are. */
  env: z.record(variableName, z.string()).default({}),
  /** Names of variables passed through from the hub's environment, e.g. `["ANTHROPIC_API_KEY"]`. */
  env_allow: z.array(variableName).default([]),
  ...processLimits,
});
export type AcpConfig = z.infer<typeof acpConfig>;
