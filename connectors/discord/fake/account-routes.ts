/** The fake's routes of the bot itself, its application and the guilds it is in. */
import type { Call, Route } from "./rest.ts";
import { Refusal } from "./rules.ts";
import { applicationJson, canView, channelJson, guildJson, memberJson, roleJson, userJson } from "./shapes.ts";
import type { FakeGuild, Json, World } from "./world.ts";

export function accountRoutes(world: World, gatewayUrl: () => string): Route[] {
  function guildOf({ bot, params }: Call): FakeGuild {
    const guild = world.guilds.get(params[0] ?? "");
    if (!guild?.members.has(bot.user.id)) throw new Refusal(404, 10004, "Unknown Guild");
    return guild;
  }

  function ownApplication({ bot, params }: Call): void {
    if (params[0] !== bot.user.id) throw new Refusal(403, 20012, "You are not authorized to perform this action on this application");
  }

  function putCommands(call: Call): { json: unknown } {
    ownApplication(call);
    const commands = Object.values(call.body) as Json[];
    for (const { name, description } of commands)
      if (!/^[-_\p{L}\p{N}]{1,32}$/u.test(String(name)) || !description || String(description).length > 100)
        throw new Refusal(400, 50035, "Invalid Form Body");
    call.bot.commands = commands.map((one) => ({ ...one, id: world.newId(), application_id: call.bot.user.id }));
    return { json: call.bot.commands };
  }

  const session = { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: 1 };
  return [
    { method: "GET", path: /\/users\/@me/, answer: ({ bot }) => ({ json: userJson(bot.user) }) },
    { method: "GET", path: /\/gateway\/bot/, answer: () => ({ json: { url: gatewayUrl(), shards: 1, session_start_limit: session } }) },
    { method: "GET", path: /\/applications\/@me/, answer: ({ bot }) => ({ json: applicationJson(bot) }) },
    {
      method: "GET",
      path: /\/users\/@me\/guilds/,
      answer: ({ bot }) => ({
        json: [...world.guilds.values()].filter(({ members }) => members.has(bot.user.id)).map(({ id, name }) => ({ id, name })),
      }),
    },
    { method: "GET", path: /\/guilds\/(\d+)/, answer: (call) => ({ json: guildJson(world, guildOf(call), call.bot) }) },
    {
      method: "GET",
      path: /\/guilds\/(\d+)\/roles/,
      answer: (call) => ({ json: guildOf(call).roles.map((role, at) => roleJson(role, at)) }),
    },
    {
      method: "GET",
      path: /\/guilds\/(\d+)\/members\/(\d+)/,
      answer: (call) => ({ json: memberJson(world, guildOf(call), call.params[1] ?? "") }),
    },
    {
      method: "GET",
      path: /\/guilds\/(\d+)\/threads\/active/,
      answer: (call) => {
        const guild = guildOf(call);
        const threads = [...world.channels.values()].filter(
          (one) => one.guildId === guild.id && one.type >= 10 && one.type <= 12 && !one.isArchived && canView(world, call.bot, one),
        );
        return { json: { threads: threads.map((one) => channelJson(world, one)), members: [] } };
      },
    },
    { method: "PUT", path: /\/applications\/(\d+)\/commands/, answer: putCommands },
    { method: "GET", path: /\/applications\/(\d+)\/commands/, answer: (call) => (ownApplication(call), { json: call.bot.commands }) },
  ];
}
