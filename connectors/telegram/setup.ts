/** What `doctor` and each start look at: the token, how updates come, and what the bot may do in the home chat. */
import { z } from "zod";
import type { AccountSecrets, CheckResult, Place } from "../../src/contract/connector.ts";
import { checkBlock, eachPlace, failed, inOrder } from "../shared/checks.ts";
import { type Api, apiErrorOf, createApi, hookInfo, me } from "./api.ts";
import { parseConfig, type TelegramConfig } from "./config.ts";

export async function check(config: unknown, secrets: AccountSecrets, places?: readonly Place[]): Promise<readonly CheckResult[]> {
  const look = (settings: TelegramConfig) => inspect(createApi(settings, secrets.get(settings.token_env) ?? ""), settings, places);
  return checkBlock(() => parseConfig(config), look);
}

/** What members may, and what one may whom an administrator has restricted; absent where nothing is forbidden. */
const writing = { can_send_messages: z.boolean().default(true) };
const chatShape = z.object({
  type: z.string(),
  title: z.string().optional(),
  is_forum: z.boolean().default(false),
  permissions: z.object(writing).optional(),
});
const memberShape = z.object({ status: z.string(), can_manage_topics: z.boolean().default(false), ...writing });

/** Reads only. Never rejects for what Telegram answers. */
export async function inspect(api: Api, settings: TelegramConfig, places: readonly Place[] = []): Promise<CheckResult[]> {
  const bot = api.call("getMe", {}, me).catch((thrown: unknown) => {
    const error = apiErrorOf(thrown);
    // What has not even the form of a token is answered with 404.
    throw ["401", "404"].includes(error.code) ? new Error("Telegram knows no such token") : error;
  });
  const looks = {
    token: async () => token(await bot),
    groups: async () => groups(await bot),
    updates: () => updates(api, settings),
    "home chat": async () => home(api, settings.chat_id, (await bot).id),
  };
  const tokenRemedy = `Check ${settings.token_env} (BotFather: /mybots, API Token).`;
  const found = await inOrder(looks, (look) => (look === "home chat" ? "Check chat_id, and that the bot is in that chat." : tokenRemedy));
  if (found.some(({ name, ok }) => name === "token" && !ok)) return found;
  const others = places.filter(({ chatId }) => chatId !== settings.chat_id);
  const { id: botId } = await bot;
  const remedy = "Add the bot to that chat, or end what is to be said there.";
  return [...found, ...(await eachPlace(others, (name, id) => rightsIn(api, id, { name, botId }), remedy))];
}

function token({ username }: z.infer<typeof me>): CheckResult {
  return { name: "token", ok: true, detail: `signed in as @${username}; people begin at https://t.me/${username}?start=hello` };
}

function groups({ can_read_all_group_messages: readsAll }: z.infer<typeof me>): CheckResult {
  const name = "groups";
  if (readsAll) return { name, ok: true, detail: "reads all that is said in its groups" };
  const detail = "privacy mode is on: in groups where it is no administrator the bot hears mentions and answers to it, and nothing else";
  const remedy = "Make it an administrator, or switch privacy mode off (BotFather: /setprivacy) and add the bot to its groups again.";
  return { name, ok: true, isWarning: true, detail, remedy };
}

async function updates(api: Api, { webhook_url: hook }: TelegramConfig): Promise<CheckResult> {
  const name = "updates";
  const { url, pending_update_count: waiting, last_error_message: trouble } = await api.call("getWebhookInfo", {}, hookInfo);
  if (hook === undefined)
    return { name, ok: true, detail: `polled for; ${waiting} wait${url ? "; a webhook is set and will be removed" : ""}` };
  if (trouble === undefined) return { name, ok: true, detail: `sent to the webhook; ${waiting} wait` };
  return failed(
    name,
    `Telegram cannot reach the webhook: ${trouble}`,
    "Check webhook_url: its name, its certificate, and port 443, 80, 88 or 8443.",
  );
}

async function home(api: Api, id: string | undefined, botId: number): Promise<CheckResult> {
  const name = "home chat";
  const remedy = "Set chat_id; your own id is the one of your chat with the bot.";
  if (id === undefined) return { name, ok: true, isWarning: true, detail: "no chat_id: notices go nowhere", remedy };
  return rightsIn(api, id, { name, botId });
}

async function rightsIn(api: Api, id: string, { name, botId }: { readonly name: string; readonly botId: number }): Promise<CheckResult> {
  const { type, title = "a private chat", is_forum: isForum, permissions } = await api.call("getChat", { chat_id: id }, chatShape);
  if (type === "private") return { name, ok: true, detail: title };
  const bot = await api.call("getChatMember", { chat_id: id, user_id: botId }, memberShape);
  if (bot.status === "left" || bot.status === "kicked") return failed(name, `the bot is not in ${title}`, "Add it there.");
  const mayWrite = bot.status === "administrator" || (bot.can_send_messages && permissions?.can_send_messages !== false);
  if (!mayWrite) return failed(name, `in ${title} the bot may not write`, "Make it an administrator there, or let members send messages.");
  if (!isForum) return { name, ok: true, detail: `${title}; it has no topics, so all of it is one conversation` };
  if (bot.can_manage_topics) return { name, ok: true, detail: `${title}; the bot may open topics there` };
  return failed(name, `in ${title} the bot may not open topics`, "Make it an administrator there with the right Manage Topics.");
}
