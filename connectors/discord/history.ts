/**
 * Which channels to look into after an absence, and what stands there. Presses made meanwhile are lost on Discord; the buttons are still there.
 */
import type { Client } from "discord.js";
import { z } from "zod";
import type { Page } from "../shared/gap.ts";
import type { Marks } from "../shared/marks.ts";
import { isDropped } from "../shared/api-error.ts";
import { type Api } from "./api.ts";
import { snowflakes } from "./ids.ts";

const PAGE = 100;
const page = z.array(z.looseObject({ id: z.string() }));

/** Those whose last message is after their mark; archived threads and direct messages, of which the gateway tells nothing, are always asked. */
export async function waitingIn({ channels }: Client, marks: Marks): Promise<string[]> {
  const found: string[] = [];
  for (const [id, channel] of channels.cache) {
    const last = channel.isTextBased() && !channel.isDMBased() ? channel.lastMessageId : undefined;
    const since = last ? await marks.since(id) : undefined;
    if (last && since !== undefined && snowflakes.isLater(last, since)) found.push(id);
  }
  const isToldOf = (id: string): boolean => channels.cache.get(id)?.isDMBased() === false;
  return [...found, ...(await marks.known()).filter((id) => !isToldOf(id))];
}

/** Undefined when this channel cannot be read. */
export async function readAfter(api: Api, channel: string, after: string): Promise<Page | undefined> {
  try {
    const found = page.parse(await api.get(`/channels/${channel}/messages`, { after, limit: String(PAGE) }));
    const messages = found.toSorted((one, other) => (snowflakes.isLater(one.id, other.id) ? 1 : -1));
    return { messages, hasMore: messages.length === PAGE };
  } catch (thrown) {
    if (isDropped(thrown)) return undefined;
    throw thrown;
  }
}
