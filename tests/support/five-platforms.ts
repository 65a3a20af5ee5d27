/**
 * The stage with all four platforms and the console at once: the started hub, a fake of each platform on the wire, and Ann, who is one person on
 * all of them. Every approval is shown in each platform's home chat, whoever asks for it where; so is what `deploy announce` tells.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { createHubProcess, type HubProcess, until } from "./hub-process.ts";
import { createConsoleStand } from "./stands/console.ts";
import { createDiscordStand } from "./stands/discord.ts";
import { createMatrixStand } from "./stands/matrix.ts";
import { createSlackStand } from "./stands/slack.ts";
import type { Shown, Stand } from "./stands/stand.ts";
import { createTelegramStand } from "./stands/telegram.ts";

export const PLATFORMS = ["discord", "matrix", "telegram", "slack", "console"] as const;
export type Platform = (typeof PLATFORMS)[number];
export type OnEach<T> = Readonly<Record<Platform, T>>;

export interface FivePlatforms {
  readonly hub: HubProcess;
  /** With each fake, for faults and for what is peculiar to its platform. */
  readonly stands: Awaited<ReturnType<typeof raiseStands>>;
  /** Begins another life of the hub and waits until it is connected everywhere; `more`: variables for this life and those after it. */
  start(more?: Record<string, string>): Promise<void>;
  /** Ann writes to the bot in the platform's home chat. */
  say(platform: Platform, text: string): Promise<void>;
  /** Ann presses this button of the card. */
  press(platform: Platform, card: Shown, label: string): Promise<void>;
  /** Ann has the agent ask for an approval there, by `text`; resolves with its card on each, which is one, and new. */
  ask(platform: Platform, text?: string): Promise<OnEach<Shown>>;
  /** All that stands in the platform's home chat itself and says this, oldest first. */
  cardsOn(platform: Platform, words: string): Promise<readonly Shown[]>;
  /** Waits until exactly one message of each home chat says this, and resolves with them. */
  oneOnEach(words: string): Promise<OnEach<Shown>>;
  /** Waits until it is true of these very messages, by their ids, as they read then. */
  whenEach(cards: OnEach<Shown>, what: string, isSo: (card: Shown, platform: Platform) => boolean): Promise<OnEach<Shown>>;
  end(): Promise<void>;
}

export interface Home {
  readonly account: Platform;
  readonly chat: string;
}

export interface StageOptions {
  /** In place of the fake homeserver. */
  readonly matrix?: () => Promise<Stand>;
  /** In place of the command's own program, as one with places to die. */
  readonly program?: string;
  /** More of hub.yaml, perhaps made of the home chats; a key given here replaces the stage's. */
  readonly config?: Readonly<Record<string, unknown>> | ((homes: readonly Home[]) => Readonly<Record<string, unknown>>);
  /** More variables of every life. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startFivePlatforms({
  matrix = createMatrixStand,
  program,
  config = {},
  environment = {},
}: StageOptions = {}): Promise<FivePlatforms> {
  const stands = await raiseStands(() => hub, matrix);
  const all = PLATFORMS.map((platform) => ({ platform, stand: stands[platform] as Stand }));
  const hub = await createHubProcess(Object.assign({}, environment, ...all.map(({ stand }) => stand.environment)), undefined, program);
  const file = join(hub.dataDir, "hub.yaml");
  const homes = all.map(({ platform, stand }) => ({ account: platform, chat: stand.chat }));
  const more = typeof config === "function" ? config(homes) : config;
  await writeFile(file, stringify({ ...configOf(all, homes), ...more }));

  async function start(more: Record<string, string> = {}): Promise<void> {
    await hub.start({ MOS_HUB_CONFIG: file, ...more });
    await hub.ready();
  }

  /** Where nobody named a thread the console shows its main one. */
  const isAtHome = ({ thread }: Shown): boolean => thread === undefined || thread === "main";
  const cardsOn = async (platform: Platform, words: string): Promise<readonly Shown[]> =>
    (await stands[platform].shown()).filter((one) => isAtHome(one) && one.text.includes(words));

  async function onEach<T>(look: (platform: Platform) => Promise<T>): Promise<OnEach<T>> {
    const found = await Promise.all(PLATFORMS.map(async (platform) => [platform, await look(platform)] as const));
    return Object.fromEntries(found) as OnEach<T>;
  }

  /** Resolves with what was found last, by platform. Fails with what is shown where it is not. */
  async function settled<T>(what: string, look: (platform: Platform) => Promise<T | undefined>): Promise<OnEach<T>> {
    let found: Partial<OnEach<T | undefined>> = {};
    const isEverywhere = async (): Promise<boolean> => {
      found = await onEach(look);
      return PLATFORMS.every((platform) => found[platform] !== undefined);
    };
    await until(what, isEverywhere, DEADLINE_MS).catch(async (thrown: Error) => {
      const missing = PLATFORMS.filter((platform) => found[platform] === undefined);
      const shown = await Promise.all(missing.map(async (platform) => `${platform}: ${JSON.stringify(await stands[platform].shown())}`));
      throw new Error(`${thrown.message}; not so on ${shown.join("\n")}\n${hub.output()}`);
    });
    return found as OnEach<T>;
  }

  async function ask(from: Platform, text = "approve red"): Promise<OnEach<Shown>> {
    const words = "asks for approval";
    const before = await onEach(async (platform) => (await cardsOn(platform, words)).length);
    await stands[from].say(text);
    return settled(`one more card ${words} on each`, async (platform) => {
      const [card, ...more] = (await cardsOn(platform, words)).slice(before[platform]);
      return more.length === 0 ? card : undefined;
    });
  }

  const stage: FivePlatforms = {
    hub,
    stands,
    start,
    say: (platform, text) => stands[platform].say(text),
    press: (platform, card, label) => stands[platform].press(card, label),
    ask,
    cardsOn,
    oneOnEach: (words) =>
      settled(`one message says "${words}" on each`, async (platform) => {
        const cards = await cardsOn(platform, words);
        return cards.length === 1 ? cards[0] : undefined;
      }),
    whenEach: (cards, what, isSo) =>
      settled(what, async (platform) => {
        const now = (await stands[platform].shown()).find(({ id }) => id === cards[platform].id);
        return now && isSo(now, platform) ? now : undefined;
      }),
    async end() {
      await hub.end();
      await Promise.all(all.map(({ stand }) => stand.close()));
    },
  };
  try {
    await start();
    return stage;
  } catch (thrown) {
    await stage.end();
    throw thrown;
  }
}

/** Five connections, one of which takes twenty messages a minute in one chat, and a machine that has more to do. */
const DEADLINE_MS = 150_000;

async function raiseStands(hub: () => HubProcess, makeMatrix: () => Promise<Stand>) {
  const [discord, matrix, telegram, slack] = await Promise.all([
    createDiscordStand(),
    makeMatrix(),
    createTelegramStand(),
    createSlackStand(),
  ]);
  return { discord, matrix, telegram, slack, console: createConsoleStand(hub) };
}

function configOf(all: readonly { readonly platform: Platform; readonly stand: Stand }[], chats: readonly Home[]) {
  const ann = all.flatMap(({ platform, stand }) => (stand.ann === undefined ? [] : [[platform, stand.ann]]));
  return {
    orchestrator: { driver: "rehearsal", alias: "Mos" },
    accounts: Object.fromEntries(all.map(({ platform, stand }) => [platform, stand.account])),
    operators: [{ name: "Ann", roles: ["operator", "approver"], accounts: Object.fromEntries(ann) }],
    approvals: { policies: [{ name: "everywhere", when: { class: ["yellow", "red", "critical_red"] }, chats }] },
    // The console is looked at all the time.
    limits: { messages_per_minute: 1_000_000, requests_per_second: 100_000 },
  };
}
