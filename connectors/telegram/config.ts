/** The account's block for Telegram. The token stands in the environment, never here. */
import { z } from "zod";
import { parseAccountBlock } from "../shared/account-block.ts";

export const TOKEN_VARIABLE = "TELEGRAM_BOT_TOKEN";
export const CHAT_ID = /^-?\d{1,16}$/;

const root = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));

export const telegramConfig = z.strictObject({
  kind: z.literal("telegram").optional(),
  /** The variable that holds this account's bot token. */
  token_env: z.string().min(1).default(TOKEN_VARIABLE),
  /** The chat for what belongs to no conversation, in quotes; negative for groups. */
  chat_id: z.string().regex(CHAT_ID, "a chat's id is a number, below zero for groups").optional(),
  /** The hub's own address as Telegram reaches it, `https://…/connectors/<account>/updates`. Absent: updates are polled for. */
  webhook_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Another server that speaks the Bot API. */
  api_root: root.default("https://api.telegram.org"),
  /** Where that server's files lie. Default: `api_root`, then `/file`. */
  file_root: root.optional(),
  /** How long an answer of the API is waited for, ms. */
  answer_ms: z.number().int().min(100).max(120_000).default(15_000),
  /** How long a poll waits for something to be said, ms; whole seconds count. At most 50 s (Bot API, getUpdates, 2026). */
  poll_ms: z.number().int().min(1000).max(50_000).default(25_000),
});
export type TelegramConfig = z.infer<typeof telegramConfig>;

export const parseConfig = (config: unknown): TelegramConfig => parseAccountBlock(telegramConfig, config);

export const personId = z.string().regex(/^\d{1,16}$/, "it is a number, not the @name");
