/** All the hub knows about the kind `discord`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { discordConfig, personId, TOKEN_VARIABLE } from "./config.ts";
import { createDiscordConnector } from "./connector.ts";
import { setup } from "./init/questions.ts";
import { check } from "./setup.ts";

export default defineConnector({
  kind: "discord",
  summary: "Discord: a native thread for each conversation, approvals by button, slash commands.",
  factory: createDiscordConnector,
  config: discordConfig,
  person: personId,
  environment: [{ name: TOKEN_VARIABLE, purpose: "the bot's token, from the Discord Developer Portal", secret: true }],
  setup,
  check,
});
