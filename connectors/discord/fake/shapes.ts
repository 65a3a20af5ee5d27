/** The fake's data as Discord's JSON: Discord Developer Docs, API v10 resources. Whole enough for the real discord.js to take it. Pure. */
import type { FakeBot, FakeChannel, FakeGuild, FakeMessage, FakeUser, Json, World } from "./world.ts";

export function userJson({ id, username, global_name, bot }: FakeUser): Json {
  return { id, username, global_name, bot, discriminator: "0", avatar: null, public_flags: 0 };
}

const CONTENT_FLAG = 1 << 19;

export function applicationJson({ user, mayReadContent }: FakeBot): Json {
  return { id: user.id, name: user.username, flags: mayReadContent ? CONTENT_FLAG : 0, bot_public: false, description: "" };
}

export function channelJson(world: World, channel: FakeChannel): Json {
  const { id, type, name, guildId: guild_id, parentId: parent_id = null, lastMessageId: last_message_id } = channel;
  if (type === 1) {
    const recipients = (channel.recipients ?? []).flatMap((one) => world.users.get(one) ?? []).filter(({ bot }) => !bot);
    return { id, type, last_message_id, recipients: recipients.map(userJson), flags: 0 };
  }
  const shared = { id, type, guild_id, name, parent_id, last_message_id, flags: 0, rate_limit_per_user: 0 };
  if (type < 10 || type > 12)
    return { ...shared, position: 0, topic: null, nsfw: false, permission_overwrites: channel.overwrites, available_tags: [] };
  const count = world.history(id).length;
  return {
    ...shared,
    owner_id: channel.ownerId,
    message_count: count,
    total_message_sent: count,
    member_count: 1,
    thread_metadata: {
      archived: channel.isArchived ?? false,
      locked: channel.isLocked ?? false,
      auto_archive_duration: 4320,
      archive_timestamp: new Date(world.now()).toISOString(),
      create_timestamp: new Date(world.now()).toISOString(),
    },
  };
}

export function guildJson(world: World, guild: FakeGuild, bot: FakeBot): Json {
  const own = [...world.channels.values()].filter((one) => one.guildId === guild.id);
  const isThread = ({ type }: FakeChannel): boolean => type >= 10 && type <= 12;
  const visible = own.filter((one) => canView(world, bot, one));
  return {
    id: guild.id,
    name: guild.name,
    owner_id: "100000000000000001",
    roles: guild.roles.map((role, position) => roleJson(role, position)),
    channels: visible.filter((one) => !isThread(one)).map((one) => channelJson(world, one)),
    threads: visible.filter((one) => isThread(one) && !one.isArchived).map((one) => channelJson(world, one)),
    members: [memberJson(world, guild, bot.user.id)],
    emojis: [],
    stickers: [],
    features: [],
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    member_count: guild.members.size,
    joined_at: new Date(0).toISOString(),
    large: false,
    unavailable: false,
    preferred_locale: "en-US",
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    system_channel_flags: 0,
    afk_timeout: 300,
  };
}

export function roleJson(role: FakeGuild["roles"][number], position: number): Json {
  return { ...role, position, color: 0, hoist: false, managed: false, mentionable: false, flags: 0 };
}

export function memberJson(world: World, guild: FakeGuild, userId: string): Json {
  const user = world.users.get(userId);
  return {
    user: user && userJson(user),
    roles: guild.members.get(userId) ?? [],
    joined_at: new Date(0).toISOString(),
    nick: null,
    deaf: false,
    mute: false,
    flags: 0,
  };
}

const VIEW_CHANNEL = 1n << 10n;

export function canView(world: World, bot: FakeBot, channel: FakeChannel): boolean {
  return (world.permissions(bot.user.id, channel) & VIEW_CHANNEL) !== 0n;
}

/** As this bot may read it: without the intent only what mentions it, its own and direct messages have content. */
export function messageJson(world: World, message: FakeMessage, reader: { readonly bot: FakeBot; readonly url: string }): Json {
  const { bot, url } = reader;
  const guildId = world.channels.get(message.channelId)?.guildId;
  const isOpen = guildId === undefined || bot.mayReadContent || message.author.id === bot.user.id || message.mentions.includes(bot.user.id);
  return {
    id: message.id,
    channel_id: message.channelId,
    type: message.type,
    author: userJson(message.author),
    content: isOpen ? message.content : "",
    timestamp: new Date(message.at).toISOString(),
    edited_timestamp: message.editedAt === null ? null : new Date(message.editedAt).toISOString(),
    tts: false,
    pinned: false,
    flags: message.onlyFor === undefined ? 0 : 64,
    mention_everyone: false,
    mentions: message.mentions.flatMap((id) => world.users.get(id) ?? []).map(userJson),
    mention_roles: [],
    embeds: isOpen ? message.embeds : [],
    components: isOpen ? message.components : [],
    attachments: isOpen ? message.attachments.map((file) => fileJson(world, url, file)) : [],
    ...(message.replyTo === undefined ? {} : referenceOf(world, message, reader)),
  };
}

function fileJson(world: World, url: string, { id, filename, content_type, size }: FakeMessage["attachments"][number]): Json {
  const link = signedUrl(world, url, { id, filename });
  return { id, filename, content_type, size, url: link, proxy_url: link };
}

function referenceOf(world: World, message: FakeMessage, reader: { readonly bot: FakeBot; readonly url: string }): Json {
  const original = world.find(message.channelId, message.replyTo ?? "");
  return {
    message_reference: { type: 0, message_id: message.replyTo, channel_id: message.channelId },
    referenced_message: original ? messageJson(world, { ...original, replyTo: undefined }, reader) : null,
  };
}

/** Real ones live for a day. */
const LINK_MS = 86_400_000;

function signedUrl(world: World, url: string, { id, filename }: { readonly id: string; readonly filename: string }): string {
  const until = Math.floor((world.now() + LINK_MS) / 1000).toString(16);
  return `${url}/cdn/attachments/1/${id}/${encodeURIComponent(filename)}?ex=${until}&is=0&hm=${signatureOf(id, until)}`;
}

export function signatureOf(id: string, until: string): string {
  return Buffer.from(`${id}.${until}`).toString("hex");
}
