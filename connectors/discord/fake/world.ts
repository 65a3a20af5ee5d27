/**
 * What the fake Discord knows: bots, people, guilds, channels, threads, messages. Data and questions about it; no wire, no rules of the API.
 * Ids are snowflakes of 17 to 19 digits, growing with time, as the real ones: Discord Developer Docs, Reference, "Snowflakes".
 */

export interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly global_name: string | null;
  readonly bot: boolean;
}

export interface FakeBot {
  readonly user: FakeUser;
  readonly token: string;
  /** Whether the privileged message content intent is switched on for the application. */
  mayReadContent: boolean;
  /** False once its token has been reset. */
  isTokenValid: boolean;
  commands: Json[];
}

export interface FakeGuild {
  readonly id: string;
  readonly name: string;
  /** Member id → role ids; the role `@everyone` has the guild's own id. */
  readonly members: Map<string, string[]>;
  readonly roles: { id: string; name: string; permissions: string }[];
}

export interface FakeChannel {
  readonly id: string;
  readonly type: number;
  readonly guildId: string | undefined;
  readonly parentId: string | undefined;
  name: string;
  ownerId?: string;
  /** Of a direct message: the two in it. */
  readonly recipients?: readonly string[];
  overwrites: { id: string; type: 0 | 1; allow: string; deny: string }[];
  requiresTag?: boolean;
  isArchived?: boolean;
  isLocked?: boolean;
  lastMessageId: string | null;
}

export interface FakeAttachment {
  readonly id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly size: number;
  readonly content: Buffer;
}

export interface FakeMessage {
  readonly id: string;
  readonly channelId: string;
  readonly author: FakeUser;
  readonly type: number;
  content: string;
  readonly at: number;
  editedAt: number | null;
  embeds: Json[];
  components: Json[];
  readonly attachments: FakeAttachment[];
  readonly mentions: string[];
  /** Whom it notified, once for each time; a change is counted like what is new. */
  pinged: readonly string[];
  readonly nonce?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly reactions: Map<string, Set<string>>;
  isDeleted: boolean;
  /** Seen by this person only. */
  readonly onlyFor?: string | undefined;
}

export type Json = Record<string, unknown>;

export const CHANNEL = {
  text: 0,
  direct: 1,
  announcement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12,
  forum: 15,
} as const;

const EPOCH_MS = 1_420_070_400_000;

export interface World {
  readonly now: () => number;
  readonly bots: FakeBot[];
  readonly users: Map<string, FakeUser>;
  readonly guilds: Map<string, FakeGuild>;
  readonly channels: Map<string, FakeChannel>;
  /** In the order they were written. */
  readonly messages: FakeMessage[];
  newId(): string;
  find(channelId: string, messageId: string): FakeMessage | undefined;
  /** Oldest first, what is for one person alone apart. */
  history(channelId: string): FakeMessage[];
  keep(message: Pick<FakeMessage, "channelId" | "author" | "content"> & Partial<FakeMessage>): FakeMessage;
  /** The bits of the permissions a member has there. */
  permissions(userId: string, channel: FakeChannel): bigint;
}

export function createWorld(now: () => number): World {
  let last = 0n;
  const channels = new Map<string, FakeChannel>();
  const guilds = new Map<string, FakeGuild>();
  const messages: FakeMessage[] = [];

  function newId(): string {
    const fresh = BigInt(now() - EPOCH_MS) << 22n;
    last = fresh > last ? fresh : last + 1n;
    return String(last);
  }

  function permissions(userId: string, channel: FakeChannel): bigint {
    const parent = (channel.type >= 10 && channel.type <= 12 && channels.get(channel.parentId ?? "")) || channel;
    const guild = guilds.get(parent.guildId ?? "");
    if (!guild) return parent.recipients?.includes(userId) ? ~0n : 0n;
    const own = guild.members.get(userId);
    if (!own) return 0n;
    const roles = [guild.id, ...own];
    const base = guild.roles.filter(({ id }) => roles.includes(id)).reduce((bits, role) => bits | BigInt(role.permissions), 0n);
    const inOrder = [
      parent.overwrites.filter(({ id }) => id === guild.id),
      parent.overwrites.filter(({ id }) => id !== guild.id && roles.includes(id)),
      parent.overwrites.filter(({ id }) => id === userId),
    ];
    return inOrder.flat().reduce((bits, { allow, deny }) => (bits & ~BigInt(deny)) | BigInt(allow), base);
  }

  return {
    now,
    bots: [],
    users: new Map(),
    guilds,
    channels,
    messages,
    newId,
    permissions,
    find: (channelId, messageId) => messages.find((one) => one.channelId === channelId && one.id === messageId && !one.isDeleted),
    history: (channelId) => messages.filter((one) => one.channelId === channelId && !one.isDeleted && one.onlyFor === undefined),
    keep(message) {
      const whole: FakeMessage = {
        id: newId(),
        type: message.replyTo === undefined ? 0 : 19,
        at: now(),
        editedAt: null,
        embeds: [],
        components: [],
        attachments: [],
        mentions: [...message.content.matchAll(/<@!?(\d+)>/g)].map(([, id = ""]) => id),
        pinged: [],
        reactions: new Map(),
        isDeleted: false,
        ...message,
      };
      messages.push(whole);
      const channel = channels.get(whole.channelId);
      if (channel && whole.onlyFor === undefined) channel.lastMessageId = whole.id;
      return whole;
    },
  };
}
