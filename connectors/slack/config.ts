/** The account's block for Slack. Tokens stand in the environment, never here. */
import { z } from "zod";
import { parseAccountBlock } from "../shared/account-block.ts";

export const VARIABLES = { bot: "SLACK_BOT_TOKEN", app: "SLACK_APP_TOKEN", signing: "SLACK_SIGNING_SECRET" } as const;
export const personId = z.string().regex(/^[UW][A-Z0-9]{2,}$/, "it begins with U or W (profile, Copy member ID), and is no name");

export const slackConfig = z.strictObject({
  kind: z.literal("slack").optional(),
  /** `socket`: the hub connects to Slack. `http`: Slack calls the hub's public address, at /connectors/<account>/events. */
  mode: z.enum(["socket", "http"]).default("socket"),
  /** The variables that hold this account's secrets: bot token (xoxb), app token (xapp, socket mode), signing secret (HTTP mode). */
  token_env: z.string().min(1).default(VARIABLES.bot),
  app_token_env: z.string().min(1).default(VARIABLES.app),
  signing_secret_env: z.string().min(1).default(VARIABLES.signing),
  /** The channel for what belongs to no conversation. */
  channel_id: z
    .string()
    .regex(/^[CDG][A-Z0-9]{2,}$/, "a channel id begins with C, G or D, as in C0123456789; it is not the channel's name")
    .optional(),
  /** Each direct message outside a thread begins a conversation in a thread of its own, as Slack's Messages tab shows agents. */
  direct_threads: z.boolean().default(true),
  /** Another server that speaks Slack's Web API; its sockets are asked for there. */
  api_base: z.url({ protocol: /^https?$/ }).default("https://slack.com/api/"),
  /** How long an answer of the API is waited for, ms. */
  answer_ms: z.number().int().min(100).max(120_000).default(15_000),
  /** No answer to a ping for so long, ms, means a dead connection. One goes out every 5 s. */
  heartbeat_overdue_ms: z.number().int().min(5500).max(600_000).default(20_000),
});
export type SlackConfig = z.infer<typeof slackConfig>;
export const parseConfig = (config: unknown): SlackConfig => parseAccountBlock(slackConfig, config);
