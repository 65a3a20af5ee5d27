/** What is needed to set an account up: the questions of `init`, the app as Slack is told of it, and what `doctor` looks at. */
import type { AccountSecrets, CheckResult, SetupQuestion } from "../../../src/contract/connector.ts";
import { checkBlock, failed } from "../../shared/checks.ts";
import { type Api, apiErrorOf, createApi } from "../api.ts";
import { parseConfig, type SlackConfig, VARIABLES } from "../config.ts";
import { isChannelId } from "../ids.ts";
import { inspect } from "../setup.ts";
import app from "./manifest.json" with { type: "json" };

export const setup: readonly SetupQuestion[] = [
  { key: "token_env", question: "The bot token (xoxb-…)", secretEnv: VARIABLES.bot },
  { key: "app_token_env", question: "The app-level token (xapp-…)", secretEnv: VARIABLES.app },
  {
    key: "channel_id",
    question: "The id of the channel for notices (the channel's name at the top, About, at the very end)",
    check: async (answer) => (isChannelId(answer.trim()) ? undefined : "A channel id begins with C, as in C0123456789."),
  },
];

/** The app as Slack is told of it. */
export const manifest = (): string => JSON.stringify(app, undefined, 2);

/** The same for HTTP mode: Slack calls the hub's public address, whose name is to be put in. */
export function httpManifest(): string {
  const url = "https://hub.example.internal/connectors/slack/events";
  const { features, settings } = app;
  const commands = features.slash_commands.map((command) => ({ ...command, url }));
  const events = { request_url: url, ...settings.event_subscriptions };
  const called = { event_subscriptions: events, interactivity: { is_enabled: true, request_url: url }, socket_mode_enabled: false };
  const told = { ...app, features: { ...features, slash_commands: commands }, settings: { ...settings, ...called } };
  return JSON.stringify(told, undefined, 2);
}

export function check(config: unknown, secrets: AccountSecrets): Promise<readonly CheckResult[]> {
  const look = async (settings: SlackConfig): Promise<CheckResult[]> => {
    const apiOf = (name: string): Api => createApi({ settings, token: secrets.get(name) ?? "", setTimer: () => () => {} });
    return [...(await inspect(apiOf(settings.token_env), settings)), await way(apiOf(settings.app_token_env), settings, secrets)];
  };
  return checkBlock(() => parseConfig(config), look);
}

/** How Slack's events come. */
async function way(app: Api, settings: SlackConfig, secrets: AccountSecrets): Promise<CheckResult> {
  const name = settings.mode === "socket" ? "app token" : "signing secret";
  if (settings.mode === "http" && secrets.get(settings.signing_secret_env))
    return { name, ok: true, detail: "set; Slack posts to /connectors/<account>/events of the hub's public address" };
  if (settings.mode === "http") return failed(name, "it is not set", `Set ${settings.signing_secret_env} to what Basic Information shows.`);
  const remedy = `Make one with connections:write under Basic Information, App-Level Tokens, and set ${settings.app_token_env} to it.`;
  if (!secrets.get(settings.app_token_env)) return failed(name, "it is not set", remedy);
  try {
    await app.call("apps.connections.open");
    return { name, ok: true, detail: "Socket Mode may be opened" };
  } catch (thrown) {
    return failed(name, apiErrorOf(thrown).message, remedy);
  }
}
