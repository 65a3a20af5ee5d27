/**
 * From the hub to Discord: messages, changes, reactions, threads. One call at a time for each channel, since Discord orders by arrival; none is
 * made twice by itself, but for waking an archived thread.
 */
import type { RawFile } from "discord.js";
import { z } from "zod";
import type { ConnectorContext, Place, Powers } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment, OutboundMessage, Receipt, SendResult } from "../../src/contract/message.ts";
import type { CardMemory } from "../shared/card-memory.ts";
import type { Lanes } from "../shared/lanes.ts";
import { readWhole } from "../shared/whole-file.ts";
import { CLOSED, codeOf, dropped, isDropped, resultOf } from "../shared/api-error.ts";
import { type Answered, type Api, apiErrorOf, type Asking } from "./api.ts";
import { marksOf } from "./cards.ts";
import { encodeEdit, encodeMessage, encodeThreadName } from "./encode.ts";
import { isSnowflake, snowflakes } from "./ids.ts";

/** 10 MiB for a file, where nobody boosts the server. Discord Developer Docs, Reference, "Uploading Files" (2026). */
export const UPLOAD_BYTES = 10 * 1024 * 1024;
const ARCHIVE_AFTER_MIN = 4320;
/** Of two clocks. */
const SKEW_MS = 1000;

const CODE = { threadExists: "160004", archived: "50083", notForMessages: "50008" } as const;
const created = z.object({ id: z.string() });
const attached = z.array(z.object({ filename: z.string() })).default([]);
const written = z.object({
  id: z.string(),
  author: created,
  content: z.string(),
  attachments: attached,
  components: z.array(z.unknown()).default([]),
});
const history = z.array(written);
const activeThreads = z.object({ threads: z.array(z.object({ id: z.string(), parent_id: z.string().nullish() })) });

export interface SendParts {
  readonly api: Api;
  readonly lanes: Lanes;
  readonly cards: CardMemory;
  readonly files: ConnectorContext["files"];
  readonly homeChat: string | undefined;
  readonly isClosed: () => boolean;
  readonly onReceipt: () => void;
}

export interface Send {
  readonly send: (message: OutboundMessage) => Promise<SendResult>;
  readonly can: Required<Pick<Powers, "react" | "typing" | "openThread" | "whisper" | "reconcile">>;
}

export function createSend({ api, lanes, cards, files, homeChat, isClosed, onReceipt }: SendParts): Send {
  const channelOf = ({ threadId, chatId = homeChat }: Pick<OutboundMessage, "threadId" | "chatId">): string => threadId ?? chatId ?? "";

  function send(message: OutboundMessage): Promise<SendResult> {
    const { edits, card } = message;
    const channel = (edits && (edits.threadId ?? edits.chatId)) ?? channelOf(message);
    if (channel === "") return Promise.resolve(dropped("no chat was named, and the account has no channel_id"));
    return inTurn([channel, ...(edits ? [edits.messageId] : [])], async () => {
      if (card) await cards.keep(card);
      return edits ? change(message, channel, edits) : create(message, channel);
    });
  }

  /** `ids`: the channel, and what else stands in the path. */
  async function inTurn(ids: readonly [string, ...string[]], work: () => Promise<SendResult>): Promise<SendResult> {
    if (!ids.every(isSnowflake)) return dropped("there is no such message or channel");
    try {
      return await lanes.run(`send/${ids[0]}`, async () => (isClosed() ? CLOSED : work()));
    } catch (thrown) {
      return resultOf(thrown instanceof HubError ? thrown : apiErrorOf(thrown));
    }
  }

  async function create(message: OutboundMessage, channel: string): Promise<SendResult> {
    const { nonce, enforce_nonce, ...body } = encodeMessage(message);
    const asking = { method: "POST", files: await Promise.all((message.attachments ?? []).map(fileOf)) } as const;
    const at = { chatId: message.chatId ?? homeChat, threadId: message.threadId };
    try {
      return sent(await api.call({ ...asking, path: `/channels/${channel}/messages`, body: { ...body, nonce, enforce_nonce } }), at);
    } catch (thrown) {
      if (codeOf(thrown) !== CODE.notForMessages) throw thrown;
      // A forum takes posts; a post and its first message have one id.
      const post = { name: encodeThreadName(message.text.split("\n", 1)[0]?.replace(/[*_`#]/g, "") ?? ""), message: body };
      const answered = await api.call({ ...asking, path: `/channels/${channel}/threads`, body: post });
      return sent(answered, { chatId: channel, threadId: created.parse(answered.json).id });
    }
  }

  async function change(message: OutboundMessage, channel: string, { messageId, ...at }: Receipt): Promise<SendResult> {
    return sent(
      await awake(channel, { method: "PATCH", path: `/channels/${channel}/messages/${messageId}`, body: encodeEdit(message) }),
      at,
    );
  }

  /** Everything but a new message fails in an archived thread until it is opened again. */
  async function awake(channel: string, asking: Asking): Promise<Answered> {
    try {
      return await api.call(asking);
    } catch (thrown) {
      if (codeOf(thrown) !== CODE.archived) throw thrown;
      await api.call({ method: "PATCH", path: `/channels/${channel}`, body: { archived: false } });
      return api.call(asking);
    }
  }

  function sent({ json, budget }: Answered, at: Omit<Receipt, "messageId">): SendResult {
    const { id: messageId } = created.parse(json);
    onReceipt();
    return { delivered: true, outcome: "sent", messageId, receipt: { messageId, ...at }, budget };
  }

  const fileOf = async (one: Attachment): Promise<RawFile> => {
    return { name: one.name, contentType: one.mimeType, data: await readWhole(files, one, UPLOAD_BYTES) };
  };

  function react(place: Place, { messageId, ...at }: Receipt, emoji: string): Promise<SendResult> {
    const channel = at.threadId ?? at.chatId ?? channelOf(place);
    const path = `/channels/${channel}/messages/${messageId}/reactions/${encodeURIComponent(emoji)}/@me` as const;
    return inTurn([channel, messageId], async () => {
      const { budget } = await awake(channel, { method: "PUT", path });
      return { delivered: true, outcome: "sent", messageId, budget };
    });
  }

  async function openThread({ chatId }: Place, from: string, title: string): Promise<{ threadId: string }> {
    const body = { name: encodeThreadName(title), auto_archive_duration: ARCHIVE_AFTER_MIN };
    try {
      const { json } = await api.call({ method: "POST", path: `/channels/${chatId}/messages/${from}/threads`, body });
      return { threadId: created.parse(json).id };
    } catch (thrown) {
      const error = apiErrorOf(thrown);
      // A thread begun from a message has its id.
      if (error.code === CODE.threadExists) return { threadId: from };
      if (!isDropped(error)) throw error;
      throw new HubError("not_allowed", { reason: `no thread can be opened there: ${error.message}` }, { cause: error });
    }
  }

  /** In a direct message: Discord shows words to one person in a channel only as the answer to a press. */
  async function whisper(_place: Place, sender: string, text: string): Promise<void> {
    const { json } = await api.call({ method: "POST", path: "/users/@me/channels", body: { recipient_id: sender } });
    const { delivered, error = "" } = await send({ text, chatId: created.parse(json).id });
    if (!delivered) throw new Error(error);
  }

  /** Discord tells nobody the nonce of a message: what we wrote since then is looked through for the same card, or the same words and files. */
  async function reconcile(message: OutboundMessage, since: string): Promise<Receipt | undefined> {
    const { id: self } = created.parse(await api.get("/users/@me"));
    const isIt = isLike(message);
    const at = { chatId: message.chatId ?? homeChat, threadId: message.threadId };
    for (const channel of await placesOf(channelOf(message))) {
      let after: string | undefined = snowflakes.at(Date.parse(since) - SKEW_MS);
      while (after !== undefined) {
        const page = history.parse(await api.get(`/channels/${channel}/messages`, { after, limit: "100" }));
        const found = page.findLast((one) => one.author.id === self && isIt(one));
        if (found) return { messageId: found.id, ...at, ...(channel === channelOf(message) ? {} : { threadId: channel }) };
        after =
          page.length < 100 ? undefined : page.map(({ id }) => id).reduce((one, other) => (snowflakes.isLater(one, other) ? one : other));
      }
    }
    return undefined;
  }

  /** A channel itself; of a forum its posts. */
  async function placesOf(channel: string): Promise<string[]> {
    const { type, guild_id: guild } = z
      .object({ type: z.number(), guild_id: z.string().nullish() })
      .parse(await api.get(`/channels/${channel}`));
    if (type !== 15 && type !== 16) return [channel];
    const { threads } = activeThreads.parse(await api.get(`/guilds/${guild ?? ""}/threads/active`));
    return threads.flatMap(({ id, parent_id: parent }) => (parent === channel ? [id] : []));
  }

  const typing = async (place: Place): Promise<void> => {
    if (!isClosed()) await api.call({ method: "POST", path: `/channels/${channelOf(place)}/typing` });
  };

  return { send, can: { react, typing, openThread, whisper, reconcile } };
}

function isLike(message: OutboundMessage): (one: z.infer<typeof written>) => boolean {
  const { content, components } = encodeEdit(message);
  const marks = marksOf(components);
  const namesOf = (files: z.infer<typeof attached>): string => files.map(({ filename }) => filename).join();
  const names = (message.attachments ?? []).map(({ name }) => name).join();
  return (one) =>
    marks === "" ? one.content === content && (content !== "" || namesOf(one.attachments) === names) : marksOf(one.components) === marks;
}
