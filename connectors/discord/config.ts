/** The account's block for Discord. The token stands in the environment, never here. */
import { z } from "zod";
import { parseAccountBlock } from "../shared/account-block.ts";

export const TOKEN_VARIABLE = "DISCORD_BOT_TOKEN";

export const discordConfig = z.strictObject({
  kind: z.literal("discord").optional(),
  /** The variable that holds this account's bot token. */
  token_env: z.string().min(1).default(TOKEN_VARIABLE),
  /** The channel for what belongs to no conversation, in quotes. */
  channel_id: z
    .string()
    .regex(/^\d{17,20}$/, "a channel id has 17 to 20 digits")
    .optional(),
  /** Asks for the privileged intent to read what does not mention the bot. Without it every message needs a mention. */
  message_content: z.boolean().default(true),
  /** Another server that speaks Discord's API; its gateway is asked for there. */
  api_base: z.url({ protocol: /^https?$/ }).default("https://discord.com/api"),
  /** How long an answer of the API is waited for, ms. */
  answer_ms: z.number().int().min(100).max(120_000).default(15_000),
  /** A heartbeat not answered for so long, ms, means a dead connection. Discord's own come every 41 s. */
  heartbeat_overdue_ms: z.number().int().min(100).max(600_000).default(90_000),
});
export type DiscordConfig = z.infer<typeof discordConfig>;

export const parseConfig = (config: unknown): DiscordConfig => parseAccountBlock(discordConfig, config);

export const personId = z.string().regex(/^\d{17,20}$/, "it has 17 to 20 digits (Developer Mode, then Copy User ID)");
