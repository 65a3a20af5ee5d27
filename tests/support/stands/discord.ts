/** A fake Discord with one server, one channel and Ann in it. */
import { createFakeDiscord } from "../../../connectors/discord/fake/discord.ts";
import { systemClock } from "../../../src/clock.ts";
import { buttonOf, partsOf } from "../discord-bench.ts";
import type { Button, Stand } from "./stand.ts";

export async function createDiscordStand() {
  const token = "stand.token-of-the-bot";
  const fake = await createFakeDiscord({ ...systemClock, heartbeatMs: 2000, patienceMs: 2000 });
  const bot = fake.addBot("Mos", token);
  const ann = fake.addPerson("Ann");
  const channel = fake.addChannel(fake.addGuild("Home", [bot.user, ann]), "general");

  return {
    fake,
    account: { kind: "discord", channel_id: channel.id, api_base: fake.api },
    environment: { DISCORD_BOT_TOKEN: token },
    chat: channel.id,
    ann: ann.id,
    say: async (text) => void fake.say(ann, channel.id, `<@${bot.user.id}> ${text}`),
    async shown() {
      const own = fake.world.messages.filter(({ author, isDeleted }) => author.id === bot.user.id && !isDeleted);
      return own.map((message) => {
        const pressable = partsOf(message).filter((part) => part["disabled"] !== true);
        const buttons = pressable.map(({ label, url }): Button => ({ label: String(label), url: url as string | undefined }));
        const thread = message.channelId === channel.id ? undefined : message.channelId;
        return { id: message.id, thread, text: message.content, buttons, notified: message.pinged };
      });
    },
    async press({ id }, label) {
      const message = fake.world.messages.find((one) => one.id === id);
      if (!message) throw new Error(`Discord shows no message ${id}`);
      await fake.press(ann, message, buttonOf(message, label));
    },
    close: fake.close,
  } satisfies Stand & { fake: unknown };
}
