/** What `doctor` looks at: all that each start does, and the way Slack's events come. */
import type { AccountSecrets, CheckResult } from "../../../src/contract/connector.ts";
import { checkBlock, failed } from "../../shared/checks.ts";
import { type Api, apiErrorOf, createApi } from "../api.ts";
import { parseConfig, type SlackConfig } from "../config.ts";
import { inspect } from "../setup.ts";

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
