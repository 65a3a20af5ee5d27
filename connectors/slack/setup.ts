/** What each start looks at, and `doctor` too: tokens, scopes, and whether the bot is in the home channel. */
import { z } from "zod";
import type { CheckResult } from "../../src/contract/connector.ts";
import { failed, inOrder } from "../shared/checks.ts";
import type { Api } from "./api.ts";
import type { SlackConfig } from "./config.ts";
import app from "./init/manifest.json" with { type: "json" };

const about = z.object({ scopes: z.array(z.string()).optional() }).optional();
const signedIn = z.object({ team: z.string(), user: z.string(), response_metadata: about });
const flag = z.boolean().optional();
const found = z.object({ name: z.string().optional(), is_member: flag, is_archived: flag, is_im: flag });
const channel = z.object({ channel: found });

/** Reads only. Never rejects for what Slack answers. */
export async function inspect(api: Api, settings: SlackConfig): Promise<CheckResult[]> {
  const bot = api.call("auth.test").then((found) => signedIn.parse(found));
  const looks = {
    "bot token": async () => ({ name: "bot token", ok: true, detail: `signed in as ${(await bot).user} in ${(await bot).team}` }),
    scopes: async () => scopes((await bot).response_metadata?.scopes),
    "home channel": () => home(api, settings.channel_id),
  };
  const tokenRemedy = `Check ${settings.token_env} (OAuth & Permissions).`;
  return inOrder(looks, (look) => (look === "home channel" ? "Check channel_id; invite the bot there." : tokenRemedy));
}

function scopes(granted: readonly string[] | undefined): CheckResult {
  if (!granted) return { name: "scopes", ok: true, detail: "not told by this server" };
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
