/**
 * A fake Discord over real HTTP and WebSocket: strict, with books of its own, and switches for what goes wrong. The real discord.js is what is
 * tested against it. Asks nothing of the connector; every word shown was sent over the wire.
 */
import type { AddressInfo } from "node:net";
import { accountRoutes } from "./account-routes.ts";
import { createGateway, type Gateway, INTENT } from "./gateway.ts";
import { createInteractions, type InteractionOptions, type Interactions, type Outcome } from "./interactions.ts";
import type { Window } from "./limits.ts";
import { type Called, createDoor, type Door, type Fault, type Planned } from "./rest.ts";
import { channelRoutes } from "./routes.ts";
import { channelJson, memberJson, messageJson } from "./shapes.ts";
import {
  CHANNEL,
  createWorld,
  type FakeBot,
  type FakeChannel,
  type FakeGuild,
  type FakeMessage,
  type FakeUser,
  type Json,
  type World,
} from "./world.ts";

export interface FakeOptions {
  readonly now: () => number;
  readonly setTimer: (ms: number, fn: () => void) => () => void;
  /** Default 41250, as the real one. */
  readonly heartbeatMs?: number;
  /** For an interaction's first answer. Default 3000. */
  readonly patienceMs?: number;
  /** Calls a window; default so many that nobody meets them. */
  readonly windows?: Partial<Record<"messages" | "edits" | "renames", Window>>;
  readonly lacks?: readonly ("followups" | "modals" | "resume")[];
}

export interface Writing {
  readonly replyTo?: string;
  readonly files?: readonly { readonly name: string; readonly type: string; readonly content: Buffer }[];
}

export interface FakeDiscord {
  /** The base of its API, as `api_base` takes it. */
  readonly api: string;
  readonly world: World;
  readonly calls: readonly Called[];
  readonly counts: Gateway["counts"];
  /** Channel ids in which somebody saw "is typing". */
  readonly typed: string[];
  addBot(name: string, token: string): FakeBot;
  addPerson(name: string): FakeUser;
  /** With a role for everyone that may do all a member usually may. */
  addGuild(name: string, members: readonly FakeUser[]): FakeGuild;
  addChannel(guild: FakeGuild, name: string, more?: Partial<FakeChannel>): FakeChannel;
  direct(bot: FakeBot, person: FakeUser): FakeChannel;
  /** A person writes; every bot that sees the channel is told. */
  say(by: FakeUser, channelId: string, content: string, more?: Writing): FakeMessage;
  /** The same without telling anybody, as while nobody is connected. */
  write(by: FakeUser, channelId: string, content: string, more?: Writing): FakeMessage;
  /** Told of a message, once more or for the first time. */
  tell(message: FakeMessage): void;
  edit(message: FakeMessage, content: string): void;
  remove(message: FakeMessage): void;
  changeThread(channel: FakeChannel, set: Partial<Pick<FakeChannel, "name" | "isArchived" | "isLocked">>): void;
  removeChannel(channel: FakeChannel): void;
  /** A component of a message is used. Rejects when there is none, or it is disabled. */
  press(by: FakeUser, message: FakeMessage, customId: string, values?: readonly string[]): Promise<Outcome>;
  submit(by: FakeUser, channelId: string, modal: Json, values: Readonly<Record<string, string>>): Promise<Outcome>;
  slash(by: FakeUser, channelId: string, options: Readonly<Record<string, string>>): Promise<Outcome>;
  readonly gateway: Gateway;
  next(fault: Fault): void;
  plan(planned: Planned): void;
  silence(isSilent: boolean): void;
  hangUp(): void;
  close(): Promise<void>;
}

/** What `@everyone` may by default: see, write, also in threads, open them, attach, react, read back. */
export const USUAL = (1n << 6n) | (1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n) | (1n << 16n) | (1n << 35n) | (1n << 38n);
const WIDE: Window = { count: 10_000, windowMs: 1000 };

export async function createFakeDiscord(options: FakeOptions): Promise<FakeDiscord> {
  const { now, setTimer, heartbeatMs = 41_250, patienceMs = 3000, windows = {}, lacks = [] } = options;
  const world = createWorld(now);
  const typed: string[] = [];
  let port = 0;
  const url = (): string => `http://127.0.0.1:${port}/api/v10`;
  const gatewayUrl = (): string => `ws://127.0.0.1:${port}/`;
  const gateway = createGateway({ world, heartbeatMs, url: gatewayUrl, canResume: !lacks.includes("resume") });

  const edited = (message: FakeMessage): void => dispatchMessage("MESSAGE_UPDATE", message);
  const interactions = openInteractions();
  const told = {
    created: (message: FakeMessage) => dispatchMessage("MESSAGE_CREATE", message),
    edited,
    thread,
    typing: (id: string) => void typed.push(id),
  };
  const door: Door = createDoor({
    world,
    windows: { messages: WIDE, edits: WIDE, renames: { count: 2, windowMs: 600_000 }, ...windows },
    routes: [...channelRoutes(world, told, url), ...accountRoutes(world, gatewayUrl), ...interactions.routes],
  });
  door.server.on("upgrade", gateway.upgrade);
  port = await listen(door.server);

  function thread(type: string, channel: FakeChannel): void {
    const isNew = type === "THREAD_CREATE";
    gateway.dispatch(type, { channel, intent: INTENT.guilds }, () => ({ ...channelJson(world, channel), newly_created: isNew }));
  }

  function dispatchMessage(type: string, message: FakeMessage): void {
    const channel = world.channels.get(message.channelId);
    const guild = world.guilds.get(channel?.guildId ?? "");
    gateway.dispatch(type, { channel, intent: guild ? INTENT.messages : INTENT.direct }, (bot) => {
      const { user: _, ...member } = guild ? memberJson(world, guild, message.author.id) : { user: undefined };
      return { ...messageJson(world, message, { bot, url: url() }), ...(guild ? { guild_id: guild.id, member } : {}) };
    });
  }

  function openInteractions(): Interactions {
    const dispatch: InteractionOptions["dispatch"] = ({ bot }, data) =>
      gateway.dispatch("INTERACTION_CREATE", { intent: 0, only: bot }, () => data);
    return createInteractions({ world, setTimer, url, patienceMs, edited, lacks, dispatch });
  }

  function botOf(channelId: string): FakeBot {
    const channel = world.channels.get(channelId);
    const bot = world.bots.find(({ user }) => channel && world.permissions(user.id, channel) !== 0n);
    if (!bot) throw new Error("no bot sees this channel");
    return bot;
  }

  return {
    api: `http://127.0.0.1:${port}/api`,
    world,
    calls: door.calls,
    counts: gateway.counts,
    typed,
    gateway,
    ...peopleOf(world),
    say(by, channelId, content, more) {
      const message = write(world, { by, channelId, content, ...more });
      dispatchMessage("MESSAGE_CREATE", message);
      return message;
    },
    write(by, channelId, content, more) {
      return write(world, { by, channelId, content, ...more });
    },
    tell(message) {
      dispatchMessage("MESSAGE_CREATE", message);
    },
    edit(message, content) {
      Object.assign(message, { content, editedAt: now() });
      edited(message);
    },
    remove(message) {
      message.isDeleted = true;
      const channel = world.channels.get(message.channelId);
      const data = { id: message.id, channel_id: message.channelId, guild_id: channel?.guildId };
      gateway.dispatch("MESSAGE_DELETE", { channel, intent: channel?.guildId ? INTENT.messages : INTENT.direct }, () => data);
    },
    changeThread(channel, set) {
      Object.assign(channel, set);
      thread("THREAD_UPDATE", channel);
    },
    removeChannel(channel) {
      const { id, guildId: guild_id, parentId: parent_id, type } = channel;
      gateway.dispatch("THREAD_DELETE", { channel, intent: INTENT.guilds }, () => ({ id, guild_id, parent_id, type }));
      world.channels.delete(id);
    },
    async press(by, message, customId, values) {
      const parts = message.components.flatMap((row) => row["components"] as Json[]);
      const part = parts.find((one) => one["custom_id"] === customId);
      if (!part || part["disabled"] === true) throw new Error(`there is nothing to press: ${customId}`);
      const data = { custom_id: customId, component_type: part["type"], ...(values ? { values } : {}) };
      return interactions.raise({ bot: botOf(message.channelId), by, channelId: message.channelId, type: 3, data, message });
    },
    submit(by, channelId, modal, values) {
      const components = Object.entries(values).map(([custom_id, value]) => ({ type: 1, components: [{ type: 4, custom_id, value }] }));
      const data = { custom_id: modal["custom_id"], components };
      return interactions.raise({ bot: botOf(channelId), by, channelId, type: 5, data });
    },
    async slash(by, channelId, given) {
      const bot = botOf(channelId);
      const [command] = bot.commands;
      if (!command) throw new Error("the bot has no commands");
      const options = Object.entries(given).map(([name, value]) => ({ name, value, type: 3 }));
      const data = { id: command["id"], name: command["name"], type: 1, options };
      return interactions.raise({ bot, by, channelId, type: 2, data });
    },
    next(fault) {
      door.faults.push(fault);
    },
    plan(planned) {
      door.planned.push(planned);
    },
    silence(isSilent) {
      door.silence(isSilent);
      gateway.silence(isSilent);
    },
    hangUp() {
      gateway.hangUp();
      door.server.closeAllConnections();
    },
    async close() {
      gateway.close();
      door.server.closeAllConnections();
      await new Promise((resolve) => door.server.close(resolve));
    },
  };
}

function write(
  world: World,
  {
    by,
    channelId,
    content,
    replyTo,
    files = [],
  }: Writing & { readonly by: FakeUser; readonly channelId: string; readonly content: string },
): FakeMessage {
  const attachments = files.map(({ name, type, content: bytes }) => ({
    id: world.newId(),
    filename: name,
    content_type: type,
    size: bytes.length,
    content: bytes,
  }));
  return world.keep({ channelId, author: by, content, attachments, ...(replyTo === undefined ? {} : { replyTo }) });
}

function peopleOf(world: World): Pick<FakeDiscord, "addBot" | "addPerson" | "addGuild" | "addChannel" | "direct"> {
  const addUser = (name: string, bot: boolean): FakeUser => {
    const user = { id: world.newId(), username: name.toLowerCase(), global_name: bot ? null : name, bot };
    world.users.set(user.id, user);
    return user;
  };
  return {
    addPerson: (name) => addUser(name, false),
    addBot(name, token) {
      const bot: FakeBot = { user: addUser(name, true), token, mayReadContent: true, isTokenValid: true, commands: [] };
      world.bots.push(bot);
      return bot;
    },
    addGuild(name, members) {
      const id = world.newId();
      const guild: FakeGuild = {
        id,
        name,
        members: new Map(members.map((one) => [one.id, []])),
        roles: [{ id, name: "@everyone", permissions: String(USUAL) }],
      };
      world.guilds.set(id, guild);
      return guild;
    },
    addChannel({ id: guildId }, name, more = {}) {
      const channel: FakeChannel = {
        id: world.newId(),
        type: CHANNEL.text,
        guildId,
        parentId: undefined,
        name,
        overwrites: [],
        lastMessageId: null,
        ...more,
      };
      world.channels.set(channel.id, channel);
      return channel;
    },
    direct(bot, person) {
      const channel: FakeChannel = {
        id: world.newId(),
        type: CHANNEL.direct,
        guildId: undefined,
        parentId: undefined,
        name: "",
        recipients: [bot.user.id, person.id],
        overwrites: [],
        lastMessageId: null,
      };
      world.channels.set(channel.id, channel);
      return channel;
    },
  };
}

function listen(server: Door["server"]): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
