/** The Web API's methods over the fake's books. Each throws a Refusal in Slack's words. */
import { z } from "zod";
import { checkBlocks, checkView, MARKDOWN_MAX, TEXT_MAX, UPDATE_TEXT_MAX } from "./rules.ts";
import { type Block, type FakeChannel, type FakeMessage, Refusal } from "./shapes.ts";
import type { World } from "./world.ts";

export interface Desk {
  readonly world: World;
  readonly uploadUrl: (id: string) => string;
}

const json = <T>(schema: z.ZodType<T>) =>
  z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new Refusal("invalid_arguments", { response_metadata: { messages: ["not JSON"] } });
    }
  }, schema);

const flag = z.preprocess((value) => value === true || value === "true" || value === "1", z.boolean());
const count = z.coerce.number().int();
const blocks = json(z.array(z.looseObject({ type: z.string(), block_id: z.string().optional() })));
const metadata = json(z.looseObject({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }));
const body = z.object({
  channel: z.string(),
  text: z.string().optional(),
  markdown_text: z.string().optional(),
  blocks: blocks.optional(),
  metadata: metadata.optional(),
  thread_ts: z.string().optional(),
  parse: z.string().default("none"),
  link_names: flag.default(false),
});

type Method = (fields: Readonly<Record<string, unknown>>, desk: Desk) => Record<string, unknown>;

/** Those the fake knows; every other one is `unknown_method`. Tokens and connections are the server's. */
export const METHODS: Readonly<Record<string, Method>> = {
  "auth.test": (_fields, { world }) => ({
    url: "https://fake.slack.com/",
    team: "Fake",
    user: "mos",
    team_id: world.teamId,
    user_id: world.botUser,
    bot_id: world.botId,
    is_enterprise_install: false,
  }),

  "chat.postMessage"(fields, { world }) {
    const said = parse(body, fields);
    const channel = writable(world, said.channel);
    const threadTs = threadOf(world, channel, said.thread_ts);
    const message = world.keep({
      channel: channel.id,
      user: world.botUser,
      botId: world.botId,
      threadTs,
      ...contentOf(said),
      metadata: said.metadata,
    });
    return { channel: channel.id, ts: message.ts, message: world.shown(message) };
  },

  "chat.postEphemeral"(fields, { world }) {
    const said = parse(body.extend({ user: z.string() }), fields);
    const channel = writable(world, said.channel);
    if (!channel.members.includes(said.user)) throw new Refusal("user_not_in_channel");
    const threadTs = said.thread_ts;
    const message = world.keep({
      channel: channel.id,
      user: world.botUser,
      botId: world.botId,
      threadTs,
      onlyFor: said.user,
      ...contentOf(said),
    });
    return { message_ts: message.ts };
  },

  "chat.update"(fields, { world }) {
    const said = parse(body.extend({ ts: z.string() }), fields);
    const message = own(world, writable(world, said.channel), said.ts);
    if ((said.text?.length ?? 0) > UPDATE_TEXT_MAX) throw new Refusal("msg_too_long");
    const changed = contentOf(said);
    Object.assign(
      message,
      changed,
      { pinged: [...message.pinged, ...changed.pinged], isEdited: true },
      said.metadata ? { metadata: said.metadata } : {},
    );
    return { channel: message.channel, ts: message.ts, text: message.text, message: world.shown(message) };
  },

  "chat.delete"(fields, { world }) {
    const at = parse(z.object({ channel: z.string(), ts: z.string() }), fields);
    own(world, world.channel(at.channel), at.ts).isDeleted = true;
    return { channel: at.channel, ts: at.ts };
  },

  "conversations.history": (fields, { world }) => page(fields, world, (message) => message.threadTs === undefined),

  "conversations.replies"(fields, { world }) {
    const { ts } = parse(z.object({ ts: z.string() }), fields);
    const isIn = (message: FakeMessage): boolean => message.ts === ts || message.threadTs === ts;
    if (!world.messages.some((message) => message.ts === ts)) throw new Refusal("thread_not_found");
    const found = page(fields, world, isIn);
    return { ...found, messages: (found["messages"] as unknown[]).toReversed() };
  },

  "conversations.info": (fields, { world }) => ({
    channel: shownChannel(world.channel(parse(z.object({ channel: z.string() }), fields).channel)),
  }),
  "users.conversations": (_fields, { world }) => ({
    channels: [...world.channels.values()].filter(({ isMember }) => isMember).map(shownChannel),
  }),
  "conversations.list": (_fields, { world }) => ({ channels: [...world.channels.values()].map(shownChannel) }),

  "conversations.open"(fields, { world }) {
    const { users } = parse(z.object({ users: z.string() }), fields);
    const found = [...world.channels.values()].find(({ type, members }) => type === "im" && members[0] === users);
    const channel = found ?? world.addChannel({ id: `D${String(world.channels.size).padStart(8, "0")}`, type: "im", members: [users] });
    return { channel: { id: channel.id } };
  },

  "users.info"(fields) {
    const { user } = parse(z.object({ user: z.string() }), fields);
    return { user: { id: user, name: user.toLowerCase(), profile: { display_name: user.toLowerCase() }, is_bot: false } };
  },

  "reactions.add"(fields, { world }) {
    const { name, message } = reacted(fields, world);
    const users = message.reactions.get(name) ?? new Set<string>();
    if (users.has(world.botUser)) throw new Refusal("already_reacted");
    message.reactions.set(name, users.add(world.botUser));
    return {};
  },

  "reactions.remove"(fields, { world }) {
    const { name, message } = reacted(fields, world);
    if (!message.reactions.get(name)?.delete(world.botUser)) throw new Refusal("no_reaction");
    return {};
  },

  "views.open"(fields, { world }) {
    const { trigger_id: trigger, view } = parse(
      z.object({ trigger_id: z.string(), view: json(z.record(z.string(), z.unknown())) }),
      fields,
    );
    const until = world.triggers.get(trigger);
    if (until === undefined) throw new Refusal("invalid_trigger_id");
    world.triggers.delete(trigger);
    if (until < world.now()) throw new Refusal("expired_trigger_id");
    checkView(view);
    const id = `V${world.views.length + 1}`;
    world.views.push({ trigger, view, id });
    return { view: { id, ...view } };
  },

  "files.getUploadURLExternal"(fields, { world, uploadUrl }) {
    const { filename, length } = parse(
      z.object({ filename: z.string().min(1), length: count.min(1, "length must be more than 0") }),
      fields,
    );
    const id = `F${String(world.files.size + 1).padStart(8, "0")}`;
    world.files.set(id, { id, name: filename, mimetype: "application/octet-stream", bytes: Buffer.alloc(0), channels: [] });
    return { upload_url: `${uploadUrl(id)}?length=${length}`, file_id: id };
  },

  "files.completeUploadExternal"(fields, { world }) {
    const shape = z.object({
      files: json(z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1)),
      channel_id: z.string().optional(),
      thread_ts: z.string().optional(),
      initial_comment: z.string().default(""),
    });
    const { files, channel_id, thread_ts, initial_comment: text } = parse(shape, fields);
    for (const { id } of files) if (!world.files.get(id)?.bytes.length) throw new Refusal("file_not_found");
    if (channel_id === undefined) return { files };
    const channel = writable(world, channel_id);
    const threadTs = threadOf(world, channel, thread_ts);
    for (const { id } of files) world.files.get(id)?.channels.push(channel.id);
    const content = { text, files: files.map(({ id }) => id), pinged: pinged(text, false) };
    world.keep({ channel: channel.id, user: world.botUser, botId: world.botId, threadTs, ...content });
    // The message's ts is not told: files are shared by and by.
    return { files: files.map(({ id }) => world.files.get(id)).flatMap((file) => (file ? [world.shownFile(file)] : [])) };
  },

  "files.info"(fields, { world }) {
    const file = world.files.get(parse(z.object({ file: z.string() }), fields).file);
    if (!file) throw new Refusal("file_not_found");
    const shares = world.messages.filter(({ files }) => files.includes(file.id)).map(({ channel, ts }) => [channel, [{ ts }]] as const);
    return { file: { ...world.shownFile(file), shares: { private: Object.fromEntries(shares) } } };
  },

  "assistant.threads.setStatus"(fields, { world }) {
    const {
      channel_id: channel,
      thread_ts: thread,
      status,
    } = parse(z.object({ channel_id: z.string(), thread_ts: z.string(), status: z.string() }), fields);
    world.channel(channel);
    world.statuses.push({ channel, thread, status });
    return {};
  },

  "assistant.threads.setTitle"(fields, { world }) {
    world.channel(parse(z.object({ channel_id: z.string(), thread_ts: z.string(), title: z.string().min(1) }), fields).channel_id);
    return {};
  },
};

/** What sends a message that people see: faults are for these. */
export const SENDING = ["chat.postMessage", "files.completeUploadExternal"];

function contentOf({
  text,
  markdown_text,
  blocks: drawn,
  parse: how,
  link_names: isLinking,
}: z.infer<typeof body>): Pick<FakeMessage, "text" | "blocks" | "pinged"> {
  if (markdown_text !== undefined && (text !== undefined || drawn !== undefined)) throw new Refusal("markdown_text_conflict");
  if ((markdown_text?.length ?? 0) > MARKDOWN_MAX) throw new Refusal("msg_too_long");
  if (drawn) checkBlocks(drawn as readonly Block[]);
  const words = text ?? markdown_text ?? "";
  if (words === "" && !drawn?.length) throw new Refusal("no_text");
  const shown = [words, drawn?.length ? JSON.stringify(drawn) : ""].join("\n");
  return { text: words.slice(0, TEXT_MAX), blocks: (drawn ?? []) as readonly Block[], pinged: pinged(shown, isLinking || how !== "none") };
}

/** Whom a text notifies. With `link_names`, or `parse` other than none, it need not be in pointed brackets. */
function pinged(text: string, isLinking: boolean): string[] {
  const named = [...text.matchAll(/<@(\w+)(?:\|[^>]*)?>|<!(channel|here|everyone|subteam\^\w+)/g)].map(([, id, call]) => id ?? `@${call}`);
  const linked = isLinking ? [...text.matchAll(/@[\w.-]+/g)].map(([name]) => name) : [];
  return [...new Set([...named, ...linked])];
}

function writable(world: World, id: string): FakeChannel {
  const channel = world.channel(id);
  if (channel.isArchived) throw new Refusal("is_archived");
  if (!channel.isMember) throw new Refusal("not_in_channel");
  return channel;
}

/** An answer's own ts names no thread: Slack wants its parent's. */
function threadOf(world: World, channel: FakeChannel, ts: string | undefined): string | undefined {
  if (ts === undefined) return undefined;
  if (channel.locked.has(ts)) throw new Refusal("restricted_action_thread_locked");
  const parent = world.message(channel.id, ts);
  if (!parent || parent.threadTs !== undefined) throw new Refusal("cannot_reply_to_message");
  return ts;
}

function own(world: World, channel: FakeChannel, ts: string): FakeMessage {
  const message = world.message(channel.id, ts);
  if (!message || message.onlyFor !== undefined) throw new Refusal("message_not_found");
  if (message.user !== world.botUser) throw new Refusal("cant_update_message");
  return message;
}

function page(fields: Readonly<Record<string, unknown>>, world: World, isIn: (message: FakeMessage) => boolean): Record<string, unknown> {
  const shape = z.object({
    channel: z.string(),
    oldest: z.string().default("0"),
    latest: z.string().optional(),
    inclusive: flag.default(false),
    limit: count.min(1).max(999).default(100),
    cursor: z.string().default(""),
    include_all_metadata: flag.default(false),
  });
  const { channel: id, oldest, latest, inclusive, limit, cursor, include_all_metadata } = parse(shape, fields);
  const channel = world.channel(id);
  if (!channel.isMember) throw new Refusal("not_in_channel");
  const isAfter = (ts: string): boolean => (inclusive ? ts >= oldest : ts > oldest);
  const isBefore = (ts: string): boolean => latest === undefined || (inclusive ? ts <= latest : ts < latest);
  const found = world.messages
    .filter((one) => one.channel === id && !one.isDeleted && one.onlyFor === undefined && isIn(one) && isAfter(one.ts) && isBefore(one.ts))
    .toReversed();
  const from = Number(cursor || 0);
  const messages = found.slice(from, from + limit).map((message) => {
    const { metadata: kept, ...shown } = world.shown(message);
    return include_all_metadata && kept ? { ...shown, metadata: kept } : shown;
  });
  const hasMore = from + limit < found.length;
  return { messages, has_more: hasMore, response_metadata: { next_cursor: hasMore ? String(from + limit) : "" } };
}

function reacted(fields: Readonly<Record<string, unknown>>, world: World): { name: string; message: FakeMessage } {
  const { channel, timestamp, name } = parse(z.object({ channel: z.string(), timestamp: z.string(), name: z.string() }), fields);
  const message = world.message(world.channel(channel).id, timestamp);
  if (!message) throw new Refusal("message_not_found");
  if (!/^[a-z0-9_+'-]+$/.test(name)) throw new Refusal("invalid_name");
  return { name, message };
}

function shownChannel({ id, name, type, isArchived, isMember }: FakeChannel): Record<string, unknown> {
  const kinds = { is_channel: type === "channel", is_group: type === "group", is_im: type === "im", is_mpim: type === "mpim" };
  return { id, name, ...kinds, is_archived: isArchived, is_member: isMember };
}

function parse<T>(schema: z.ZodType<T>, fields: unknown): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal("invalid_arguments", { response_metadata: { messages: [`[ERROR] ${issue?.path.join(".")}: ${issue?.message}`] } });
}
