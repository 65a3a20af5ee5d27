/** A fake Bot API with one forum, and Ann in it. */
import { createFakeTelegram } from "../../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../../src/clock.ts";
import { ANN, buttonOf, shownIn, TOKEN } from "../telegram-bench.ts";
import type { Stand } from "./stand.ts";

/** How long Ann looks at a button she has pressed. */
const PATIENCE_MS = 2000;

export async function createTelegramStand() {
  const fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 1000 });
  const forum = fake.addChat({ id: -1001, type: "supergroup", isForum: true, title: "Home" });

  return {
    fake,
    account: { kind: "telegram", chat_id: String(forum.id), api_root: fake.url },
    environment: { TELEGRAM_BOT_TOKEN: TOKEN },
    chat: String(forum.id),
    ann: String(ANN.id),
    say: async (text) => void fake.world.say(forum.id, ANN, `@mos_test_bot ${text}`),
    async shown() {
      return shownIn(forum).map(({ message_id: id, thread, text, keyboard, pinged: notified }) => {
        const buttons = keyboard.flat().map(({ text: label, url }) => ({ label, url }));
        return { id: String(id), thread: thread === undefined ? undefined : String(thread), text, buttons, notified };
      });
    },
    async press({ id }, label) {
      const message = forum.messages.get(Number(id));
      if (!message) throw new Error(`Telegram shows no message ${id}`);
      const { update } = fake.world.press(message, ANN, buttonOf(message, label).callback_data ?? "");
      await fake.confirmed(update.update_id, PATIENCE_MS);
    },
    close: fake.close,
  } satisfies Stand & { fake: unknown };
}
