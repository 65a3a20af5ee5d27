/**
 * From Slack's messages to the hub's: what is not for us, or says nothing, is undefined. Pure. Payloads: Slack Developer Docs, Events
 * reference, "message" (2026); what a server of that kind leaves out is taken as absent.
 */
import { z } from "zod";
import type { ConnectorEvent } from "../../src/contract/message.ts";
import { deletedEvent, editedEvent, movedEvent } from "../shared/changes.ts";
import { mentionedIn, readMrkdwn } from "../shared/markdown/read-mrkdwn.ts";
import { type Decoded, decodedAs } from "../shared/meant.ts";
import { eventIdOf, isTs, timeOf } from "./ids.ts";

const word = z.string().nullish();
/** `file_access: check_file_info`: from another workspace; all but the id must be asked for. */
const file = z.object({
  id: z.string(),
  name: word,
  mimetype: word,
  size: z.number().nullish(),
  url_private_download: word,
  file_access: word,
});
export type SlackFile = z.infer<typeof file>;

const ts = z.string().refine(isTs);
const text = word.transform((given) => given ?? "");
const edited = z.object({ ts }).nullish();
const files = z.array(file).nullish();
export const slackMessage = z.object({ subtype: word, user: word, bot_id: word, text, ts, thread_ts: ts.nullish(), files, edited });
export type SlackMessage = z.infer<typeof slackMessage>;

const inChannel = { channel: z.string(), channel_type: z.string().nullish() };
export const spoken = slackMessage.extend(inChannel);
export const changed = z.object({ ...inChannel, message: slackMessage, previous_message: slackMessage });
export const removed = z.object({ ...inChannel, previous_message: slackMessage });
export const renumbered = z.object({ old_channel_id: z.string(), new_channel_id: z.string(), event_ts: ts });

/** The channel a message stands in. History does not tell its kind; a direct message's id begins with D. */
export interface At {
  readonly channel: string;
  readonly channel_type?: string | null | undefined;
}

export interface Self {
  readonly userId: string;
  readonly teamId: string;
}

export interface DecodeOptions {
  readonly self: Self;
  readonly directThreads: boolean;
  readonly nameOf: (userId: string) => string | undefined;
}

export type DecodedEvent = Decoded & { readonly event: ConnectorEvent };

/** Of a person's own words. All others are the system's or a program's. */
const SUBTYPES: readonly string[] = ["file_share", "thread_broadcast", "me_message"];
export function decodeMessage(said: SlackMessage, at: At, { self, directThreads, nameOf }: DecodeOptions): Decoded | undefined {
  const { user, bot_id: bot, subtype, ts } = said;
  if (!user || bot || user === self.userId || user === "USLACKBOT" || (subtype && !SUBTYPES.includes(subtype))) return undefined;
  const text = readMrkdwn(said.text, (id) => (id === self.userId ? "" : `@${nameOf(id) ?? id}`));
  if (text === "" && !said.files?.length) return undefined;
  const direct = (at.channel_type ?? (at.channel.startsWith("D") ? "im" : "")) === "im";
  const mentionsBot = mentionedIn(said.text).includes(self.userId);
  const by = { sender: user, senderName: nameOf(user), ts: new Date(timeOf(ts)).toISOString() };
  const place = { workspaceId: self.teamId, chatId: at.channel, threadId: threadOf(said) ?? (direct && directThreads ? ts : undefined) };
  return decodedAs({ eventId: eventIdOf(at.channel, ts), ...by, ...place, text, direct, mentionsBot });
}

/** A thread's first message is in the channel, though it names the thread. */
export function threadOf({ ts, thread_ts: thread }: Pick<SlackMessage, "ts" | "thread_ts">): string | undefined {
  return thread && thread !== ts ? thread : undefined;
}

/** Undefined where no words have changed: Slack also tells of a preview or an answer it has added. */
export function decodeChanged(
  { message, previous_message: before, ...at }: z.infer<typeof changed>,
  options: DecodeOptions,
): DecodedEvent | undefined {
  const decoded = message.edited && message.text !== before.text ? decodeMessage(message, at, options) : undefined;
  if (!decoded || !message.edited) return undefined;
  const { ts } = message.edited;
  return { ...decoded, event: editedEvent(decoded.message, timeOf(ts), ts) };
}

export function decodeRemoved(
  { previous_message: before, ...at }: z.infer<typeof removed>,
  options: DecodeOptions,
): DecodedEvent | undefined {
  const decoded = decodeMessage(before, at, options);
  return decoded && { ...decoded, event: deletedEvent(decoded.message, decoded.message.ts) };
}

/** A channel has another id from now on, as when it is shared with another workspace; what was said in it keeps its own ids. */
export function decodeMoved(
  { old_channel_id: from, new_channel_id: to, event_ts }: z.infer<typeof renumbered>,
  self: Self,
): ConnectorEvent {
  const at = timeOf(event_ts);
  return movedEvent({ by: "slack", workspaceId: self.teamId, from: { chatId: from }, to: { chatId: to }, at });
}
