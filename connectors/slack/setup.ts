/** What `init` asks, and what `doctor` and each start look at: tokens, scopes, and whether the bot is in the home channel. */
import { z } from "zod";
import type { AccountSecrets, CheckResult, SetupQuestion } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { type Api, apiErrorOf, createApi } from "./api.ts";
import { parseConfig, type SlackConfig, VARIABLES } from "./config.ts";
import { isChannelId } from "./ids.ts";
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

export async function check(config: unknown, secrets: AccountSecrets): Promise<readonly CheckResult[]> {
  try {
    const settings = parseConfig(config);
    const apiOf = (name: string): Api => createApi({ settings, token: secrets.get(name) ?? "", setTimer: () => () => {} });
    return [...(await inspect(apiOf(settings.token_env), settings)), await way(apiOf(settings.app_token_env), settings, secrets)];
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return [failed("configuration", error.message, error.remedy)];
  }
}

const about = z.object({ scopes: z.array(z.string()).optional() }).optional();
const signedIn = z.object({ team: z.string(), user: z.string(), response_metadata: about });
const flag = z.boolean().optional();
const found = z.object({ name: z.string().optional(), is_member: flag, is_archived: flag, is_im: flag });
const channel = z.object({ channel: found });

/** Reads only. Never rejects for what Slack answers. */
export async function inspect(api: Api, settings: SlackConfig): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  try {
    const { team, user, response_metadata: about } = signedIn.parse(await api.call("auth.test"));
    results.push({ name: "bot token", ok: true, detail: `signed in as ${user} in ${team}` });
    if (about?.scopes) results.push(scopes(about.scopes));
    results.push(await home(api, settings.channel_id));
  } catch (thrown) {
    const remedy = `Check ${settings.token_env} (OAuth & Permissions), channel_id, and that the app is installed.`;
    results.push(failed(results.length === 0 ? "bot token" : "home channel", apiErrorOf(thrown).message, remedy));
  }
  return results;
}

function scopes(granted: readonly string[]): CheckResult {
  const lacks = app.oauth_config.scopes.bot.filter((scope) => !granted.includes(scope));
  if (lacks.length === 0) return { name: "scopes", ok: true, detail: "all that are needed" };
  const remedy = "Add them under OAuth & Permissions (or take the manifest of `mos-hub slack manifest`), and install the app again.";
  return failed("scopes", `the bot token lacks: ${lacks.join(", ")}`, remedy);
}

async function home(api: Api, id: string | undefined): Promise<CheckResult> {
  const name = "home channel";
  const remedy = "Set channel_id to the id of a channel.";
  if (id === undefined) return { name, ok: true, isWarning: true, detail: "no channel_id: notices go nowhere", remedy };
  const { channel: found } = channel.parse(await api.call("conversations.info", { channel: id }));
  const called = `#${found.name ?? id}`;
  if (found.is_archived) return failed(name, `${called} is archived`, remedy);
  if (!found.is_member && !found.is_im)
    return failed(name, `the bot is not in ${called}`, `Write /invite and the bot's name in ${called}.`);
  return { name, ok: true, detail: `the bot is in ${called}` };
}

/** How Slack's events come. */
async function way(app: Api, settings: SlackConfig, secrets: AccountSecrets): Promise<CheckResult> {
  const name = settings.mode === "socket" ? "app token" : "signing secret";
  if (settings.mode === "http" && secrets.get(settings.signing_secret_env))
    return { name, ok: true, detail: "set; Slack posts to /connectors/<account>/events of the hub's public address" };
  if (settings.mode === "http") return failed(name, "it is not set", `Set ${settings.signing_secret_env} to what Basic Information shows.`);
  try {
    await app.call("apps.connections.open");
    return { name, ok: true, detail: "Socket Mode may be opened" };
  } catch (thrown) {
    const remedy = `Make one with connections:write under Basic Information, App-Level Tokens, and set ${settings.app_token_env} to it.`;
    return failed(name, apiErrorOf(thrown).message, remedy);
  }
}

const person = z.object({
  user: z.object({
    name: z.string().nullish(),
    real_name: z.string().nullish(),
    profile: z.object({ display_name: z.string().nullish() }),
  }),
});

export async function nameOf(api: Api, id: string): Promise<string | undefined> {
  const { user } = person.parse(await api.call("users.info", { user: id }));
  return user.profile.display_name || user.real_name || user.name || undefined;
}

function failed(name: string, detail: string, remedy: string): CheckResult {
  return { name, ok: false, detail, remedy };
}
