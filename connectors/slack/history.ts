/**
 * What stands in Slack's history after an absence: in every conversation the bot is in, and in the threads that were lately in use, since a
 * channel's history has no answers. Slack Developer Docs, "Retrieving messages", conversations.history, conversations.replies (2026).
 */
import { z } from "zod";
import type { Page } from "../shared/gap.ts";
import type { Marks } from "../shared/marks.ts";
import { isDropped } from "../shared/api-error.ts";
import { type Api, type Arguments } from "./api.ts";
import { readingOf, stamps } from "./ids.ts";
import type { Past } from "./receive.ts";

const PAGE = 200;
/** Of one channel or thread; then the oldest of them. */
const MOST_PAGES = 50;
/** conversations.replies may be called 50 times a minute, and people wait meanwhile. */
const MOST_THREADS = 45;

const about = z.object({ next_cursor: z.string().default("") }).default({ next_cursor: "" });
const conversations = z.object({ channels: z.array(z.object({ id: z.string() })), response_metadata: about });
const history = z.object({ messages: z.array(z.looseObject({ ts: z.string() })), response_metadata: about });
export type Told = z.infer<typeof history>["messages"][number];

async function pages<T extends { readonly response_metadata: z.infer<typeof about> }>(
  read: (at: Arguments) => Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let cursor: string | undefined; cursor !== "" && found.length < MOST_PAGES; cursor = found.at(-1)?.response_metadata.next_cursor)
    found.push(await read({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }));
  return found;
}

/** Keys of what to read: channels, then threads, those in use last first. */
export async function waitingIn(api: Api, marks: Marks): Promise<string[]> {
  const which = { types: "public_channel,private_channel,im,mpim", exclude_archived: true };
  const known = await marks.known();
  const isThread = (key: string): boolean => readingOf(key).thread !== undefined;
  const found = await pages(async (at) => conversations.parse(await api.read("users.conversations", { ...which, ...at })))
    .then((all) => all.flatMap(({ channels }) => channels.map(({ id }) => id)))
    // For want of a scope, or of the method on another server: what is said now must not wait for that.
    .catch((thrown: unknown) => (isDropped(thrown) ? known.filter((key) => !isThread(key)) : Promise.reject(thrown)));
  return [...found, ...known.filter(isThread).slice(0, MOST_THREADS)];
}

/** Undefined when it cannot be read, as where the bot was put out. */
export async function readAfter(api: Api, key: string, after: string): Promise<Page | undefined> {
  try {
    const found = await allAfter(api, key, { oldest: after });
    const messages = found.map((message): Past => ({ id: message.ts, key, message }));
    return { messages: messages.filter(({ id }) => stamps.isLater(id, after)), hasMore: false };
  } catch (thrown) {
    if (isDropped(thrown)) return undefined;
    throw thrown;
  }
}

/** Oldest first. */
export async function allAfter(api: Api, key: string, more: Arguments): Promise<Told[]> {
  const { channel, thread } = readingOf(key);
  const [method, which] = thread === undefined ? ["conversations.history", {}] : ["conversations.replies", { ts: thread }];
  const found = await pages(async (at) => history.parse(await api.read(method, { channel, ...which, ...more, ...at })));
  return found.flatMap(({ messages }) => messages).toSorted((one, other) => (stamps.isLater(one.ts, other.ts) ? 1 : -1));
}
