/** The fake Discord with one bot, one server and one person on it, and the real discord.js in between. */
import { randomBytes } from "node:crypto";
import { Keyv } from "keyv";
import discord from "../../../connectors/discord/definition.ts";
import { createFakeDiscord, type FakeDiscord } from "../../../connectors/discord/fake/discord.ts";
import type { FakeBot, FakeChannel, FakeMessage, FakeUser } from "../../../connectors/discord/fake/world.ts";
import { pressId } from "../../../connectors/shared/press.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Acknowledged, ConnectorHarness, Rig, Shown } from "../../../src/testing/kit.ts";
import { partsOf } from "../discord-bench.ts";
import { until } from "../hub-process.ts";
import { wireContext } from "../wire/context.ts";

const PATIENCE_MS = 600;
const HEARTBEAT_MS = 200;
/** Of an answer, and of a heartbeat. */
const SETTINGS = { answer_ms: 500, heartbeat_overdue_ms: 700 } as const;

const harness: ConnectorHarness = {
  kind: "discord",
  async setUp() {
    const token = `kit.${randomBytes(24).toString("base64url")}`;
    const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: HEARTBEAT_MS, patienceMs: PATIENCE_MS });
    const bot = fake.addBot("Mos", token);
    const ann = fake.addPerson("Ann");
    const channel = fake.addChannel(fake.addGuild("Home", [bot.user, ann]), "general");
    return createRig({ fake, bot, ann, channel, token, state: new Keyv() });
  },
};
export default harness;

interface Parts {
  readonly fake: FakeDiscord;
  readonly bot: FakeBot;
  readonly ann: FakeUser;
  readonly channel: FakeChannel;
  readonly token: string;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { fake, bot, ann, channel, token, state } = parts;
  const connector = discord.factory({ api_base: fake.api, channel_id: channel.id, ...SETTINGS }, wireContext("discord", state, token));
  const lives: Rig[] = [];
  const spoken = (text: string): string => `<@${bot.user.id}> ${text}`;
  const all = (): FakeMessage[] => fake.world.messages.filter(({ author, isDeleted }) => author.id === bot.user.id && !isDeleted);

  /** Discord asks for no confirmation: what has been taken is where the account's mark stands. */
  async function taken({ id, channelId }: FakeMessage): Promise<Acknowledged> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const mark = await state.get<string>(`mark:${channelId}`);
      if (mark && BigInt(mark) >= BigInt(id)) return { acknowledged: true };
      if (Date.now() > end) return { acknowledged: false };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** A card of a former life of the hub. */
  function formerCard(custom_id: string): FakeMessage {
    const components = [{ type: 1, components: [{ type: 2, style: 3, label: "Approve", custom_id }] }];
    return fake.world.keep({ channelId: channel.id, author: bot.user, content: "May I?", components });
  }

  let last: FakeMessage | undefined;
  const rig: Rig = {
    connector,
    secret: token,
    async say(text, { threadId = channel.id, again } = {}) {
      if (again && last) fake.tell(last);
      else last = fake.say(ann, threadId, spoken(text));
      return taken(last ?? fake.say(ann, threadId, spoken(text)));
    },
    async press(subject, choice) {
      const id = pressId({ verb: "do", subject, choice });
      const card = all().find((message) => partsOf(message).some((part) => part["custom_id"] === id));
      const { acknowledged, answer } = await fake.press(ann, card ?? formerCard(id), id);
      return { acknowledged, answer };
    },
    sayWhileAway: async (text) => void fake.write(ann, channel.id, spoken(text)),
    shown: async () => all().map(shownOf(channel.id)),
    shownToOthers: async () =>
      all()
        .filter(({ channelId }) => fake.world.channels.get(channelId)?.guildId !== undefined)
        .map(shownOf(channel.id)),
    notified: async (messageId) => all().find(({ id }) => id === messageId)?.pinged ?? [],
    async glimpsed(work) {
      const before = fake.typed.length;
      await work();
      return fake.typed.slice(before).map(() => ({ typing: true }));
    },
    async restart() {
      await connector.close();
      const next = await createRig(parts);
      lives.push(next);
      return next;
    },
    async end() {
      for (const life of lives) await life.end();
      await connector.close();
      await fake.close();
    },
    platform: {
      next: fake.next,
      silence: fake.silence,
      hangUp: fake.hangUp,
      sendTimes: () => fake.calls.filter(({ method, path }) => method === "POST" && path.endsWith("/messages")).map(({ at }) => at),
      async sayReversed([first, second]) {
        const [one, two] = [fake.write(ann, channel.id, spoken(first)), fake.write(ann, channel.id, spoken(second))];
        // The mark of the later one says nothing of the earlier: who listens does.
        const heard = new Set<string>();
        const leave = connector.subscribe(({ eventId }) => void heard.add(eventId));
        fake.tell(two);
        fake.tell(one);
        await until("both are heard", () => heard.size === 2);
        leave();
        return [await taken(two), await taken(one)];
      },
      patienceMs: PATIENCE_MS,
      answerMs: 3000,
      silenceToldMs: 2000,
      showsAnswers: true,
    },
  };
  await connector.start?.();
  await until("Discord is connected", async () => (await connector.health()).reachable);
  return rig;
}

function shownOf(home: string) {
  return ({ id, channelId, content, components, reactions }: FakeMessage): Shown => ({
    messageId: id,
    threadId: channelId === home ? undefined : channelId,
    text: content,
    hasButtons: components.length > 0,
    reactions: [...reactions.keys()],
  });
}
