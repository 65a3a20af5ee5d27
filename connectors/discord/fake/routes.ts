/** The fake's routes of channels, messages, threads and reactions, each with what Discord refuses there. */
import type { Answer, Call, Route } from "./rest.ts";
import { checkMessage, checkName, invalid, Refusal } from "./rules.ts";
import { channelJson, messageJson, signatureOf } from "./shapes.ts";
import { CHANNEL, type FakeChannel, type FakeMessage, type Json, type World } from "./world.ts";

const BIT = {
  addReactions: 1n << 6n,
  view: 1n << 10n,
  send: 1n << 11n,
  attach: 1n << 15n,
  history: 1n << 16n,
  manageThreads: 1n << 34n,
  publicThreads: 1n << 35n,
  sendInThreads: 1n << 38n,
} as const;

/** 10 MiB, the least of what accounts may send. */
const FILE_BYTES = 10 * 1024 * 1024;
/** For so long the same nonce gives the same message. */
const NONCE_MS = 180_000;

export interface Told {
  /** Told of each message the fake has kept, before the answer leaves. */
  created(message: FakeMessage): void;
  edited(message: FakeMessage): void;
  thread(type: "THREAD_CREATE" | "THREAD_UPDATE", channel: FakeChannel): void;
  typing(channelId: string): void;
}

export function channelRoutes(world: World, told: Told, url: () => string): Route[] {
  const isThread = ({ type }: FakeChannel): boolean => type >= 10 && type <= 12;
  const json = (message: FakeMessage, { bot }: Call): Answer => ({ json: messageJson(world, message, { bot, url: url() }) });

  /** The channel, where the bot has all of `needed`. */
  function channelOf({ bot, params }: Call, ...needed: (keyof typeof BIT)[]): FakeChannel {
    const channel = world.channels.get(params[0] ?? "");
    if (!channel) throw new Refusal(404, 10003, "Unknown Channel");
    const own = world.permissions(bot.user.id, channel);
    if ((own & BIT.view) === 0n) throw new Refusal(403, 50001, "Missing Access");
    if (needed.some((name) => (own & BIT[name]) === 0n)) throw new Refusal(403, 50013, "Missing Permissions");
    return channel;
  }

  function messageOf({ params }: Call): FakeMessage {
    if (!/^\d{17,19}$/.test(params[1] ?? "")) throw invalid("message_id", "NUMBER_TYPE_COERCE", "Value is not snowflake.");
    const message = world.find(params[0] ?? "", params[1] ?? "");
    if (!message) throw new Refusal(404, 10008, "Unknown Message");
    return message;
  }

  function refuseArchived({ isArchived }: FakeChannel): void {
    if (isArchived) throw new Refusal(400, 50083, "Thread is archived");
  }

  function create(call: Call): Answer {
    const { bot, body, files } = call;
    const where = world.channels.get(call.params[0] ?? "");
    const channel = channelOf(
      call,
      where && isThread(where) ? "sendInThreads" : "send",
      ...(files.length > 0 ? (["attach"] as const) : []),
    );
    if (channel.type === CHANNEL.forum) throw new Refusal(400, 50008, "Cannot send messages in a non-text channel");
    checkMessage(body, files.length);
    if (files.some(({ content }) => content.length > FILE_BYTES)) throw new Refusal(413, 40005, "Request entity too large");
    if (channel.isLocked && channel.isArchived) throw new Refusal(400, 160005, "Thread is locked");
    const nonce = body["nonce"] === undefined ? undefined : String(body["nonce"]);
    const same = body["enforce_nonce"] === true && nonce !== undefined ? known(bot.user.id, channel.id, nonce) : undefined;
    if (same?.isDeleted) throw new Refusal(404, 10008, "Unknown Message");
    if (same) return json(same, call);
    const replyTo = referenceOf(body, channel.id);
    if (channel.isArchived) {
      channel.isArchived = false;
      told.thread("THREAD_UPDATE", channel);
    }
    const message = world.keep({ ...contentOf(call), channelId: channel.id, author: bot.user, nonce, replyTo });
    told.created(message);
    return json(message, call);
  }

  function known(author: string, channelId: string, nonce: string): FakeMessage | undefined {
    return world.messages.find(
      (one) => one.author.id === author && one.channelId === channelId && one.nonce === nonce && one.at > world.now() - NONCE_MS,
    );
  }

  function referenceOf(body: Json, channelId: string): string | undefined {
    const reference = body["message_reference"] as { message_id: string; fail_if_not_exists?: boolean } | undefined;
    if (!reference || world.find(channelId, reference.message_id)) return reference?.message_id;
    if (reference.fail_if_not_exists !== false) throw invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
    return undefined;
  }

  function contentOf({ body, files }: Call): Pick<FakeMessage, "content" | "embeds" | "components" | "attachments" | "pinged"> {
    const content = String(body["content"] ?? "");
    return {
      content,
      embeds: (body["embeds"] ?? []) as Json[],
      components: (body["components"] ?? []) as Json[],
      attachments: files.map(({ name, type, content: bytes }) => ({
        id: world.newId(),
        filename: name,
        content_type: type,
        size: bytes.length,
        content: bytes,
      })),
      pinged: pinged(content, body["allowed_mentions"] as Json | undefined),
    };
  }

  function edit(call: Call): Answer {
    const channel = channelOf(call);
    const message = messageOf(call);
    if (message.author.id !== call.bot.user.id) throw new Refusal(403, 50005, "Cannot edit a message authored by another user");
    checkMessage({ content: message.content, ...call.body }, message.attachments.length);
    refuseArchived(channel);
    const changed = contentOf({
      ...call,
      body: { content: message.content, embeds: message.embeds, components: message.components, ...call.body },
    });
    Object.assign(message, {
      content: changed.content,
      embeds: changed.embeds,
      components: changed.components,
      pinged: [...message.pinged, ...changed.pinged],
    });
    message.editedAt = world.now();
    told.edited(message);
    return json(message, call);
  }

  function list(call: Call): Answer {
    const channel = channelOf(call);
    // Without it the list is empty, not an error.
    if ((world.permissions(call.bot.user.id, channel) & BIT.history) === 0n) return { json: [] };
    const limit = Number(call.query.get("limit") ?? 50);
    if (limit < 1 || limit > 100) throw invalid("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 100.");
    const after = call.query.get("after");
    const before = call.query.get("before");
    const all = world.history(channel.id);
    const page =
      after === null
        ? all.filter(({ id }) => before === null || BigInt(id) < BigInt(before)).slice(-limit)
        : all.filter(({ id }) => BigInt(id) > BigInt(after)).slice(0, limit);
    return { json: page.toReversed().map((message) => messageJson(world, message, { bot: call.bot, url: url() })) };
  }

  function react(call: Call): Answer {
    const channel = channelOf(call, "addReactions");
    const message = messageOf(call);
    refuseArchived(channel);
    const emoji = call.params[2] ?? "";
    if (!/\p{Extended_Pictographic}/u.test(emoji)) throw new Refusal(400, 10014, "Unknown Emoji");
    if (!message.reactions.has(emoji) && message.reactions.size >= 20)
      throw new Refusal(400, 30010, "Maximum number of reactions reached (20)");
    message.reactions.set(emoji, (message.reactions.get(emoji) ?? new Set()).add(call.bot.user.id));
    return {};
  }

  function threadFromMessage(call: Call): Answer {
    const parent = channelOf(call, "publicThreads");
    const message = messageOf(call);
    checkName(call.body["name"]);
    if (isThread(parent) || parent.type === CHANNEL.direct) throw new Refusal(400, 50024, "Cannot execute action on this channel type");
    if (world.channels.has(message.id)) throw new Refusal(400, 160004, "A thread has already been created for this message");
    return { status: 201, json: channelJson(world, open(call, parent, message.id)) };
  }

  function thread(call: Call): Answer {
    const parent = channelOf(call, "send");
    checkName(call.body["name"]);
    if (parent.type !== CHANNEL.forum) return { status: 201, json: channelJson(world, open(call, parent, world.newId())) };
    if (parent.requiresTag && !call.body["applied_tags"])
      throw new Refusal(400, 40067, "A tag is required to create a forum post in this channel");
    const first = call.body["message"] as Json;
    checkMessage(first, call.files.length);
    const opened = open(call, parent, world.newId());
    const message = world.keep({ ...contentOf({ ...call, body: first }), id: opened.id, channelId: opened.id, author: call.bot.user });
    told.created(message);
    return { status: 201, json: { ...channelJson(world, opened), message: messageJson(world, message, { bot: call.bot, url: url() }) } };
  }

  function open({ bot, body }: Call, parent: FakeChannel, id: string): FakeChannel {
    const type = parent.type === CHANNEL.announcement ? CHANNEL.announcementThread : CHANNEL.publicThread;
    const opened: FakeChannel = {
      id,
      type,
      guildId: parent.guildId,
      parentId: parent.id,
      name: String(body["name"]),
      ownerId: bot.user.id,
      overwrites: [],
      lastMessageId: null,
    };
    world.channels.set(id, opened);
    told.thread("THREAD_CREATE", opened);
    return opened;
  }

  function change(call: Call): Answer {
    const channel = channelOf(call, ...(call.body["locked"] !== undefined ? (["manageThreads"] as const) : []));
    if (call.body["name"] !== undefined) {
      checkName(call.body["name"]);
      channel.name = call.body["name"];
    }
    if (call.body["archived"] !== undefined) channel.isArchived = call.body["archived"] === true;
    if (call.body["locked"] !== undefined) channel.isLocked = call.body["locked"] === true;
    told.thread("THREAD_UPDATE", channel);
    return { json: channelJson(world, channel) };
  }

  function archived(call: Call): Answer {
    const parent = channelOf(call, "history");
    const threads = [...world.channels.values()].filter((one) => one.parentId === parent.id && one.isArchived);
    return { json: { threads: threads.map((one) => channelJson(world, one)), members: [], has_more: false } };
  }

  function direct({ bot, body }: Call): Answer {
    const other = world.users.get(String(body["recipient_id"]));
    if (!other || other.bot) throw new Refusal(400, 50007, "Cannot send messages to this user");
    const known = [...world.channels.values()].find(
      (one) => one.type === 1 && one.recipients?.includes(bot.user.id) && one.recipients.includes(other.id),
    );
    const channel: FakeChannel = known ?? {
      id: world.newId(),
      type: CHANNEL.direct,
      guildId: undefined,
      parentId: undefined,
      name: "",
      recipients: [bot.user.id, other.id],
      overwrites: [],
      lastMessageId: null,
    };
    world.channels.set(channel.id, channel);
    return { json: channelJson(world, channel) };
  }

  function download({ params, query }: Call): Answer {
    const file = world.messages.flatMap(({ attachments }) => attachments).find(({ id }) => id === params[0]);
    const until = query.get("ex") ?? "";
    const isGood = query.get("hm") === signatureOf(params[0] ?? "", until) && parseInt(until, 16) * 1000 > world.now();
    if (!file || !isGood) throw new Refusal(404, 0, "This content is no longer available.");
    return { bytes: file.content };
  }

  return [
    { method: "GET", path: /\/channels\/(\d+)/, answer: (call) => ({ json: channelJson(world, channelOf(call)) }) },
    { method: "PATCH", path: /\/channels\/(\d+)/, bucket: "renames", answer: change },
    { method: "POST", path: /\/channels\/(\d+)\/messages/, bucket: "messages", answer: create },
    { method: "GET", path: /\/channels\/(\d+)\/messages/, answer: list },
    {
      method: "GET",
      path: /\/channels\/(\d+)\/messages\/(\d+)/,
      answer: (call) => (channelOf(call, "history"), json(messageOf(call), call)),
    },
    { method: "PATCH", path: /\/channels\/(\d+)\/messages\/([^/]+)/, bucket: "edits", answer: edit },
    { method: "PUT", path: /\/channels\/(\d+)\/messages\/([^/]+)\/reactions\/([^/]+)\/@me/, answer: react },
    { method: "POST", path: /\/channels\/(\d+)\/messages\/(\d+)\/threads/, answer: threadFromMessage },
    { method: "POST", path: /\/channels\/(\d+)\/threads/, answer: thread },
    { method: "GET", path: /\/channels\/(\d+)\/threads\/archived\/public/, answer: archived },
    { method: "POST", path: /\/channels\/(\d+)\/typing/, answer: (call) => (told.typing(channelOf(call).id), {}) },
    { method: "POST", path: /\/users\/@me\/channels/, answer: direct },
    { method: "GET", path: /\/cdn\/attachments\/\d+\/(\d+)\/[^/]+/, isOpen: true, answer: download },
  ];
}

/** Whom a text notifies. Left out, all in it are. */
function pinged(content: string, allowed: Json | undefined): string[] {
  const named = [...new Set([...content.matchAll(/<@!?(\d+)>/g)].map(([, id = ""]) => id))];
  const everyone = /@(?:everyone|here)/.test(content) ? ["@everyone"] : [];
  if (!allowed) return [...named, ...everyone];
  const { parse = [], users = [] } = allowed as { parse?: string[]; users?: string[] };
  return [...named.filter((id) => parse.includes("users") || users.includes(id)), ...everyone.filter(() => parse.includes("everyone"))];
}
