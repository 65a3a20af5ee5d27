/** What leaves for Telegram: buttons, names, answers, and the limits the Bot API sets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buttonsOf } from "../../../connectors/telegram/cards.ts";
import { encodeReaction, encodeReply, encodeText, encodeThread, encodeTopicName, measure } from "../../../connectors/telegram/encode.ts";
import { callbackData, cardToken, messageIdOf, parseCallbackData, parseMessageId } from "../../../connectors/telegram/ids.ts";
import type { QuestionCard } from "../../../src/contract/message.ts";
import { encodeEntities } from "../../../connectors/shared/markdown/entities.ts";

describe("ids", () => {
  test("name a message over all chats, and nothing else is taken for one", () => {
    expect(parseMessageId(messageIdOf(-1001, 42))).toEqual({ chat: "-1001", id: 42 });
    for (const text of ["", "42", "no-such-message", "1:2:3", "1:-2", " 1:2"]) expect(parseMessageId(text)).toBeUndefined();
  });

  test("of buttons fit in 64 bytes, come back whole, and differ for each card and chat", () => {
    const data = callbackData(cardToken("-1001", "apr_1"), "approve");
    expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
    expect(parseCallbackData(data)).toEqual({ token: cardToken("-1001", "apr_1"), choice: "approve" });
    const tokens = [cardToken("-1001", "apr_1"), cardToken("-1001", "apr_2"), cardToken("-1002", "apr_1")];
    expect(new Set(tokens).size).toBe(3);
    fc.assert(fc.property(fc.string(), (forged) => parseCallbackData(forged) === undefined));
  });
});

describe("text", () => {
  test("measures what is sent, and is never empty", () => {
    const markdown = "# Plan\n\n- **one** `two`\n- [three](https://example.internal)\n\n🦊";
    expect(measure(markdown)).toBe(encodeText({ text: markdown }).text.length);
    expect(encodeText({ text: markdown })).toEqual(encodeEntities(markdown));
    for (const text of ["", "  ", "\n"]) expect(encodeText({ text })).toEqual({ text: "…", entities: [] });
  });

  test("answers only within its chat, and a topic is named only where there is one", () => {
    expect(encodeReply("-5:9", "-5")).toEqual({ reply_parameters: { message_id: 9, allow_sending_without_reply: true } });
    expect([encodeReply("-5:9", "-6"), encodeReply(undefined, "-5"), encodeThread(undefined)]).toEqual([{}, {}, {}]);
    expect(encodeThread("7")).toEqual({ message_thread_id: 7 });
  });

  test("of a topic's name is one line of 1 to 128 letters", () => {
    expect(encodeTopicName(" two\n lines ")).toBe("two lines");
    expect(encodeTopicName("")).toBe("Conversation");
    expect(encodeTopicName("🦊".repeat(100))).toHaveLength(127);
  });

  test("reacts with what is on the list", () => {
    expect([encodeReaction("👀"), encodeReaction("❌")]).toEqual([[{ type: "emoji", emoji: "👀" }], [{ type: "emoji", emoji: "👎" }]]);
  });
});

describe("a question", () => {
  const question = (fields: QuestionCard["form"]["fields"], more: Partial<QuestionCard> = {}): string[] => {
    const card: QuestionCard = {
      type: "question",
      id: "q",
      code: "K7Q-M2X",
      state: "pending",
      asker: "Mos",
      text: "?",
      form: { title: "?", fields },
      ...more,
    };
    return buttonsOf(card, cardToken("1", "q"))
      .flat()
      .map(({ text, callback_data: data, url }) => `${text} → ${data?.split(":")[1] ?? url}`);
  };
  const options = (labels: readonly string[]) => labels.map((label) => ({ value: label, label }));

  test("has a button for each answer there is, and is typed where it has several fields", () => {
    const choice = { name: "c", label: "Which", kind: "choice", required: true } as const;
    expect(question([{ ...choice, options: options(["red", "x".repeat(90)]) }])).toEqual(["red → 1", `${"x".repeat(63)}… → 2`]);
    expect(question([{ name: "b", label: "Sure?", kind: "boolean", required: true }])).toEqual(["Yes → yes", "No → no"]);
    expect(question([{ name: "t", label: "Name", kind: "text", required: true }])).toEqual([]);
    expect(
      question([
        { ...choice, options: options(["a"]) },
        { ...choice, options: options(["b"]) },
      ]),
    ).toEqual([]);
  });

  test("with a link has it beside the answers, also once it is answered", () => {
    const url = "https://example.internal/sign-in";
    expect(question([], { url })).toEqual(["I have done it → done", "No → no", `Open → ${url}`]);
    expect(question([], { url, state: "answered" })).toEqual([`Open → ${url}`]);
    for (const bad of ["http://localhost:8080/", "ftp://a.b/", "not a link", "https://a b.c/"])
      expect(question([], { url: bad, state: "answered" })).toEqual([]);
  });
});
