/** A workspace: channels, people and what is said there. The fake's own books. */
import { type FakeChannel, type FakeFile, type FakeMessage, Refusal } from "./shapes.ts";

export interface World {
  readonly teamId: string;
  readonly botUser: string;
  readonly botId: string;
  readonly channels: Map<string, FakeChannel>;
  /** Every message ever said, oldest first. */
  readonly messages: FakeMessage[];
  readonly files: Map<string, FakeFile>;
  /** Modals opened, by trigger. */
  readonly views: { readonly trigger: string; readonly view: Record<string, unknown>; readonly id: string }[];
  /** Status lines shown, latest last. */
  readonly statuses: { readonly channel: string; readonly thread: string; readonly status: string }[];
  /** Triggers that may still open something: → until, epoch ms. */
  readonly triggers: Map<string, number>;
  now(): number;
  addChannel(channel: Partial<FakeChannel> & Pick<FakeChannel, "id" | "type">): FakeChannel;
  channel(id: string): FakeChannel;
  /** Under another id, with all that was said in it. */
  renumber(from: string, to: string): void;
  message(channel: string, ts: string): FakeMessage | undefined;
  keep(message: Pick<FakeMessage, "channel" | "user"> & Partial<FakeMessage>): FakeMessage;
  /** The API's JSON of a message. */
  shown(message: FakeMessage): Record<string, unknown>;
  shownFile(file: FakeFile): Record<string, unknown>;
}

export function createWorld({
  teamId,
  now,
  firstTs,
  filesUrl,
}: {
  readonly teamId: string;
  readonly now: () => number;
  readonly firstTs?: number | undefined;
  readonly filesUrl: () => string;
}): World {
  const channels = new Map<string, FakeChannel>();
  const messages: FakeMessage[] = [];
  const files = new Map<string, FakeFile>();
  let lastTs = 0;

  /** Seconds with six digits; two are never the same. */
  function nextTs(): string {
    lastTs = lastTs === 0 && firstTs !== undefined ? firstTs * 1_000_000 : Math.max(lastTs + 1, now() * 1000);
    const text = String(lastTs).padStart(16, "0");
    return `${text.slice(0, -6)}.${text.slice(-6)}`;
  }

  const world: World = {
    teamId,
    botUser: "UBOT00001",
    botId: "BBOT00001",
    channels,
    messages,
    files,
    views: [],
    statuses: [],
    triggers: new Map(),
    now,
    addChannel(channel) {
      const whole: FakeChannel = {
        name: channel.id.toLowerCase(),
        isArchived: false,
        isMember: true,
        locked: new Set(),
        members: [],
        ...channel,
      };
      channels.set(whole.id, whole);
      return whole;
    },
    channel(id) {
      const channel = channels.get(id);
      if (!channel) throw new Refusal("channel_not_found");
      return channel;
    },
    renumber(from, to) {
      channels.set(to, { ...world.channel(from), id: to });
      channels.delete(from);
      for (const message of messages) if (message.channel === from) message.channel = to;
    },
    message: (channel, ts) => messages.find((one) => one.channel === channel && one.ts === ts && !one.isDeleted),
    keep(message) {
      const kept: FakeMessage = {
        ts: nextTs(),
        text: "",
        blocks: [],
        files: [],
        pinged: [],
        isEdited: false,
        isDeleted: false,
        reactions: new Map(),
        ...message,
      };
      messages.push(kept);
      return kept;
    },
    shown(message) {
      const answers = messages.filter(
        (one) => one.threadTs === message.ts && one.channel === message.channel && one.ts !== message.ts && !one.isDeleted,
      );
      const thread = message.threadTs ?? (answers.length > 0 ? message.ts : undefined);
      return {
        type: "message",
        user: message.user,
        team: teamId,
        ...(message.botId === undefined ? {} : { bot_id: message.botId, app_id: "APP000001" }),
        ts: message.ts,
        text: message.text,
        ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        ...(answers.length > 0 ? { reply_count: answers.length, latest_reply: answers.at(-1)?.ts } : {}),
        ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
        ...(message.isEdited ? { edited: { user: message.user, ts: message.ts } } : {}),
        ...(message.files.length > 0 ? { files: message.files.flatMap((id) => shownIfKnown(id)) } : {}),
      };
    },
    shownFile,
  };

  function shownIfKnown(id: string): Record<string, unknown>[] {
    const file = files.get(id);
    return file ? [shownFile(file)] : [];
  }

  function shownFile({ id, name, mimetype, bytes }: FakeFile): Record<string, unknown> {
    const url = `${filesUrl()}/${id}/${encodeURIComponent(name)}`;
    return { id, name, title: name, mimetype, size: bytes.length, mode: "hosted", url_private: url, url_private_download: url };
  }
  return world;
}
