/**
 * Updates reach the hub: messages in the order of their chat, presses at once. An update is confirmed to Telegram when all before it and itself
 * have been taken; what the hub could not take comes again.
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import type { Attachment } from "../../src/contract/message.ts";
import type { Inward } from "../shared/account.ts";
import { isMeant } from "../shared/meant.ts";
import { type SentFile, takeFiles } from "../shared/take-files.ts";
import type { Api } from "./api.ts";
import { callbackQuery, type CallbackQuery } from "./answer.ts";
import { decodeEdited, decodeMessage, decodeMoved, type Self, type TelegramFile, telegramMessage } from "./decode.ts";
import type { Topics } from "./topics.ts";

/** What is none of these is none of ours. */
export const update = z.object({
  update_id: z.number(),
  message: telegramMessage.optional().catch(undefined),
  edited_message: telegramMessage.optional().catch(undefined),
  callback_query: callbackQuery.optional().catch(undefined),
});
export type Update = z.infer<typeof update>;
export const UPDATE_KINDS = ["message", "edited_message", "callback_query"] as const;

/** getFile (2026). */
const DOWNLOAD_BYTES = 20 * 1024 * 1024;
const DOWNLOAD_MS = 60_000;

export interface ReceiveParts extends Inward {
  readonly context: ConnectorContext;
  readonly api: Api;
  readonly topics: Pick<Topics, "hear">;
  readonly onPress: (query: CallbackQuery) => Promise<void>;
}

/** Resolves with the id of the first update that could not be taken; undefined: all were. */
export type Receive = (updates: readonly Update[], self: Self) => Promise<number | undefined>;

export function createReceive({ context, api, topics, onPress, ...inward }: ReceiveParts): Receive {
  const { log, setTimer } = context;

  async function take([first, ...parts]: Group, self: Self): Promise<void> {
    const { message, edited_message: edited, callback_query: press } = first;
    if (press) return onPress(press);
    const change = edited && decodeEdited(edited, self);
    if (change && (await isMeant(change, context))) await inward.deliverEvent(change.event);
    if (edited) return;
    if (!message) return log.warn({ update: first.update_id }, "an update is not in a shape we know; it was passed over");
    const moved = decodeMoved(message);
    if (moved) return void (await inward.deliverEvent(moved));
    const decoded = decodeMessage([message, ...parts.flatMap((part) => part.message ?? [])], self);
    await topics.hear(message, decoded?.message.text ?? "");
    if (decoded && (await isMeant(decoded, context)))
      await inward.deliverMessage(await takeFiles(decoded.message, decoded.files.map(sentFile)));
  }

  const sentFile = (file: TelegramFile): SentFile => ({ name: file.file_name ?? "", fetch: () => fetchFile(file) });

  async function fetchFile({ file_id, file_name: name = "", mime_type: mimeType, file_size: bytes }: TelegramFile): Promise<Attachment> {
    if (bytes > DOWNLOAD_BYTES) throw new Error("bots are given files of up to 20 MiB");
    const late = new AbortController();
    const done = setTimer(DOWNLOAD_MS, () => late.abort(new Error("it took too long")));
    try {
      return await context.files.keep(await api.download(file_id, late.signal), { name, mimeType });
    } finally {
      done();
    }
  }

  /** Of one chat, in its order; what follows one that could not be taken waits with it. */
  async function inOrder(groups: readonly Group[], self: Self): Promise<number | undefined> {
    for (const group of groups) {
      try {
        await take(group, self);
      } catch (thrown) {
        log.warn({ reason: (thrown as Error).message }, "an update could not be taken; it will come again");
        return group[0].update_id;
      }
    }
    return undefined;
  }

  return async (updates, self) => {
    const lanes = Map.groupBy(groupsOf(updates), laneOf);
    const missed = await Promise.all([...lanes.values()].map((groups) => inOrder(groups, self)));
    const ids = missed.filter((id) => id !== undefined);
    return ids.length === 0 ? undefined : Math.min(...ids);
  };
}

type Group = [Update, ...Update[]];

/** A press waits for nobody. */
function laneOf([{ update_id: id, message, edited_message: edited }]: Group): string {
  const chat = (message ?? edited)?.chat.id;
  return chat === undefined ? `update ${id}` : `chat ${chat}`;
}

/** The album a message is a part of. */
export function albumOf({ message }: Update): string | undefined {
  return message?.media_group_id === undefined ? undefined : `${message.chat.id}/${message.media_group_id}`;
}

/** The parts of an album together, in the place of the first. */
function groupsOf(updates: readonly Update[]): Group[] {
  return [...Map.groupBy(updates, (one) => albumOf(one) ?? one.update_id).values()] as Group[];
}
