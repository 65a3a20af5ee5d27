/**
 * The started hub with an orchestrator of the test's own and two chats in front of it: the console and Telegram on a fake Bot API. What people see is
 * read from the platforms, and what they say goes through them.
 */
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { MessageEntry } from "../../connectors/console/entry.ts";
import { createFakeTelegram, type FakeTelegram } from "../../connectors/telegram/fake/telegram.ts";
import type { FakeMessage } from "../../connectors/telegram/fake/shapes.ts";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import { openHubClient, type HubClient } from "../../src/cli/hub-client.ts";
import { foregroundClock, systemClock } from "../../src/clock.ts";
import type { Scope } from "../../src/contract/tables.ts";
import { createHubProcess, type HubProcess, until } from "./hub-process.ts";
import { ANN, buttonOf, press, shownIn, TOKEN } from "./telegram-bench.ts";

export const PIN = "739215";
export const FORUM = -1001;
/** The console's own thread where none is named. */
export const MAIN = "main";

export interface TwoChats {
  readonly hub: HubProcess;
  readonly client: HubClient;
  readonly fake: FakeTelegram;
  /** Starts the hub, or starts it again, with this file. */
  start(file: object, env?: Record<string, string>): Promise<void>;
  /** Where the hub is just now. */
  url(): Promise<string>;
  token(scopes: readonly Scope[], name?: string): Promise<string>;
  /** Everything shown has its receipt: Telegram cannot be asked what it has, so a hub that dies before would say it again, with a mark. */
  settled(): Promise<void>;
  readonly console: {
    say(text: string, thread?: string): Promise<void>;
    messages(thread?: string): Promise<readonly MessageEntry[]>;
    /** The first message that has these words, once there is one. */
    sees(words: string, thread?: string): Promise<MessageEntry>;
  };
  readonly telegram: {
    /** A mention in the forum; the topic it opened. */
    begin(text: string): Promise<number>;
    say(text: string, topic: number): void;
    shown(topic: number): FakeMessage[];
    sees(words: string, topic: number): Promise<FakeMessage>;
    /** Ann presses the button of the card with these words. */
    press(words: string, label: string, topic: number): Promise<void>;
  };
  end(): Promise<void>;
}

export async function createTwoChats(): Promise<TwoChats> {
  const fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 1000 });
  const forum = fake.addChat({ id: FORUM, type: "supergroup", isForum: true, title: "Home" });
  const hub = await createHubProcess({ TELEGRAM_BOT_TOKEN: TOKEN, MOS_HUB_PIN: PIN });
  const client = openHubClient({ dataDir: hub.dataDir, clock: foregroundClock });
  const calls = createConsoleCalls(client, "/connectors/console");

  const messages = async (thread = MAIN): Promise<readonly MessageEntry[]> => (await calls.page(thread, 100)).messages;
  const shown = (topic: number): FakeMessage[] => shownIn(forum).filter(({ thread }) => thread === topic);
  const find = async <T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    let found: T | undefined;
    await until(`${what}; the hub printed ${hub.output().slice(-2000)}`, async () => (found = await look()) !== undefined);
    return found as T;
  };
  const sees = (words: string, topic: number): Promise<FakeMessage> =>
    find(`"${words}" is shown in Telegram; shown is ${JSON.stringify(shown(topic).map(({ text }) => text))}`, () =>
      shown(topic).find(({ text }) => text.includes(words)),
    );

  return {
    hub,
    client,
    fake,
    async start(file, env = {}) {
      const path = join(hub.dataDir, "hub.yaml");
      const accounts = { console: { kind: "console" }, telegram: { kind: "telegram", api_root: fake.url, chat_id: String(FORUM) } };
      const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { telegram: String(ANN.id) } }];
      await writeFile(path, stringify({ accounts, operators, ...file }));
      await hub.start({ MOS_HUB_CONFIG: path, ...env });
    },
    url: async () => JSON.parse(await readFile(join(hub.dataDir, "run.json"), "utf8")).url as string,
    token: async (scopes, name = "orchestrator") => (await client.tokens.create({ name, scopes: [...scopes] })).token,
    settled: () => until("everything has its receipt", async () => (await client.outbox.list()).outbox.length === 0),
    console: {
      say: async (text, thread = MAIN) => void (await calls.post({ text, thread, clientId: randomUUID() })),
      messages,
      sees: (words, thread) =>
        find(`"${words}" is shown in the console`, async () => (await messages(thread)).find(({ text }) => text.includes(words))),
    },
    telegram: {
      async begin(text) {
        const before = new Set(forum.topics.keys());
        fake.world.say(FORUM, ANN, `@mos_test_bot ${text}`);
        await until("a topic is open", () => forum.topics.size > before.size);
        return [...forum.topics.keys()].find((id) => !before.has(id)) ?? 0;
      },
      say: (text, topic) => void fake.world.say(FORUM, ANN, text, { thread: topic }),
      shown,
      sees,
      async press(words, label, topic) {
        const card = await sees(words, topic);
        await until(`the card has a button ${label}`, () => card.keyboard.flat().some(({ text }) => text === label));
        await press(fake, card, buttonOf(card, label).callback_data ?? "");
      },
    },
    async end() {
      await hub.end();
      await fake.close();
    },
  };
}
