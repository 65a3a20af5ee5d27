/** What `init` asks about Discord. */
import type { SetupQuestion, SetupSoFar } from "../../../src/contract/connector.ts";
import { type Api, apiErrorOf, createApi } from "../api.ts";
import { parseConfig, TOKEN_VARIABLE } from "../config.ts";
import { isSnowflake } from "../ids.ts";
import { findChannel } from "./find-channel.ts";

export const setup: readonly SetupQuestion[] = [
  {
    key: "token_env",
    question: "The bot's token",
    secretEnv: TOKEN_VARIABLE,
    check: async (token, { answers }) => refusal(createApi(parseConfig(answers), token), "/users/@me"),
  },
  {
    key: "channel_id",
    question: "The id of the channel for notices (Settings, Advanced, Developer Mode; then right-click the channel, Copy Channel ID)",
    find: findChannel,
    check: checkChannel,
  },
];

async function checkChannel(answer: string, { answers, secrets }: SetupSoFar): Promise<string | undefined> {
  if (!isSnowflake(answer)) return "A channel id has 17 to 20 digits.";
  const token = secrets.get(TOKEN_VARIABLE);
  return token === undefined ? undefined : refusal(createApi(parseConfig(answers), token), `/channels/${answer}`);
}

/** Undefined when Discord answers. */
async function refusal(api: Api, path: `/${string}`): Promise<string | undefined> {
  return api.get(path).then(
    () => undefined,
    (thrown: unknown) => apiErrorOf(thrown).message,
  );
}
