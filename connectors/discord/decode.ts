/**
 * From Discord's messages to the hub's: what is not for us, or says nothing, is undefined. Pure. Payloads: Discord Developer Docs, Message
 * (2026); what a server of that kind leaves out is taken as absent.
 */
import { z } from "zod";
import type { ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { editedEvent } from "../shared/changes.ts";
import { type Decoded, decodedAs } from "../shared/meant.ts";
import { timeOf } from "./ids.ts";

export const user = z.object({
  id: z.string(),
  username: z.string().default(""),
  global_name: z.string().nullish(),
  bot: z.boolean().nullish(),
});

const file = z.object({ filename: z.string(), size: z.number(), url: z.string(), content_type: z.string().nullish() });
export type DiscordFile = z.infer<typeof file>;

export const discordMessage = z.object({
  id: z.string(),
  channel_id: z.string(),
  type: z.number().default(0),
  author: user.optional(),
  member: z.object({ nick: z.string().nullish() }).nullish(),
  webhook_id: z.string().nullish(),
  content: z.string().default(""),
  edited_timestamp: z.string().nullish(),
  mentions: z.array(user).default([]),
  mention_roles: z.array(z.string()).default([]),
  attachments: z.array(file).default([]),
  sticker_items: z.array(z.object({ name: z.string() })).default([]),
  message_snapshots: z.array(z.object({ message: z.object({ content: z.string().default("") }) })).default([]),
  referenced_message: z.object({ author: z.object({ id: z.string() }) }).nullish(),
});
export type DiscordMessage = z.infer<typeof discordMessage>;

/** Where a Discord channel lies in the hub's words: a thread is a channel with a parent. */
export interface At {
  readonly workspaceId: string | undefined;
  readonly chatId: string;
  readonly threadId: string | undefined;
  readonly direct: boolean;
}

/** `roles`: those that are the bot's alone; people pick them for the bot itself. */
export interface Self {
  readonly id: string;
  readonly roles: readonly string[];
}

export interface Said extends Decoded {
  readonly files: readonly DiscordFile[];
}

/** Ordinary messages and replies; all other types are the system's own (4 renamed, 18 thread created, 21 thread starter …). */
const TYPES: readonly number[] = [0, 19];
export function decodeMessage(message: DiscordMessage, { direct, ...at }: At, self: Self): Said | undefined {
  const { id, author, member, webhook_id: webhook, type, attachments: files } = message;
  if (!author || author.bot || author.id === self.id || webhook || !TYPES.includes(type)) return undefined;
  const text = textOf(message, self);
  if (text === "" && files.length === 0) return undefined;
  const mentionsBot = isMentioned(message, self);
  const by = { sender: author.id, senderName: member?.nick ?? author.global_name ?? author.username };
  const said = { eventId: id, ...by, ts: new Date(timeOf(id)).toISOString(), ...at, text, direct, mentionsBot };
  return { ...decodedAs(said), files };
}

/** Undefined without a time: Discord also tells of a preview it has added. */
export function decodeEdited(time: string | null | undefined, message: InboundMessage): ConnectorEvent | undefined {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? undefined : editedEvent(message, at, at);
}

function isMentioned({ mentions, mention_roles, content, referenced_message: original }: DiscordMessage, { id, roles }: Self): boolean {
  const isNamed = mentions.some((one) => one.id === id) || mention_roles.some((role) => roles.includes(role));
  return isNamed || content.includes(`<@${id}>`) || original?.author.id === id;
}

/** Without the mention of the bot; other people by their names; what has no text in words. */
function textOf({ content, mentions, message_snapshots, sticker_items }: DiscordMessage, { id, roles }: Self): string {
  const own = [`<@${id}>`, `<@!${id}>`, ...roles.map((role) => `<@&${role}>`)];
  const text = own
    .reduce((left, mention) => left.replaceAll(mention, ""), content)
    .replace(/<@!?(\d+)>/g, (whole, other: string) => {
      const found = mentions.find((one) => one.id === other);
      return found ? `@${found.global_name ?? found.username}` : whole;
    })
    .replace(/<a?(:\w+:)\d+>/g, "$1")
    .trim();
  const forwarded = message_snapshots.map((one) => one.message.content.replace(/^/gm, "> "));
  return [text, ...forwarded, ...sticker_items.map(({ name }) => `[sticker: ${name}]`)].filter(Boolean).join("\n");
}
