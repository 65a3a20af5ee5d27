/** What people press, choose and type as a slash command on Discord, and the one answer each of it has. */
import { afterEach, describe, expect, test } from "vitest";
import type { FakeMessage } from "../../connectors/discord/fake/world.ts";
import type { ApprovalCard, QuestionCard } from "../../src/contract/message.ts";
import { buttonOf, createDiscordBench, type DiscordBench, partsOf } from "../support/discord-bench.ts";
import { until } from "../support/hub-process.ts";

const benches: DiscordBench[] = [];
afterEach(async () => {
  for (const one of benches.splice(0)) await one.end();
});

async function open(options?: Parameters<typeof createDiscordBench>[0]): Promise<DiscordBench> {
  const bench = await createDiscordBench(options);
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

function last(messages: readonly FakeMessage[]): FakeMessage {
  const found = messages.at(-1);
  if (!found) throw new Error("nothing is shown");
  return found;
}

describe("a card", () => {
  test("is decided by its button; the answer is for the presser alone, and a decided one has nothing to press", async () => {
    const bench = await open();
    const { connector, events } = await bench.connect();
    const { receipt } = await connector.send({ text: "May I?", card: APPROVAL });
    bench.ack = { type: "privateText", text: "K7Q-M2X is approved.", trace: "trc_1" };
    const outcome = await bench.fake.press(bench.ann, last(bench.shown()), buttonOf(last(bench.shown()), "Approve"));
    expect(outcome).toEqual({ acknowledged: true, answer: "K7Q-M2X is approved." });
    expect(events).toMatchObject([
      { type: "action", subject: APPROVAL.id, choice: "approve", sender: bench.ann.id, chatId: bench.channel.id },
    ]);
    await connector.send({ text: "Approved.", card: { ...APPROVAL, state: "approved" }, edits: receipt });
    expect(partsOf(last(bench.shown())).map((part) => part["disabled"])).toEqual([true, true, true]);
    expect(bench.shown()).toHaveLength(1);
  });

  test("asks why it is denied, and for the code where the hub wants it", async () => {
    const bench = await open();
    const { connector, events } = await bench.connect();
    await connector.send({ text: "May I?", card: APPROVAL });
    const { modal = {} } = await bench.fake.press(bench.ann, last(bench.shown()), buttonOf(last(bench.shown()), "Deny, and say why…"));
    expect(events).toEqual([]);
    await bench.fake.submit(bench.ann, bench.channel.id, modal, { reason: "not on a Friday" });
    expect(events).toMatchObject([{ subject: APPROVAL.id, choice: "deny", values: { reason: "not on a Friday" } }]);
    const field = { name: "code", label: "Type K7Q-M2X to approve", kind: "text", required: true } as const;
    bench.ack = { type: "openForm", subject: `approval:${APPROVAL.id}`, form: { title: "Delete", fields: [field] }, trace: "trc_1" };
    const asked = await bench.fake.press(bench.ann, last(bench.shown()), buttonOf(last(bench.shown()), "Approve"));
    bench.ack = { type: "accepted", trace: "trc_1" };
    await bench.fake.submit(bench.ann, bench.channel.id, asked.modal ?? {}, { code: "K7Q-M2X" });
    expect(events.at(-1)).toMatchObject({ subject: `approval:${APPROVAL.id}`, choice: "approve", values: { code: "K7Q-M2X" } });
  });

  test("shows a long action in short, and the whole of it to whoever asks, also after a restart", async () => {
    const bench = await open();
    const first = await bench.connect();
    const action = `tool: rm\n${"path: /var/backups/one\n".repeat(60)}last: line`;
    await first.connector.send({ text: `May I?\n\n\`\`\`\n${action}\n\`\`\``, card: { ...APPROVAL, action } });
    await first.connector.close();
    await bench.connect();
    const card = last(bench.shown());
    expect(card.content.length).toBeLessThan(900);
    expect(card.content).toContain("last: line");
    const { answer = "" } = await bench.fake.press(bench.ann, card, buttonOf(card, "Details"));
    expect(answer.length).toBeGreaterThan(1300);
  });

  test("asks a question by buttons, by a list, or by a form", async () => {
    const bench = await open();
    const { connector, events } = await bench.connect();
    await connector.send({ text: "Which?", card: QUESTION });
    await bench.fake.press(bench.ann, last(bench.shown()), buttonOf(last(bench.shown()), "Choice 2"));
    const [field] = QUESTION.form.fields;
    if (!field) throw new Error("the question has no field");
    await connector.send({ text: "Which?", card: { ...QUESTION, form: { title: "Which", fields: [{ ...field, options: options(9) }] } } });
    const select = String(partsOf(last(bench.shown()))[0]?.["custom_id"]);
    await bench.fake.press(bench.ann, last(bench.shown()), select, ["7"]);
    const form = { title: "Who", fields: [field, { name: "name", label: "Your name", kind: "text", required: false } as const] };
    await connector.send({ text: "Who?", card: { ...QUESTION, form } });
    const { modal = {} } = await bench.fake.press(bench.ann, last(bench.shown()), buttonOf(last(bench.shown()), "Answer…"));
    await bench.fake.submit(bench.ann, bench.channel.id, modal, { which: "1", name: "Ann" });
    expect(events).toMatchObject([
      { subject: "question:apr_q", choice: "2" },
      { subject: "question:apr_q", choice: "7" },
      { subject: "question:apr_q", values: { which: "1", name: "Ann" } },
    ]);
  });

  test("whose answer was lost is found by what its buttons mean, and another of the same words is not taken for it", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const since = new Date(Date.now() - 1000).toISOString();
    const message = { text: "May I?", card: APPROVAL };
    const { receipt } = await connector.send(message);
    const another = { text: "May I?", card: { ...APPROVAL, id: "apr_another0123456789abcde" } };
    expect(await connector.can?.reconcile?.(another, since)).toBeUndefined();
    Object.assign(last(bench.shown()), { content: "May I?\u200b" });
    expect(await connector.can?.reconcile?.(message, since)).toEqual(receipt);
  });

  test("links to a deploy and a canvas", async () => {
    const bench = await open();
    const { connector } = await bench.connect();
    const urls = { live: "https://shop.example.com", logs: "https://logs.example.com/1" };
    await connector.send({
      text: "shop is live",
      card: { type: "deploy", id: "dep_1", app: "shop", environment: "prod", state: "live", urls },
    });
    await connector.send({
      text: "a page",
      card: { type: "canvas", state: "open", id: "cnv_1", title: "Page", kind: "page", url: "https://c.example.com/#k" },
    });
    const links = bench.shown().map((message) => partsOf(message).map((part) => part["url"]));
    expect(links).toEqual([Object.values(urls), ["https://c.example.com/#k"]]);
  });
});

describe("a slash command", () => {
  test("is the same as typed, answered privately, and registered once", async () => {
    const bench = await open();
    const first = await bench.connect();
    await until("it is registered", () => bench.bot.commands.length === 1);
    expect(await bench.fake.slash(bench.ann, bench.channel.id, { command: "status" })).toEqual({
      acknowledged: true,
      answer: "Taken: !status",
    });
    expect(first.messages).toMatchObject([{ text: "!status", mentionsBot: true, sender: bench.ann.id }]);
    await until("its registration is kept", async () => (await bench.state.get("commands")) !== undefined);
    await first.connector.close();
    const second = await bench.connect();
    await until("the account was looked at", () => bench.fake.calls.filter(({ path }) => path === "/users/@me/guilds").length === 2);
    await second.connector.send({ text: "here again" });
    expect(bench.fake.calls.filter(({ method, path }) => method === "PUT" && path.endsWith("/commands"))).toHaveLength(1);
  });
});

test("a server like Discord without sessions to resume and without forms is served, and says so", async () => {
  const bench = await open({ lacks: ["resume", "modals", "followups"] });
  const { connector } = await bench.connect();
  await connector.send({ text: "May I?", card: APPROVAL });
  const card = last(bench.shown());
  const { answer } = await bench.fake.press(bench.ann, card, buttonOf(card, "Deny, and say why…"));
  expect(answer).toContain("No form can be shown here");
  await until("it is logged", () => bench.logged.join().includes("the answer to a press did not arrive"));
  expect((await bench.fake.press(bench.ann, card, buttonOf(card, "Approve"))).acknowledged).toBe(true);
});
