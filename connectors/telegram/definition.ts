/** All the hub knows about the kind `telegram`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { personId, telegramConfig, TOKEN_VARIABLE } from "./config.ts";
import { createTelegramConnector } from "./connector.ts";
import { setup } from "./init/questions.ts";
import { check } from "./setup.ts";

export default defineConnector({
  kind: "telegram",
  summary: "Telegram: a topic for each conversation, approvals by button, deploy notices on the phone.",
  factory: createTelegramConnector,
  config: telegramConfig,
  person: personId,
  environment: [{ name: TOKEN_VARIABLE, purpose: "the bot's token, from BotFather in Telegram", secret: true }],
  setup,
  check,
});
