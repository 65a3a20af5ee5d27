/** The account's block of the configuration, as every connector reads it. */
import type { z } from "zod";
import { HubError } from "../../src/contract/errors.ts";

/** A factory is handed what its caller has: nothing, the account's own block, or a whole roster whose `connector` block is meant. */
function accountBlock(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return config;
  if ("kind" in config || !("connector" in config)) return config;
  return config.connector;
}

/** Throws HubError `config_invalid` with every problem. */
export function parseAccountBlock<T extends z.ZodType>(schema: T, config: unknown): z.infer<T> {
  const parsed = schema.safeParse(accountBlock(config) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  - ${["connector", ...issue.path].join(".")}: ${issue.message}`);
  throw new HubError("config_invalid", { count: problems.length, problems: problems.join("\n") });
}
