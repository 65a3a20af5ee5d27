/** The Discord connector on its fake, without a hub: what it hears, and what the person sees. */
import { Keyv } from "keyv";
import discord from "../../connectors/discord/definition.ts";
import { createFakeDiscord, type FakeDiscord, type FakeOptions } from "../../connectors/discord/fake/discord.ts";
import type { FakeBot, FakeChannel, FakeGuild, FakeMessage, FakeUser, Json } from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import type { CaughtUp, Connector, ConnectorContext } from "../../src/contract/connector.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { until } from "./hub-process.ts";
import { createKeptFiles, type KeptFiles } from "./kept-files.ts";
import { wireContext } from "./wire/context.ts";

export const TOKEN = "bench.token-of-the-bot";

export interface DiscordBench {
  readonly fake: FakeDiscord;
  readonly bot: FakeBot;
  readonly ann: FakeUser;
  readonly guild: FakeGuild;
  readonly channel: FakeChannel;
  readonly state: Keyv;
  readonly files: KeptFiles;
  /** Warnings and errors logged so far. */
  readonly logged: string[];
  readonly gaps: CaughtUp[];
  /** Places in which one of the hub's conversations lives. */
  readonly bound: Set<string>;
  /** Chats the hub is to speak in. */
  inUse: readonly string[];
  /** What the hub answers to all that follows. */
  ack: Ack;
  /** What is in the hub's files. */
  openFile: () => Promise<ReadableStream<Uint8Array>>;
  /** A connector that has been told of its listeners and is not started. */
  make(config?: Record<string, unknown>, token?: string): Heard;
  /** The same, connected. */
  connect(config?: Record<string, unknown>): Promise<Heard>;
  /** Of the bot, oldest first. */
  shown(channelId?: string): FakeMessage[];
  end(): Promise<void>;
}

export interface Heard {
  readonly connector: Connector;
  readonly messages: InboundMessage[];
  readonly events: ConnectorEvent[];
}

export async function createDiscordBench(options: Partial<FakeOptions> = {}): Promise<DiscordBench> {
  const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 2000, ...options });
  const bot = fake.addBot("Mos", TOKEN);
  const ann = fake.addPerson("Ann");
  const guild = fake.addGuild("Home", [bot.user, ann]);
  const channel = fake.addChannel(guild, "general");
  const state = new Keyv();
  const files = createKeptFiles();
  const logged: string[] = [];
  const gaps: CaughtUp[] = [];
  const bound = new Set<string>();
  const made: Connector[] = [];

  function contextOf(token: string): ConnectorContext {
    const log = (facts: Record<string, unknown>, text: string): void => void logged.push(`${text} ${JSON.stringify(facts)}`);
    return {
      ...wireContext("discord", token === TOKEN ? state : new Keyv(), token),
      log: { info: () => {}, warn: log, error: log },
      files: { maxBytes: 100_000_000, keep: files.keep, open: () => bench.openFile() },
      isBound: async ({ chatId, threadId }) => bound.has(threadId ?? chatId),
      placesInUse: async () => bench.inUse.map((chatId) => ({ chatId })),
      caughtUp: (gap) => void gaps.push(gap),
    };
  }

  function make(config: Record<string, unknown> = {}, token = TOKEN): Heard {
    const settings = { kind: "discord", api_base: fake.api, channel_id: channel.id, answer_ms: 2000, ...config };
    const connector = discord.factory(settings, contextOf(token));
    made.push(connector);
    const [messages, events]: [InboundMessage[], ConnectorEvent[]] = [[], []];
    connector.subscribe(async (message) => {
      messages.push(message);
      return bench.ack;
    });
    connector.onEvent?.(async (event) => {
      events.push(event);
      return bench.ack;
    });
    return { connector, messages, events };
  }

  const bench: DiscordBench = {
    fake,
    bot,
    ann,
    guild,
    channel,
    state,
    files,
    logged,
    gaps,
    bound,
    inUse: [],
    ack: { type: "accepted", trace: "trc_bench" },
    openFile: async () => new Blob(["the file"]).stream(),
    make,
    async connect(config) {
      const heard = make(config);
      await heard.connector.start?.();
      await until("Discord is connected", async () => (await heard.connector.health()).reachable);
      return heard;
    },
    shown: (channelId) =>
      fake.world.messages.filter(
        (one) =>
          one.author.id === bot.user.id && !one.isDeleted && one.onlyFor === undefined && (channelId ?? one.channelId) === one.channelId,
      ),
    async end() {
      for (const one of made) await one.close();
      await fake.close();
    },
  };
  return bench;
}

/** The components of a message, in order. */
export function partsOf({ components }: Pick<FakeMessage, "components">): Json[] {
  return components.flatMap((row) => row["components"] as Json[]);
}

export function buttonOf(message: FakeMessage, label: string): string {
  const found = partsOf(message).find((part) => part["label"] === label);
  if (!found) throw new Error(`there is no button ${label}`);
  return String(found["custom_id"]);
}
