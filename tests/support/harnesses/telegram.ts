/** The fake Bot API with one forum and one person in it, and the real grammY in between. */
import { randomBytes } from "node:crypto";
import { Keyv } from "keyv";
import telegram from "../../../connectors/telegram/definition.ts";
import { SENDING } from "../../../connectors/telegram/fake/methods.ts";
import { createFakeTelegram, type FakeTelegram } from "../../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../../src/clock.ts";
import type { FakeMessage } from "../../../connectors/telegram/fake/shapes.ts";
import type { Update } from "../../../connectors/telegram/fake/world.ts";
import type { Acknowledged, ConnectorHarness, Rig, Shown } from "../../../src/testing/kit.ts";
import { until } from "../hub-process.ts";
import { wireContext } from "../wire/context.ts";

const PATIENCE_MS = 600;
/** What comes a second time may first have to be given up by the connector. */
const AGAIN_MS = 5000;
const ANN = { id: 11, is_bot: false, first_name: "Ann" };
const FORUM = -1001;

const harness: ConnectorHarness = {
  kind: "telegram",
  async setUp() {
    const token = `7000000001:${randomBytes(26).toString("base64url")}`;
    const fake = await createFakeTelegram({ ...systemClock, token, longestPollMs: 200 });
    fake.addChat({ id: FORUM, type: "supergroup", isForum: true, title: "Home" });
    fake.addChat({ id: ANN.id, type: "private", title: "Ann" });
    return createRig({ fake, token, state: new Keyv() });
  },
};
export default harness;

interface Parts {
  readonly fake: FakeTelegram;
  readonly token: string;
  readonly state: Keyv;
}

async function createRig(parts: Parts): Promise<Rig> {
  const { fake, token, state } = parts;
  const settings = { kind: "telegram", api_root: fake.url, chat_id: String(FORUM), answer_ms: 400, poll_ms: 1000 };
  const connector = telegram.factory(settings, wireContext("telegram", state, token));
  const lives: Rig[] = [];
  const spoken = (text: string): string => `@${String(fake.world.bot.username)} ${text}`;
  const sentBy = (chat: number): FakeMessage[] =>
    [...fake.world.chat(chat).messages.values()].filter(({ from, service, isDeleted }) => from.is_bot && !service && !isDeleted);
  const taken = async (update: Update, ms = PATIENCE_MS): Promise<Acknowledged> => ({
    acknowledged: await fake.confirmed(update.update_id, ms),
  });

  const rig: Rig = {
    connector,
    secret: token,
    async say(text, { threadId, again } = {}) {
      const last = fake.world.updates.at(-1);
      if (again && last)
        return taken((await fake.confirmed(last.update_id, 0)) ? fake.world.push("message", last["message"]) : last, AGAIN_MS);
      return taken(fake.world.say(FORUM, ANN, spoken(text), { thread: threadId === undefined ? undefined : Number(threadId) }).update);
    },
    async press(_subject, choice) {
      const message = sentBy(FORUM).at(-1);
      const button = message?.keyboard.flat().find(({ callback_data: data }) => data?.endsWith(`:${choice}`));
      if (!message || !button) throw new Error(`nothing to press says ${choice}`);
      const { press, update } = fake.world.press(message, ANN, button.callback_data ?? "");
      const { acknowledged } = await taken(update);
      if (acknowledged) await until("the press is answered", () => press.answer !== undefined);
      return { acknowledged, answer: press.answer?.text };
    },
    sayWhileAway: async (text) => void fake.world.say(FORUM, ANN, spoken(text)),
    shown: async () => [...sentBy(FORUM), ...sentBy(ANN.id)].map(shownOf),
    shownToOthers: async () => sentBy(FORUM).map(shownOf),
    notified: async (messageId) => [...sentBy(FORUM), ...sentBy(ANN.id)].find((one) => shownOf(one).messageId === messageId)?.pinged ?? [],
    async glimpsed(work) {
      const before = fake.calls.length;
      await work();
      return fake.calls.slice(before).flatMap(({ method }) => (method === "sendChatAction" ? [{ typing: true } as const] : []));
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
      sendTimes: () => fake.calls.filter(({ method }) => SENDING.includes(method)).map(({ at }) => at),
      async sayReversed([first, second]) {
        const [one, two] = [fake.world.say(FORUM, ANN, spoken(first)), fake.world.say(FORUM, ANN, spoken(second))];
        // As yet nobody has polled for either.
        fake.world.updates.splice(-2, 2);
        const late = fake.world.push("message", two.update["message"]);
        const early = fake.world.push("message", one.update["message"]);
        return [await taken(late), await taken(early)];
      },
      patienceMs: PATIENCE_MS,
      answerMs: 3000,
      silenceToldMs: 2000,
      // A message has no answer on Telegram; what a press answers is tested in tests/contract/telegram.test.ts.
      showsAnswers: false,
    },
  };
  await connector.start?.();
  await until("Telegram is connected", async () => (await connector.health()).reachable);
  return rig;
}

function shownOf({ chat, message_id, thread, text, keyboard, reactions }: FakeMessage): Shown {
  return {
    messageId: `${chat}:${message_id}`,
    threadId: thread === undefined ? undefined : String(thread),
    text,
    hasButtons: keyboard.length > 0,
    reactions: [...reactions.values()],
  };
}
