/**
 * What comes over the gateway reaches the hub: messages in the order of their channel, presses at once. Discord asks for no confirmation, so
 * what the hub could not take is fetched again from history.
 */
import type { Client } from "discord.js";
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Attachment, InboundMessage } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import { deletedEvent } from "../shared/changes.ts";
import type { Gap } from "../shared/gap.ts";
import { createHearing } from "../shared/hearing.ts";
import type { Marks } from "../shared/marks.ts";
import { isMeant } from "../shared/meant.ts";
import { createRecent } from "../shared/recent.ts";
import { takeFiles } from "../shared/take-files.ts";
import {
  type At,
  decodeEdited,
  decodeMessage,
  type DiscordFile,
  type DiscordMessage,
  discordMessage,
  type Said,
  type Self,
} from "./decode.ts";
import type { Packet } from "./session.ts";

export interface ReceiveParts extends Inward {
  readonly context: ConnectorContext;
  readonly marks: Marks;
  readonly apiBase: string;
  readonly gap: () => Pick<Gap, "inTurn" | "retry">;
  readonly onInteraction: (data: unknown, client: Client) => Promise<void>;
}

export interface Receive {
  packet(packet: Packet, client: Client): void;
  /** A message as the API gives it. True when it was one for us and the hub has taken it. */
  take(payload: unknown, client: Client): Promise<boolean>;
}

const deletion = z.object({ id: z.string(), channel_id: z.string() });
/** Whose messages can still be changed and taken back. */
const MOST_REMEMBERED = 1000;

export function createReceive({ context, marks, apiBase, gap, onInteraction, ...inward }: ReceiveParts): Receive {
  const { log, now } = context;
  /** Of the latest messages, by their ids. */
  const taken = createRecent<InboundMessage>(MOST_REMEMBERED);
  const hear = createHearing({ marks, context, gap });

  function packet({ t, d }: Packet, client: Client): void {
    const { channel_id: channel } = (d ?? {}) as { readonly channel_id?: string };
    const inTurn = (work: (payload: unknown, client: Client) => Promise<unknown>): void =>
      void gap()
        .inTurn(String(channel), () => work(d, client))
        .catch(report);
    if (t === "INTERACTION_CREATE") void onInteraction(d, client).catch(report);
    else if (t === "MESSAGE_CREATE") inTurn(take);
    else if (t === "MESSAGE_UPDATE") inTurn(edited);
    else if (t === "MESSAGE_DELETE") inTurn(deleted);
  }

  const report = (thrown: unknown): void => log.warn({ err: thrown }, "an event of Discord could not be taken");

  async function take(payload: unknown, client: Client): Promise<boolean> {
    const { data: said } = discordMessage.safeParse(payload);
    if (!said) return false;
    const { id, channel_id: channel } = said;
    try {
      return await hear({ key: channel, id, decode: () => decode(said, client), hand });
    } catch (thrown) {
      log.warn({ channel, err: thrown }, "a message could not be taken; it will be fetched again");
      return false;
    }
  }

  async function decode(said: DiscordMessage, client: Client): Promise<Said | undefined> {
    const at = await placeOf(said.channel_id, client);
    return at && decodeMessage(said, at, selfOf(client, at));
  }

  async function hand({ message, files }: Said): Promise<void> {
    const sent = files.map((file) => ({ name: file.filename, fetch: () => fetchFile(file, context.files.keep, apiBase) }));
    await inward.deliverMessage(await takeFiles(message, sent));
    taken.set(message.eventId, message);
  }

  async function edited(payload: unknown, client: Client): Promise<void> {
    const { data: said } = discordMessage.safeParse(payload);
    const decoded = said && (await decode(said, client));
    const event = decoded && decodeEdited(said.edited_timestamp, decoded.message);
    if (event && (await isMeant(decoded, context))) await inward.deliverEvent(event);
  }

  async function deleted(payload: unknown): Promise<void> {
    const message = taken.get(deletion.safeParse(payload).data?.id ?? "");
    if (!message) return;
    await inward.deliverEvent(deletedEvent(message, new Date(now()).toISOString()));
  }

  return { packet, take };
}

/** Undefined: a channel the bot cannot see. */
export async function placeOf(id: string, { channels }: Client): Promise<At | undefined> {
  const channel = channels.cache.get(id) ?? (await channels.fetch(id));
  if (!channel) return undefined;
  if (channel.isDMBased()) return { workspaceId: undefined, chatId: id, threadId: undefined, direct: true };
  const at = { workspaceId: channel.guildId, direct: false };
  return channel.isThread() ? { ...at, chatId: channel.parentId ?? id, threadId: id } : { ...at, chatId: id, threadId: undefined };
}

function selfOf({ user, guilds }: Client, { workspaceId = "" }: At): Self {
  const role = user && guilds.cache.get(workspaceId)?.roles.botRoleFor(user);
  return { id: user?.id ?? "", roles: role ? [role.id] : [] };
}

/** Only from Discord's own servers, or from the one that is configured in its place. */
async function fetchFile(file: DiscordFile, keep: ConnectorContext["files"]["keep"], apiBase: string): Promise<Attachment> {
  const url = new URL(file.url);
  const isDiscord = url.protocol === "https:" && /(^|\.)discord(app)?\.(com|net)$/.test(url.hostname);
  if (!isDiscord && url.host !== new URL(apiBase).host) throw new Error("it lies on another server");
  const response = await fetch(url, { redirect: "error" });
  if (!response.ok || !response.body) throw new Error(`Discord answers ${response.status}`);
  return keep(response.body, { name: file.filename, mimeType: file.content_type?.split(";")[0] });
}
