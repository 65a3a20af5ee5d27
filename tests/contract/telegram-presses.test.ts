/** Cards on Telegram, over the wire: what there is to press, and what becomes of a press. */
import { afterEach, describe, expect, test } from "vitest";
import type { ApprovalCard, DeployCard, QuestionCard } from "../../src/contract/message.ts";
import { buttonOf, createTelegramBench, lastIn, press, type TelegramBench } from "../support/telegram-bench.ts";

const benches: TelegramBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createTelegramBench>[0]): Promise<TelegramBench> {
  const bench = await createTelegramBench(options);
  benches.push(bench);
  return bench;
}

const APPROVAL: ApprovalCard = {
  type: "approval",
  id: "apr_0123456789abcdefghijkl",
  code: "K7Q-M2X",
  state: "pending",
  title: "Delete the old backups",
  class: "red",
  asker: "Mos",
  action: "tool: rm",
  digest: "0".repeat(64),
  expiresAt: 4_102_444_800_000,
};
const QUESTION: QuestionCard = {
  type: "question",
  id: "apr_q",
  code: "K7Q-M2X",
  state: "pending",
  asker: "Mos",
  text: "Which?",
  form: { title: "Which", fields: [{ name: "which", label: "Which one", kind: "choice", required: true, options: options(3) }] },
};
function options(count: number): { value: string; label: string }[] {
  return Array.from({ length: count }, (_, at) => ({ value: `v${at}`, label: `Choice ${at + 1}` }));
}
const deploy = (url: string): DeployCard => ({
  type: "deploy",
  id: "dep_1",
  app: "shop",
  environment: "production",
  state: "live",
  urls: { live: url },
});
describe("a card", () => {
  test("is decided by its button; the answer is for the presser, and a decided one has nothing to press", async () => {
    const bench = await open();
    const { connector, events } = await bench.connect();
    const { receipt } = await connector.send({ text: "May I?", card: APPROVAL });
    const data = buttonOf(lastIn(bench.forum), "Approve").callback_data ?? "";
    expect(data).not.toContain(APPROVAL.id);
    bench.ack = { type: "privateText", text: "K7Q-M2X is approved.", trace: "trc_1" };
    expect(await press(bench.fake, lastIn(bench.forum), data)).toEqual({ text: "K7Q-M2X is approved.", alert: false });
    expect(events).toMatchObject([{ type: "action", subject: APPROVAL.id, choice: "approve", sender: "11", chatId: "-1001" }]);
    await connector.send({ text: "Approved.", card: { ...APPROVAL, state: "approved" }, edits: receipt });
    expect(lastIn(bench.forum)).toMatchObject({ text: "Approved.", keyboard: [] });
  });

  test("works after a restart; data of another chat, or made up, decides nothing", async () => {
    const bench = await open();
    const first = await bench.connect();
    await first.connector.send({ text: "May I?", card: APPROVAL });
    const data = buttonOf(lastIn(bench.forum), "Deny").callback_data ?? "";
    await first.connector.close();
    const { connector, events } = await bench.connect();
    await connector.send({ text: "elsewhere", chatId: "-5", card: QUESTION });
    const means = { alert: true, text: "This button means nothing any more." };
    expect(await press(bench.fake, lastIn(bench.group), data)).toEqual(means);
    expect(await press(bench.fake, lastIn(bench.forum), `${"A".repeat(22)}:approve`)).toEqual(means);
    expect(await press(bench.fake, lastIn(bench.forum), "approve|apr_0123456789abcdefghijkl")).toEqual(means);
    expect(events).toEqual([]);
    await press(bench.fake, lastIn(bench.forum), data);
    expect(events).toMatchObject([{ subject: APPROVAL.id, choice: "deny" }]);
  });

  test("says what is to be typed where a form is wanted, and refuses as an alert, in 200 letters", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    await connector.send({ text: "May I?", card: APPROVAL });
    const data = buttonOf(lastIn(bench.forum), "Approve").callback_data ?? "";
    const field = { name: "code", label: "Type K7Q-M2X to approve", kind: "text", required: true } as const;
    bench.ack = { type: "openForm", subject: `approval:${APPROVAL.id}`, form: { title: "Delete", fields: [field] }, trace: "trc_1" };
    expect(await press(bench.fake, lastIn(bench.forum), data)).toEqual({ text: "Delete\nType K7Q-M2X to approve", alert: true });
    bench.ack = { type: "refused", privateText: "no ".repeat(100) };
    const answer = await press(bench.fake, lastIn(bench.forum), data);
    expect([answer?.alert, answer?.text?.length]).toEqual([true, 200]);
  });

  test("with a choice has a button for each; a link Telegram would refuse is left to the words", async () => {
    const bench = await open();
    const { connector, events } = await bench.connect();
    await connector.send({ text: "Which?", card: QUESTION });
    expect(
      lastIn(bench.forum)
        .keyboard.flat()
        .map(({ text }) => text),
    ).toEqual(["Choice 1", "Choice 2", "Choice 3"]);
    await press(bench.fake, lastIn(bench.forum), buttonOf(lastIn(bench.forum), "Choice 2").callback_data ?? "");
    expect(events).toMatchObject([{ subject: "question:apr_q", choice: "2" }]);
    expect(await connector.send({ text: "live", card: deploy("http://shop:8080/") })).toMatchObject({ delivered: true });
    expect(lastIn(bench.forum).keyboard).toEqual([]);
    await connector.send({ text: "live", card: deploy("https://shop.example.internal/") });
    expect(buttonOf(lastIn(bench.forum), "Open").url).toBe("https://shop.example.internal/");
  });
});
