/** The account's block for the console. It needs nothing: no account anywhere, no token. */
import { z } from "zod";
import { parseAccountBlock } from "../shared/account-block.ts";

export const consoleConfig = z.strictObject({
  kind: z.literal("console").optional(),
  /** How many entries of the message log are kept; older ones are deleted as new ones come. */
  keep_entries: z.number().int().min(100).max(10_000_000).default(20_000),
});

export type ConsoleConfig = z.infer<typeof consoleConfig>;

export const parseConfig = (config: unknown): ConsoleConfig => parseAccountBlock(consoleConfig, config);
