/** What `init` asks about Slack. */
import type { SetupQuestion } from "../../../src/contract/connector.ts";
import { VARIABLES } from "../config.ts";
import { isChannelId } from "../ids.ts";

export const setup: readonly SetupQuestion[] = [
  { key: "token_env", question: "The bot token (xoxb-…)", secretEnv: VARIABLES.bot },
  { key: "app_token_env", question: "The app-level token (xapp-…)", secretEnv: VARIABLES.app },
  {
    key: "channel_id",
    question: "The id of the channel for notices (the channel's name at the top, About, at the very end)",
    check: async (answer) => (isChannelId(answer.trim()) ? undefined : "A channel id begins with C, as in C0123456789."),
  },
];
