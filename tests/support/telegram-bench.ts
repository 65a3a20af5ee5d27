/** The Telegram connector on its fake, without a hub: what it hears, and what the person sees. */
import { Keyv } from "keyv";
import telegram from "../../connectors/telegram/definition.ts";
import { createFakeTelegram, type FakeOptions, type FakeTelegram } from "../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../src/clock.ts";
import type { FakeButton, FakeChat, FakeMessage, FakeUser } from "../../connectors/telegram/fake/shapes.ts";
import type { Connector, ConnectorContext } from "../../src/contract/connector.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { until } from "./hub-process.ts";
import { createKeptFiles, type KeptFiles } from "./kept-files.ts";
import { wireContext } from "./wire/context.ts";

export const TOKEN = `7000000001:${"bench-token-of-the-bot".padEnd(35, "x")}`;
const BOT_ID = 7_000_000_001;
export const ANN: FakeUser = { id: 11, is_bot: false, first_name: "Ann" };
export const BOB: FakeUser = { id: 12, is_bot: false, first_name: "Bob <b>" };

export interface TelegramBench {
  readonly fake: FakeTelegram;
  /** A forum with Ann and Bob in it. */
  readonly forum: FakeChat;
  /** A group without topics. */
  readonly group: FakeChat;
  /** Ann's own chat with the bot. */
  readonly direct: FakeChat;
  readonly state: Keyv;
  readonly files: KeptFiles;
  /** Everything logged so far. */
  readonly logged: string[];
  /** Chats, or topics, in which one of the hub's conversations lives. */
  readonly bound: Set<string>;
  /** The hub's files cannot be read just now. */
  unreadable: boolean;
  /** What the hub answers to all that follows. */
  ack: Ack;
  /** A connector that has been told of its listeners and is not started. */
  make(config?: Record<string, unknown>, token?: string): Heard;
  /** The same, connected. */
  connect(config?: Record<string, unknown>): Promise<Heard>;
  end(): Promise<void>;
}

export interface Heard {
  readonly connector: Connector;
  readonly messages: InboundMessage[];
  readonly events: ConnectorEvent[];
}

export async function createTelegramBench(options: Partial<FakeOptions> = {}): Promise<TelegramBench> {
  const fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 200, ...options });
  const state = new Keyv();
  const files = createKeptFiles();
  const logged: string[] = [];
  const bound = new Set<string>();
  const made: Connector[] = [];

  function contextOf(token: string): ConnectorContext {
    const log = (facts: Record<string, unknown>, text: string): void =>
      void logged.push(
        `${text} ${JSON.stringify(facts, (_key, value: unknown) => (value instanceof Error ? { ...value, message: value.message } : value))}`,
      );
    return {
      ...wireContext("telegram", state, token),
      log: { info: log, warn: log, error: log },
      files: { maxBytes: Infinity, keep: files.keep, open: async () => opened() },
      isBound: async ({ chatId, threadId }) => bound.has(threadId ?? chatId),
    };
  }

  function opened(): ReadableStream<Uint8Array> {
    if (bench.unreadable) throw new Error("the disk does not answer");
    return new Blob(["the file"]).stream();
  }

  function make(config: Record<string, unknown> = {}, token = TOKEN): Heard {
    const settings = { kind: "telegram", api_root: fake.url, chat_id: "-1001", answer_ms: 2000, poll_ms: 1000, ...config };
    const connector = telegram.factory(settings, contextOf(token));
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

  const bench: TelegramBench = {
    fake,
    forum: fake.addChat({ id: -1001, type: "supergroup", isForum: true, title: "Home" }),
    group: fake.addChat({ id: -5, type: "group", title: "Group" }),
    direct: fake.addChat({ id: ANN.id, type: "private", title: "Ann" }),
    state,
    files,
    logged,
    bound,
    unreadable: false,
    ack: { type: "accepted", trace: "trc_bench" },
    make,
    async connect(config) {
      const heard = make(config);
      await heard.connector.start?.();
      await until("Telegram is connected", async () => (await heard.connector.health()).reachable);
      return heard;
    },
    async end() {
      for (const one of made) await one.close();
      await fake.close();
    },
  };
  return bench;
}

/** Of the bot, in the chat, oldest first. */
export function shownIn({ messages }: FakeChat): FakeMessage[] {
  return [...messages.values()].filter(({ from, service, isDeleted }) => from.id === BOT_ID && !service && !isDeleted);
}

export function lastIn(chat: FakeChat): FakeMessage {
  const found = shownIn(chat).at(-1);
  if (!found) throw new Error("nothing is shown");
  return found;
}

export function buttonOf({ keyboard }: FakeMessage, label: string): FakeButton {
  const found = keyboard.flat().find(({ text }) => text === label);
  if (!found) throw new Error(`there is no button ${label}`);
  return found;
}

/** Ann presses it; resolves with the answer she sees. */
export async function press(fake: FakeTelegram, message: FakeMessage, data: string, by: FakeUser = ANN) {
  const { press: made } = fake.world.press(message, by, data);
  await until("the press is answered", () => made.answer !== undefined);
  return made.answer;
}
