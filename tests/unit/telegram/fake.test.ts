/** The fake Bot API is worth something only if the real library works against it and it refuses what Telegram refuses. */
import { Bot, GrammyError, InputFile } from "grammy";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFakeTelegram, type FakeTelegram } from "../../../connectors/telegram/fake/telegram.ts";
import { systemClock } from "../../../src/clock.ts";

const TOKEN = `7000000001:${"A".repeat(35)}`;
const ANN = { id: 11, is_bot: false, first_name: "Ann" };
let fake: FakeTelegram;
let bot: Bot;

beforeEach(async () => {
  fake = await createFakeTelegram({ ...systemClock, token: TOKEN, longestPollMs: 200, pressPatienceMs: 100 });
  fake.addChat({ id: 11, type: "private" });
  fake.addChat({ id: -1001, type: "supergroup", isForum: true });
  bot = new Bot(TOKEN, { client: { apiRoot: fake.url } });
});
afterEach(async () => {
  await bot.stop();
  await fake.close();
});

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GrammyError)) throw new Error("it was not refused", { cause: error });
  return `${error.error_code} ${error.description}`;
}

test("the real library polls it, hears what people say, and confirms", async () => {
  const heard: string[] = [];
  bot.on("message:text", (context) => void heard.push(context.message.text));
  void bot.start();
  const { update } = fake.world.say(11, ANN, "hello");
  expect(await fake.confirmed(update.update_id, 5000)).toBe(true);
  expect(heard).toEqual(["hello"]);
});

test("a second poller ends the first", async () => {
  const first = refusal(bot.api.getUpdates({ timeout: 30 }));
  await expect.poll(() => fake.calls.length).toBe(1);
  await bot.api.getUpdates({ timeout: 0 });
  expect(await first).toMatch(/^409 Conflict: terminated by other getUpdates/);
});

test("messages, changes, buttons and files come and go as Telegram has them", async () => {
  const markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };
  const { message_id: id } = await bot.api.sendMessage(11, "bold", {
    entities: [{ type: "bold", offset: 0, length: 4 }],
    reply_markup: markup,
  });
  expect(await bot.api.editMessageText(11, id, "other")).toMatchObject({ text: "other" });
  const sent = await bot.api.sendDocument(11, new InputFile(Buffer.from("abc"), "a.txt"), { caption: "see" });
  expect(sent).toMatchObject({ caption: "see", document: { file_name: "a.txt", file_size: 3 } });
  const { file_path: path } = await bot.api.getFile(sent.document.file_id);
  expect(await (await fetch(`${fake.url}/file/bot${TOKEN}/${path}`)).text()).toBe("abc");
});

describe("it refuses", () => {
  test.each([
    ["a text too long", () => bot.api.sendMessage(11, "x".repeat(4097)), "400 Bad Request: message is too long"],
    ["an empty text", () => bot.api.sendMessage(11, " "), "400 Bad Request: message text is empty"],
    [
      "an entity outside",
      () => bot.api.sendMessage(11, "x", { entities: [{ type: "bold", offset: 0, length: 2 }] }),
      "400 Bad Request: entity",
    ],
    [
      "half a letter",
      () => bot.api.sendMessage(11, "🦊", { entities: [{ type: "bold", offset: 1, length: 1 }] }),
      "400 Bad Request: entity",
    ],
    ["a chat that is not there", () => bot.api.sendMessage(99, "x"), "400 Bad Request: chat not found"],
    [
      "the general topic by number",
      () => bot.api.sendMessage(-1001, "x", { message_thread_id: 1 }),
      "400 Bad Request: message thread not found",
    ],
    [
      "a reaction off the list",
      () => fake.world.say(11, ANN, "x") && bot.api.setMessageReaction(11, 1, [{ type: "emoji", emoji: "✅" as "👍" }]),
      "400",
    ],
    ["a press nobody made", () => bot.api.answerCallbackQuery("cb9"), "400 Bad Request: query is too old"],
  ])("%s", async (_what, call, words) => expect(await refusal(call())).toContain(words));

  test("data of more than 64 bytes in a button", async () => {
    const markup = { inline_keyboard: [[{ text: "x", callback_data: "é".repeat(33) }]] };
    expect(await refusal(bot.api.sendMessage(11, "x", { reply_markup: markup }))).toContain("BUTTON_DATA_INVALID");
  });

  test("a change that changes nothing, and one of somebody else's message", async () => {
    const { message_id: own } = await bot.api.sendMessage(11, "same");
    expect(await refusal(bot.api.editMessageText(11, own, "same"))).toContain("message is not modified");
    const { message } = fake.world.say(11, ANN, "mine");
    expect(await refusal(bot.api.editMessageText(11, message.message_id, "yours"))).toContain("can't be edited");
  });

  test("an answer to a press that is too old", async () => {
    const { message_id: id } = await bot.api.sendMessage(11, "card", {
      reply_markup: { inline_keyboard: [[{ text: "x", callback_data: "x" }]] },
    });
    const message = fake.world.chat(11).messages.get(id);
    if (!message) throw new Error("it was not kept");
    const { press } = fake.world.press(message, ANN, "x");
    Object.assign(press, { at: press.at - 1000 });
    expect(await refusal(bot.api.answerCallbackQuery(press.id))).toContain("query is too old");
  });

  test("a bot that is blocked, a group that has moved, a token that was revoked", async () => {
    fake.world.chat(11).isBlocked = true;
    expect(await refusal(bot.api.sendMessage(11, "x"))).toBe("403 Forbidden: bot was blocked by the user");
    const group = fake.addChat({ id: -5, type: "group" });
    fake.world.migrate(group, -1005);
    await expect(bot.api.sendMessage(-5, "x")).rejects.toMatchObject({ parameters: { migrate_to_chat_id: -1005 } });
    fake.token = `7000000001:${"B".repeat(35)}`;
    expect(await refusal(bot.api.getMe())).toContain("401");
  });
});

test("its pace is kept, and told in whole seconds", async () => {
  await fake.close();
  fake = await createFakeTelegram({ ...systemClock, token: TOKEN, paces: { chat: { count: 1, windowMs: 60_000 } } });
  fake.addChat({ id: 11, type: "private" });
  bot = new Bot(TOKEN, { client: { apiRoot: fake.url } });
  await bot.api.sendMessage(11, "one");
  await expect(bot.api.sendMessage(11, "two")).rejects.toMatchObject({ error_code: 429, parameters: { retry_after: 60 } });
  expect(fake.refused()).toBe(1);
});

test("a webhook is called until it answers, with the secret", async () => {
  const { createServer } = await import("node:http");
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(String(request.headers["x-telegram-bot-api-secret-token"]));
    response.writeHead(seen.length < 3 ? 500 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await bot.api.setWebhook(`http://127.0.0.1:${port}/`, { secret_token: "s3cret" });
  const { update } = fake.world.say(11, ANN, "hello");
  expect(await fake.confirmed(update.update_id, 5000)).toBe(true);
  expect(seen).toEqual(["s3cret", "s3cret", "s3cret"]);
  expect(await refusal(bot.api.getUpdates())).toContain("409");
  server.closeAllConnections();
  server.close();
});
