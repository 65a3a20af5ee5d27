/**
 * How much of Telegram's pace the hub uses when it has more to say than fits: 600 notices to 200 groups, and an approval raised in the middle. The
 * real connector and delivery on a fake that keeps Telegram's limits, in hand-moved time, so that no slow machine is measured.
 */
import { Keyv } from "keyv";
import telegram from "../../connectors/telegram/definition.ts";
import { createFakeTelegram, type FakeTelegram } from "../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../src/clock.ts";
import { say } from "../../src/contract/handler.ts";
import type { Write } from "../../src/contract/store.ts";
import { createDeliveryBench } from "../support/delivery-bench.ts";
import { until } from "../support/hub-process.ts";
import { TOKEN } from "../support/telegram-bench.ts";
import { wireContext } from "../support/wire/context.ts";

const NOTICES = 600;
const CHATS = 200;
const STEP_MS = 20;
/** What Telegram allows (Bots FAQ, 2026), and a call may be two steps on its way. */
const windowOf = (count: number, ms: number) => ({ count, windowMs: ms - 2 * STEP_MS });
const PACES = { chat: windowOf(1, 1000), group: windowOf(20, 60_000), all: windowOf(30, 1000) };

export interface TelegramPace {
  /** Calls Telegram answered with 429. */
  readonly refused: number;
  readonly sent: number;
  /** How many messages left between the approval and it. */
  readonly beforeApproval: number;
  /** Of the messages the limits allow in the time it took; 1: none could have left sooner. */
  readonly share: number;
}

export async function saturateTelegram(): Promise<TelegramPace> {
  let now = (): number => 0;
  const fake = await createFakeTelegram({ setTimer: systemClock.setTimer, now: () => now(), token: TOKEN, paces: PACES });
  for (let chat = 1; chat <= CHATS; chat += 1) fake.addChat({ id: -chat, type: "group" });
  const connector = telegram.factory({ kind: "telegram", api_root: fake.url }, wireContext("telegram", new Keyv(), TOKEN));
  const bench = await createDeliveryBench({ telegram: connector });
  now = () => bench.clock.now();
  const waiting = (state: "sending" | "queued"): Promise<number> => bench.life().journal.store.count("outbox", { state });

  /** Time goes on only when every call has been answered: what is refused is not for want of a quick machine. */
  async function goOn(isDone: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isDone())) {
      await bench.clock.tick(STEP_MS);
      await until("the calls are answered", async () => (await waiting("sending")) === 0);
    }
  }

  try {
    const began = now();
    await bench.write(...Array.from({ length: NOTICES }, (_, at) => saying(`notice ${at}`, (at % CHATS) + 1, "notice")));
    await goOn(() => textsOf(fake).length >= NOTICES / 2);
    const before = textsOf(fake).length;
    await bench.write(saying("may I?", CHATS, "urgent"));
    await goOn(async () => (await waiting("queued")) === 0);
    const texts = textsOf(fake);
    const possible = ((now() - began) / 1000) * PACES.all.count;
    return { refused: fake.refused(), sent: texts.length, beforeApproval: texts.indexOf("may I?") - before, share: NOTICES / possible };
  } finally {
    await connector.close();
    await fake.close();
    await bench.dispose();
  }
}

const textsOf = ({ calls }: FakeTelegram): string[] =>
  calls.flatMap(({ method, fields }) => (method === "sendMessage" ? [String(fields["text"])] : []));

function saying(text: string, chat: number, urgency: "urgent" | "notice"): Write {
  return say({ address: { account: "telegram", chat: String(-chat) }, trace: "trc_1", text, urgency }).write;
}
