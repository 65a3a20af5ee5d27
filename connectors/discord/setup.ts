/** What `doctor` and each start look at: token, intents, servers, and what the bot may do in every channel it is to speak in. */
import { z } from "zod";
import type { AccountSecrets, CheckResult, Place } from "../../src/contract/connector.ts";
import { checkBlock, eachPlace, failed, inOrder } from "../shared/checks.ts";
import { type Api, createApi } from "./api.ts";
import { type DiscordConfig, parseConfig } from "./config.ts";
import { inviteLink, missing, overwritesShape, rolesShape } from "./permissions.ts";

export async function check(config: unknown, secrets: AccountSecrets, places?: readonly Place[]): Promise<readonly CheckResult[]> {
  const look = (settings: DiscordConfig) => inspect(createApi(settings, secrets.get(settings.token_env) ?? ""), settings, places);
  return checkBlock(() => parseConfig(config), look);
}

const channel = z.object({
  name: z.string().nullish(),
  guild_id: z.string().nullish(),
  permission_overwrites: overwritesShape,
});
/** Switched on, for any number of servers and for up to a hundred. */
const CONTENT_FLAGS = (1 << 18) | (1 << 19);

/** Reads only. Never rejects for what Discord answers. */
export async function inspect(api: Api, settings: DiscordConfig, places: readonly Place[] = []): Promise<CheckResult[]> {
  const bot = api.get("/users/@me").then((found) => z.object({ id: z.string(), username: z.string() }).parse(found));
  const looks = {
    token: async () => ({ name: "token", ok: true, detail: `signed in as ${(await bot).username}` }),
    intents: () => intents(api, settings),
    servers: async () => servers(api, inviteLink((await bot).id)),
    "home channel": async () => home(api, settings.channel_id, (await bot).id),
  };
  const tokenRemedy = `Check ${settings.token_env} (Developer Portal, under Bot).`;
  const found = await inOrder(looks, (look) =>
    look === "home channel" ? "Check channel_id, and that the bot is in that server." : tokenRemedy,
  );
  if (found.some(({ name, ok }) => name === "token" && !ok)) return found;
  const others = places.filter(({ chatId }) => chatId !== settings.channel_id);
  const { id: botId } = await bot;
  const remedy = "Let the bot see that channel (its settings, under Permissions), or end what is to be said there.";
  return [...found, ...(await eachPlace(others, (name, id) => permissionsIn(api, id, { name, botId }), remedy))];
}

async function intents(api: Api, { message_content: isWanted }: DiscordConfig): Promise<CheckResult> {
  const name = "intents";
  const { flags } = z.object({ flags: z.number().default(0) }).parse(await api.get("/applications/@me"));
  if (!isWanted) return { name, ok: true, detail: "reads only what mentions it (message_content: false)" };
  if ((flags & CONTENT_FLAGS) !== 0) return { name, ok: true, detail: "the Message Content intent is switched on" };
  const remedy = "Switch it on in the Developer Portal under Bot, Privileged Gateway Intents.";
  return failed(name, "the Message Content intent is not switched on", remedy);
}

async function servers(api: Api, link: string): Promise<CheckResult> {
  const found = z.array(z.object({ name: z.string() })).parse(await api.get("/users/@me/guilds"));
  if (found.length === 0) return failed("servers", "the bot is in no server", `Open this as somebody who runs the server: ${link}`);
  return { name: "servers", ok: true, detail: `in ${found.map(({ name }) => name).join(", ")}; to add it to another: ${link}` };
}

async function home(api: Api, id: string | undefined, botId: string): Promise<CheckResult> {
  const name = "home channel";
  const remedy = "Set channel_id to the id of a channel.";
  if (id === undefined) return { name, ok: true, isWarning: true, detail: "no channel_id: notices go nowhere", remedy };
  return permissionsIn(api, id, { name, botId });
}

async function permissionsIn(
  api: Api,
  id: string,
  { name, botId }: { readonly name: string; readonly botId: string },
): Promise<CheckResult> {
  const { name: called, guild_id: guildId, permission_overwrites: overwrites } = channel.parse(await api.get(`/channels/${id}`));
  if (!guildId) return { name, ok: true, detail: "a direct message" };
  const roles = rolesShape.parse(await api.get(`/guilds/${guildId}/roles`));
  const bot = z.object({ roles: z.array(z.string()) }).parse(await api.get(`/guilds/${guildId}/members/${botId}`));
  const lacks = missing({ guildId, botId, roles, own: bot.roles, overwrites });
  if (lacks.length === 0) return { name, ok: true, detail: `#${called ?? id}; the bot may do all it needs there` };
  return failed(name, `in #${called ?? id} the bot lacks: ${lacks.join(", ")}`, "Allow it in the channel's settings, under Permissions.");
}
