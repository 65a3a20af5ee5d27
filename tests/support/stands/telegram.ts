/** A fake Bot API with one forum and other groups, and Ann in them. */
import { createFakeTelegram } from "../../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../../src/clock.ts";
import { ANN, buttonOf, shownIn, TOKEN } from "../telegram-bench.ts";
import { type BusyStand, several, type StandOptions } from "./stand.ts";

/** Bots FAQ (2026). */
const PACES = { chat: { count: 1, windowMs: 1000 }, group: { count: 20, windowMs: 60_000 }, all: { count: 30, windowMs: 1000 } };

/** How long Ann looks at a button she has pressed. */
const PATIENCE_MS = 2000;

export async function createTelegramStand({ chats = 1, isStrict = false }: StandOptions = {}) {
  const fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 1000, paces: isStrict ? PACES : {} });
  const forum = fake.addChat({ id: -1001, type: "supergroup", isForum: true, title: "Home" });
  const groups = [forum, ...several(chats - 1, (at) => fake.addChat({ id: -1002 - at, type: "supergroup", title: `Group ${at}` }))];

  return {
    fake,
    account: { kind: "telegram", chat_id: String(forum.id), api_root: fake.url },
    environment: { TELEGRAM_BOT_TOKEN: TOKEN },
    chat: String(forum.id),
    chats: groups.map(({ id }) => String(id)),
    ann: String(ANN.id),
    say: async (text) => void fake.world.say(forum.id, ANN, `@mos_test_bot ${text}`),
    async shown() {
      return groups.flatMap((group) =>
        shownIn(group).map(({ message_id, thread: topic, text, keyboard, pinged: notified }) => {
          const buttons = keyboard.flat().map(({ text: label, url }) => ({ label, url }));
          const [id, thread] = [String(message_id), topic === undefined ? undefined : String(topic)];
          return { chat: String(group.id), id, thread, text, buttons, notified };
        }),
      );
    },
    async press({ chat, id }, label) {
      const message = fake.world.chat(chat).messages.get(Number(id));
      if (!message) throw new Error(`Telegram shows no message ${id}`);
      const { update } = fake.world.press(message, ANN, buttonOf(message, label).callback_data ?? "");
      await fake.confirmed(update.update_id, PATIENCE_MS);
    },
    calledAt: () => fake.calls.filter(({ method }) => method === "sendMessage" || method === "editMessageText").map(({ at }) => at),
    refused: fake.refused,
    close: fake.close,
  } satisfies BusyStand & { fake: unknown };
}
