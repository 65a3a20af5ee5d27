/** Payloads in the shape Telegram sends them, ids and words made up. */
import { describe, expect, test } from "vitest";
import { decodeEdited, decodeMessage, decodeMoved, telegramMessage } from "../../../connectors/telegram/decode.ts";

const SELF = { id: 7_000_000_001, username: "Mos_Bot" };
const ANN = { id: 11, is_bot: false, first_name: "Ann", last_name: "Lee", username: "ann", language_code: "en", is_premium: true };
const BOT = { id: SELF.id, is_bot: true, first_name: "Mos", username: SELF.username };
const FORUM = { id: -1_001_234_567_890, title: "Home", type: "supergroup", is_forum: true };
const PRIVATE = { id: 11, first_name: "Ann", last_name: "Lee", username: "ann", type: "private" };

function payload(more: Record<string, unknown> = {}) {
  const text = String(more["text"] ?? "@mos_bot hello");
  const named = text.indexOf("@mos_bot");
  const entities = named === -1 ? [] : [{ offset: named, length: 8, type: "mention" }];
  return { message_id: 42, from: ANN, chat: FORUM, date: 1_763_662_220, text, entities, ...more };
}

const decode = (more: Record<string, unknown> = {}) => decodeMessage([telegramMessage.parse(payload(more))], SELF);

describe("a message", () => {
  test("has its words without the mention, its sender's name, place and time", () => {
    expect(decode()).toEqual({
      message: {
        eventId: "-1001234567890:42",
        sender: "11",
        senderName: "Ann Lee",
        ts: "2025-11-20T18:10:20.000Z",
        chatId: "-1001234567890",
        threadId: undefined,
        text: "hello",
        direct: false,
        mentionsBot: true,
      },
      files: [],
      needsBinding: false,
    });
  });

  test.each([
    ["a bot's", { from: { ...ANN, is_bot: true } }],
    ["a channel's", { sender_chat: { id: -100, title: "News", type: "channel" } }],
    ["nobody's", { from: undefined }],
    ["a service message", { text: undefined, entities: [], new_chat_title: "Other" }],
    ["a command for another bot", { text: "/status@other_bot", entities: [{ type: "bot_command", offset: 0, length: 17 }] }],
  ])("is dropped when it is %s", (_what, more) => expect(decode(more)).toBeUndefined());

  test("is one of a topic only when Telegram says so", () => {
    expect(decode({ message_thread_id: 7, is_topic_message: true })?.message.threadId).toBe("7");
    expect(decode({ message_thread_id: 7 })?.message.threadId).toBeUndefined();
  });

  test("that stands in a topic the bot opened answers nobody by that", () => {
    const inTopic = { text: "hm", message_thread_id: 7, is_topic_message: true };
    const root = { message_id: 7, from: BOT, forum_topic_created: { name: "x", icon_color: 1 } };
    expect(decode({ ...inTopic, reply_to_message: root })).toMatchObject({ needsBinding: true, message: { mentionsBot: false } });
    expect(decode({ ...inTopic, reply_to_message: { message_id: 9, from: BOT } })?.message.mentionsBot).toBe(true);
  });

  test.each([
    ["hello @mos_bot", "hello", true],
    ["@mos_bot @mos_bot", undefined, undefined],
    ["deny K7Q-M2X not today", "deny K7Q-M2X not today", false],
    ["!mos status", "!status", true],
    ["only talk", "only talk", undefined],
  ])("%j is %j", (text, words, mentionsBot) => {
    const [first, second] = [text.indexOf("@mos_bot"), text.lastIndexOf("@mos_bot")];
    const at = [...new Set([first, second])].filter((offset) => offset !== -1);
    const found = decode({ text, entities: at.map((offset) => ({ type: "mention", offset, length: 8 })) });
    expect(found?.message.text).toBe(words);
    expect(found?.needsBinding ? undefined : found?.message.mentionsBot).toBe(mentionsBot);
  });

  test.each([
    ["/status", "!status"],
    ["/Status@mos_bot now", "!status now"],
    ["/start hello", "!help"],
    ["/unknown", "!unknown"],
  ])("in a private chat %j is %j", (text, words) => {
    const { length } = text.split(" ")[0] ?? "";
    const found = decode({ chat: PRIVATE, text, entities: [{ type: "bot_command", offset: 0, length }] });
    expect(found).toMatchObject({ message: { text: words, direct: true }, needsBinding: false });
  });

  test("keeps a link that stands behind words, letters of two units, and a mention by name without a user name", () => {
    const text = "🦊 Mos, see here";
    const entities = [
      { type: "text_mention", offset: 3, length: 3, user: BOT },
      { type: "text_link", offset: 12, length: 4, url: "https://example.internal/x" },
    ];
    expect(decode({ text, entities })?.message.text).toBe("🦊 , see [here](https://example.internal/x)");
  });

  test("says a sticker and a place in words", () => {
    expect(decode({ chat: PRIVATE, text: undefined, entities: [], sticker: { file_id: "s", emoji: "👋" } })?.message.text).toBe(
      "[sticker: 👋]",
    );
    const location = { latitude: 48.1, longitude: 11.5 };
    expect(decode({ chat: PRIVATE, text: undefined, entities: [], location })?.message.text).toBe("[location: 48.1, 11.5]");
  });

  test("has its files: the largest of a picture, a voice note with a name, an animation once", () => {
    const photo = [1, 2].map((n) => ({ file_id: `p${n}`, file_unique_id: `u${n}`, width: n, height: n, file_size: n * 100 }));
    const voice = { file_id: "v", file_unique_id: "uv", duration: 3, mime_type: "audio/ogg", file_size: 50 };
    const animation = { file_id: "a", file_unique_id: "ua", file_name: "cat.mp4", mime_type: "video/mp4" };
    const of = (more: Record<string, unknown>) => decode({ chat: PRIVATE, text: undefined, entities: [], ...more })?.files;
    expect(of({ photo })).toMatchObject([{ file_id: "p2", file_name: "photo-42.jpg", mime_type: "image/jpeg", file_size: 200 }]);
    expect(of({ voice })).toMatchObject([{ file_id: "v", file_name: "voice-42.ogg", mime_type: "audio/ogg" }]);
    expect(of({ animation, document: animation })).toMatchObject([{ file_id: "a", file_name: "cat.mp4" }]);
  });

  test("of several parts is one, with the id of the first and the words of all", () => {
    const part = (message_id: number, caption: string) =>
      telegramMessage.parse({
        ...payload({ text: undefined, entities: [], chat: PRIVATE }),
        message_id,
        caption,
        media_group_id: "a1",
        document: { file_id: `d${message_id}` },
      });
    const found = decodeMessage([part(1, "plans"), part(2, ""), part(3, "and notes")], SELF);
    expect(found?.message).toMatchObject({ eventId: "11:1", text: "plans\nand notes" });
    expect(found?.files.map(({ file_id }) => file_id)).toEqual(["d1", "d2", "d3"]);
  });
});

test("a change names the message it changes, and another change has another id", () => {
  const edited = (edit_date?: number) => decodeEdited(telegramMessage.parse(payload({ edit_date })), SELF)?.event;
  expect(edited(1_763_662_230)).toMatchObject({
    type: "edited",
    messageEventId: "-1001234567890:42",
    text: "hello",
    ts: "2025-11-20T18:10:30.000Z",
  });
  expect(edited(1_763_662_230)?.eventId).not.toBe(edited(1_763_662_231)?.eventId);
  expect(edited()).toBeUndefined();
});

test("both chats of a migration tell the same move", () => {
  const moved = (chat: number, more: Record<string, unknown>) =>
    decodeMoved(telegramMessage.parse(payload({ chat: { id: chat, title: "x", type: "group" }, text: undefined, ...more })));
  const there = moved(-5, { migrate_to_chat_id: -1005 });
  expect(there).toEqual(moved(-1005, { migrate_from_chat_id: -5 }));
  expect(there).toMatchObject({ type: "moved", chatId: "-5", to: { chatId: "-1005" } });
});
