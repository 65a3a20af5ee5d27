/** Telegram's pace over the wire, in hand-moved time: what the limits say is enough that it never has to refuse, and little is left unused. */
import { Keyv } from "keyv";
import { afterEach, beforeEach, expect, test } from "vitest";
import telegram from "../../connectors/telegram/definition.ts";
import { createFakeTelegram, type FakeTelegram } from "../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../src/clock.ts";
import type { Connector } from "../../src/contract/connector.ts";
import { say } from "../../src/contract/handler.ts";
import type { Write } from "../../src/contract/store.ts";
import { createDeliveryBench, type DeliveryBench } from "../support/delivery-bench.ts";
import { until } from "../support/hub-process.ts";
import { TOKEN } from "../support/telegram-bench.ts";
import { wireContext } from "../support/wire/context.ts";

const NOTICES = 600;
const CHATS = 200;
const STEP_MS = 20;
/** What Telegram allows (Bots FAQ, 2026), and a call may be two steps on its way. */
const windowOf = (count: number, ms: number) => ({ count, windowMs: ms - 2 * STEP_MS });
const PACES = { chat: windowOf(1, 1000), group: windowOf(20, 60_000), all: windowOf(30, 1000) };

let fake: FakeTelegram;
let connector: Connector;
let bench: DeliveryBench;

beforeEach(async () => {
  const now = (): number => bench.clock.now();
  fake = await createFakeTelegram({ setTimer: systemClock.setTimer, now, token: TOKEN, paces: PACES });
  for (let chat = 1; chat <= CHATS; chat += 1) fake.addChat({ id: -chat, type: "group" });
  connector = telegram.factory({ kind: "telegram", api_root: fake.url }, wireContext("telegram", new Keyv(), TOKEN));
  bench = await createDeliveryBench({ telegram: connector });
});
afterEach(async () => {
  await connector.close();
  await fake.close();
  await bench.dispose();
});

const texts = (): string[] => fake.calls.flatMap(({ method, fields }) => (method === "sendMessage" ? [String(fields["text"])] : []));
const waiting = (state: "sending" | "queued"): Promise<number> => bench.life().journal.store.count("outbox", { state });

function saying(text: string, chat: number, urgency: "urgent" | "notice"): Write {
  return say({ address: { account: "telegram", chat: String(-chat) }, trace: "trc_1", text, urgency }).write;
}

/** Time goes on only when every call has been answered: what is refused is not for want of a quick machine. */
async function goOn(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    await bench.clock.tick(STEP_MS);
    await until("the calls are answered", async () => (await waiting("sending")) === 0);
  }
}

test(
  "600 notices to 200 groups are never refused, and an approval raised in the middle goes before them",
  { timeout: 120_000 },
  async () => {
    const began = bench.clock.now();
    await bench.write(...Array.from({ length: NOTICES }, (_, at) => saying(`notice ${at}`, (at % CHATS) + 1, "notice")));
    await goOn(() => texts().length >= NOTICES / 2);
    const before = texts().length;
    await bench.write(saying("may I?", CHATS, "urgent"));
    await goOn(async () => (await waiting("queued")) === 0);
    const tookMs = bench.clock.now() - began;
    expect(fake.refused()).toBe(0);
    expect(texts().slice(before, before + PACES.all.count)).toContain("may I?");
    expect(texts()).toHaveLength(NOTICES + 1);
    const share = NOTICES / ((tookMs / 1000) * PACES.all.count);
    console.info(`telegram: ${Math.round(share * 100)} % of the possible rate`);
    expect(share).toBeGreaterThan(0.8);
  },
);
