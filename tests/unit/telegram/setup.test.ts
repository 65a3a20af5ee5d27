/** What doctor finds, against the fake. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setup } from "../../../connectors/telegram/init/questions.ts";
import { check } from "../../../connectors/telegram/setup.ts";
import { createTelegramBench, type TelegramBench, TOKEN } from "../../support/telegram-bench.ts";

let bench: TelegramBench;
beforeEach(async () => void (bench = await createTelegramBench()));
afterEach(() => bench.end());

const look = (more: Record<string, unknown> = {}, token: string | undefined = TOKEN, chats: readonly string[] = []) =>
  check(
    { kind: "telegram", api_root: `${bench.fake.url}/`, chat_id: "-1001", ...more },
    { get: () => token },
    chats.map((chatId) => ({ chatId })),
  );

describe("doctor", () => {
  test("finds nothing wrong with an account that is right, and has the link people begin at", async () => {
    const found = await look();
    expect(found.map(({ name, ok, isWarning = false }) => [name, ok, isWarning])).toEqual([
      ["token", true, false],
      ["groups", true, true],
      ["updates", true, false],
      ["home chat", true, false],
    ]);
    expect(found[0]?.detail).toContain("https://t.me/mos_test_bot?start=hello");
  });

  test.each(["", "nonsense", `7000000001:${"B".repeat(35)}`])("says that the token %j is not good, and no more", async (token) => {
    const found = await look({}, token);
    expect(found).toMatchObject([{ name: "token", ok: false, remedy: expect.stringContaining("TELEGRAM_BOT_TOKEN") }]);
    if (token !== "") expect(found[0]?.detail).toBe("Telegram knows no such token");
    expect(found[0]?.remedy).not.toContain("chat_id");
    expect(token === "" || !JSON.stringify(found).includes(token)).toBe(true);
  });

  test("says that the bot may not open topics, is not in the chat, or that there is none", async () => {
    bench.forum.canManageTopics = false;
    expect((await look())[3]).toMatchObject({ ok: false, remedy: expect.stringContaining("Manage Topics") });
    bench.forum.bot = "kicked";
    expect((await look())[3]).toMatchObject({ ok: false, detail: "the bot is not in Home" });
    expect((await look({ chat_id: "-404" }))[3]).toMatchObject({ ok: false, detail: expect.stringContaining("there is no such chat") });
    expect((await look({ chat_id: "-404" }))[3]?.remedy).toBe("Check chat_id, and that the bot is in that chat.");
    expect((await look({ chat_id: undefined }))[3]).toMatchObject({ ok: true, isWarning: true });
    expect((await look({ chat_id: "-5" }))[3]).toMatchObject({ ok: true, detail: expect.stringContaining("no topics") });
  });

  test("looks at every other chat the hub is to speak in, and names it with what is missing there", async () => {
    bench.fake.addChat({ id: -1002, type: "supergroup", isForum: true, title: "Deploys" });
    const ops = bench.fake.addChat({ id: -1003, type: "supergroup", isForum: true, title: "Ops" });
    const quiet = bench.fake.addChat({ id: -1004, type: "supergroup", title: "Quiet" });
    Object.assign(ops, { bot: "administrator", canManageTopics: false });
    Object.assign(quiet, { bot: "member", mayWrite: false });
    const found = (await look({}, TOKEN, ["-1001", "-1002", "-1003", "-1004", "-404"])).slice(4);
    expect(found).toMatchObject([
      { name: "chat -1002", ok: true },
      { name: "chat -1003", ok: false, detail: "in Ops the bot may not open topics", remedy: expect.stringContaining("Manage Topics") },
      { name: "chat -1004", ok: false, detail: "in Quiet the bot may not write", remedy: expect.stringContaining("administrator") },
      {
        name: "chat -404",
        ok: false,
        detail: expect.stringContaining("there is no such chat"),
        remedy: expect.stringContaining("Add the bot"),
      },
    ]);
    expect(await look({}, "nonsense", ["-1004"])).toHaveLength(1);
  });

  test("refuses a block that is wrong, with every problem", async () => {
    const [found] = await look({ chat_id: "@name", chatid: "x", poll_ms: 1 });
    expect([found?.ok, found?.detail]).toEqual([false, expect.stringMatching(/chat_id[\s\S]*poll_ms[\s\S]*chatid/)]);
  });
});

test("init says what a chat's id looks like", async () => {
  const so = { answers: {}, secrets: { get: () => undefined } };
  const ask = (answer: string) => setup.find(({ key }) => key === "chat_id")?.check?.(answer, so);
  expect([await ask("-1001"), await ask(" 11 "), await ask("@name")]).toEqual([undefined, undefined, expect.stringContaining("a number")]);
});
