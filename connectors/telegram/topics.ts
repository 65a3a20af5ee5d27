/**
 * Topics: one for each conversation of a forum, and another in the place of one that was deleted. Telegram lists none and knows no key for
 * making one, so what was opened from which message is kept. Bot API, createForumTopic (2026).
 */
import type { Keyv } from "keyv";
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import { isDropped } from "../shared/api-error.ts";
import type { Lanes } from "../shared/lanes.ts";
import { type Api, apiErrorOf } from "./api.ts";
import { placeOf, type TelegramMessage } from "./decode.ts";
import { encodeTopicName } from "./encode.ts";

export interface Topics {
  /** The same one again for the same message. A crash between Telegram's answer and ours leaves an empty topic behind. Rejects as `Powers.openThread`. */
  open(chat: string, from: string, title: string): Promise<{ readonly threadId: string }>;
  /** The one that goes on in the place of a deleted one. Rejects with an ApiError. */
  reopen(chat: string, thread: string): Promise<string>;
  /** Learns from a message whether its chat is a forum and what its topics are called; names a person's unnamed topic after its first words. */
  hear(message: TelegramMessage, text: string): Promise<void>;
}

/** Longer than the hub, or a person, comes back to it. */
const KEPT_MS = 30 * 86_400_000;
/** As long as titles of the hub's own are. */
const TITLE_MAX = 60;

const created = z.object({ message_thread_id: z.number() });

export function createTopics(api: Api, state: Keyv, lanes: Lanes, log: ConnectorContext["log"]): Topics {
  const forums = new Map<string, boolean>();
  /** Topics of people that Telegram has named for them. */
  const unnamed = new Set<string>();

  async function create(chat: string, title: string): Promise<string> {
    const name = encodeTopicName(title);
    const { message_thread_id: thread } = await api.call("createForumTopic", { chat_id: chat, name }, created);
    await state.set(`name:${chat}/${thread}`, name);
    return String(thread);
  }

  /** What is kept under the key, or what is made now. One at a time. */
  function once(key: string, chat: string, make: () => Promise<string>): Promise<string> {
    return lanes.run(`topic/${chat}`, async () => {
      const known = await state.get<string>(key);
      if (known !== undefined) return known;
      const thread = await make();
      await state.set(key, thread, KEPT_MS);
      return thread;
    });
  }

  return {
    async open(chat, from, title) {
      if (forums.get(chat) === false) throw new HubError("not_allowed", { reason: "this chat has no topics" });
      try {
        return { threadId: await once(`topic:${from}`, chat, () => create(chat, title)) };
      } catch (thrown) {
        const error = apiErrorOf(thrown);
        if (!isDropped(error)) throw error;
        throw new HubError("not_allowed", { reason: `no topic can be opened there: ${error.message}` }, { cause: error });
      }
    },

    reopen: (chat, thread) =>
      once(`reopened:${chat}/${thread}`, chat, async () => create(chat, (await state.get<string>(`name:${chat}/${thread}`)) ?? "")),

    async hear(message, text) {
      const { chat, forum_topic_created: made, forum_topic_edited: renamed, message_thread_id: thread } = message;
      const { chatId, threadId } = placeOf(message);
      const key = `${chatId}/${threadId ?? thread ?? ""}`;
      forums.set(chatId, chat.is_forum);
      const name = made?.name ?? renamed?.name;
      if (name !== undefined) await state.set(`name:${key}`, name);
      if (made?.is_name_implicit) unnamed.add(key);
      if (threadId === undefined || text === "" || !unnamed.delete(key)) return;
      const asked = {
        chat_id: chatId,
        message_thread_id: Number(threadId),
        name: encodeTopicName(text.slice(0, TITLE_MAX).toWellFormed()),
      };
      const named = api.call("editForumTopic", asked, z.unknown());
      named.catch((thrown: unknown) => log.warn({ reason: apiErrorOf(thrown).message }, "a topic could not be named"));
    },
  };
}
