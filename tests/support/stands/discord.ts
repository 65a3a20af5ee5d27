/** A fake Discord with one server, its channels and Ann in it. */
import { createFakeDiscord } from "../../../connectors/discord/fake/discord.ts";
import { systemClock } from "../../../src/clock.ts";
import { buttonOf, partsOf } from "../discord-bench.ts";
import { type BusyStand, type Button, several, type StandOptions } from "./stand.ts";

/** Of sending, and of changing, in one channel: what its answers tell in practice (2026). */
const WINDOW = { count: 5, windowMs: 5000 };
const SAYS = /^\/channels\/\d+\/messages(\/\d+)?$/;

export async function createDiscordStand({ chats = 1, isStrict = false }: StandOptions = {}) {
  const token = "stand.token-of-the-bot";
  const windows = isStrict ? { messages: WINDOW, edits: WINDOW } : {};
  const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 2000, patienceMs: 2000, windows });
  const bot = fake.addBot("Mos", token);
  const ann = fake.addPerson("Ann");
  const guild = fake.addGuild("Home", [bot.user, ann]);
  const channel = fake.addChannel(guild, "general");
  const channels = [channel.id, ...several(chats - 1, (at) => fake.addChannel(guild, `busy-${at}`).id)];

  return {
    fake,
    account: { kind: "discord", channel_id: channel.id, api_base: fake.api },
    environment: { DISCORD_BOT_TOKEN: token },
    chat: channel.id,
    chats: channels,
    ann: ann.id,
    say: async (text) => void fake.say(ann, channel.id, `<@${bot.user.id}> ${text}`),
    async shown() {
      const own = fake.world.messages.filter(({ author, isDeleted }) => author.id === bot.user.id && !isDeleted);
      return own.map((message) => {
        const pressable = partsOf(message).filter((part) => part["disabled"] !== true);
        const buttons = pressable.map(({ label, url }): Button => ({ label: String(label), url: url as string | undefined }));
        const { id, channelId, content: text, pinged: notified } = message;
        const said = { id, text, buttons, notified };
        return channels.includes(channelId)
          ? { ...said, chat: channelId, thread: undefined }
          : { ...said, chat: fake.world.channels.get(channelId)?.parentId ?? "", thread: channelId };
      });
    },
    async press({ id }, label) {
      const message = fake.world.messages.find((one) => one.id === id);
      if (!message) throw new Error(`Discord shows no message ${id}`);
      await fake.press(ann, message, buttonOf(message, label));
    },
    calledAt: () => fake.calls.filter(({ method, path }) => method !== "GET" && SAYS.test(path)).map(({ at }) => at),
    refused: () => fake.calls.filter(({ status }) => status === 429).length,
    close: fake.close,
  } satisfies BusyStand & { fake: unknown };
}
