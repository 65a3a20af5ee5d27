/** What `init` asks about Telegram. */
import type { SetupQuestion } from "../../../src/contract/connector.ts";
import { CHAT_ID, TOKEN_VARIABLE } from "../config.ts";

export const setup: readonly SetupQuestion[] = [
  { key: "token_env", question: "The bot's token (in Telegram: write to @BotFather, /newbot)", secretEnv: TOKEN_VARIABLE },
  {
    key: "chat_id",
    question: "The id of the chat for notices (write to the bot: it answers with your id, which is the id of your chat with it)",
    check: async (answer) => (CHAT_ID.test(answer.trim()) ? undefined : "A chat's id is a number, below zero for groups."),
  },
];
