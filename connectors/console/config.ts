/** The account's block for the console. It needs nothing: no account anywhere, no token. */
import { z } from "zod";
import { HubError } from "../../src/contract/errors.ts";
import { accountBlock } from "../shared/account-block.ts";

export const consoleConfig = z.strictObject({
  kind: z.literal("console").optional(),
  /** How many entries of the message log are kept; older ones are deleted as new ones come. */
  keep_entries: z.number().int().min(100).max(10_000_000).default(20_000),
});

export type ConsoleConfig = z.infer<typeof consoleConfig>;

/** Throws HubError `config_invalid` with every problem. */
export function parseConfig(config: unknown): ConsoleConfig {
  const parsed = consoleConfig.safeParse(accountBlock(config) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  - ${["connector", ...issue.path].join(".")}: ${issue.message}`);
  throw new HubError("config_invalid", { count: problems.length, problems: problems.join("\n") });
}
