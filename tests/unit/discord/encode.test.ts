import { describe, expect, test } from "vitest";
import { componentsOf, modalOf } from "../../../connectors/discord/cards.ts";
import { encodeEdit, encodeMessage, encodeThreadName, measure, TEXT_LIMIT } from "../../../connectors/discord/encode.ts";
import { checkComponents, checkMessage, checkModal } from "../../../connectors/discord/fake/rules.ts";
import type { Json } from "../../../connectors/discord/fake/world.ts";
import { nonceOf, snowflakes, timeOf } from "../../../connectors/discord/ids.ts";
import { parsePressId, pressId } from "../../../connectors/shared/press.ts";
import type { ApprovalCard, Form, QuestionCard } from "../../../src/contract/message.ts";

describe("a message", () => {
  test("notifies nobody, draws no preview, and carries the key as its nonce", () => {
    expect(
      encodeMessage({ text: "**hi** @everyone https://x.example.com", idempotencyKey: "out_1", replyTo: "1441123456789012345" }),
    ).toEqual({
      content: "**hi** @\u200Beveryone <https://x.example.com>",
      allowed_mentions: { parse: [], users: [], replied_user: false },
      components: [],
      nonce: nonceOf("out_1"),
      enforce_nonce: true,
      message_reference: { message_id: "1441123456789012345", fail_if_not_exists: false },
    });
  });

  test("notifies whom it is for, in the place of the name; a change notifies nobody, and has no nonce", () => {
    const message = {
      text: "for @Ann and @Bob",
      mentions: [
        { id: "123456789012345678", name: "Ann" },
        { id: "not an id", name: "Bob" },
      ],
    };
    expect(encodeMessage(message)).toMatchObject({
      content: "for <@123456789012345678> and @Bob",
      allowed_mentions: { parse: [], users: ["123456789012345678"], replied_user: false },
    });
    expect(measure(message.text, message.mentions)).toBe(encodeMessage(message).content.length);
    const change = encodeEdit({ ...message, edits: { messageId: "1" } });
    expect(change).toMatchObject({ content: "for @Ann and @Bob", allowed_mentions: { parse: [], users: [], replied_user: false } });
    expect(Object.keys(change)).not.toContain("nonce");
  });

  test("measures what it sends", () => {
    const text = "a_b *c* > d\n\n| a | b |\n|---|---|\n| 1 | 2 |";
    expect(measure(text)).toBe(encodeMessage({ text }).content.length);
    const longest = "x".repeat(TEXT_LIMIT.max);
    expect(() => checkMessage(encodeMessage({ text: longest }) as unknown as Json, 0)).not.toThrow();
    expect(() => checkMessage(encodeMessage({ text: `${longest}x` }) as unknown as Json, 0)).toThrow("Invalid Form Body");
  });

  test.each([
    ["  Fix the\nlogin  ", "Fix the login"],
    ["", "Conversation"],
    ["🦊".repeat(60), `${"🦊".repeat(49)}…`],
  ])("a thread %j is called %j", (title, name) => {
    expect(encodeThreadName(title)).toBe(name);
    expect(encodeThreadName(title).length).toBeLessThanOrEqual(100);
  });
});

const LONG = "w".repeat(300);

describe("cards stay within what Discord takes", () => {
  const approval: ApprovalCard = {
    type: "approval",
    id: `apr_${"x".repeat(22)}`,
    code: "K7Q-M2X",
    state: "pending",
    title: LONG,
    class: "red",
    asker: "Mos",
    action: LONG.repeat(4),
    digest: "0",
    expiresAt: 0,
  };
  const option = (at: number): { value: string; label: string } => ({
    value: LONG.slice(0, 190) + at,
    label: `${at} ${LONG.slice(0, 190)}`,
  });
  const question = (form: Form): QuestionCard => ({ ...approval, type: "question", text: "?", form, state: "pending" });
  const field = (count: number) => ({
    name: "n".repeat(64),
    label: LONG.slice(0, 200),
    kind: "choice" as const,
    required: true,
    options: Array.from({ length: count }, (_, at) => option(at)),
  });

  test.each([
    ["an approval", approval, ["Approve", "Deny", "Deny, and say why…", "Details"]],
    ["a decided one", { ...approval, state: "denied" as const, action: "rm" }, ["Approve", "Deny", "Deny, and say why…"]],
    ["a question of 5", question({ title: "", fields: [field(5)] }), 5],
    ["a question of 25", question({ title: "", fields: [field(25)] }), 1],
    [
      "a question with yes or no",
      question({ title: "", fields: [{ name: "a", label: "a", kind: "boolean", required: true }] }),
      ["Yes", "No"],
    ],
    ["a form", question({ title: "", fields: [field(2), { name: "b", label: "b", kind: "text", required: false }] }), ["Answer…"]],
    [
      "a link whose form is empty",
      { ...question({ title: "", fields: [] }), url: "https://x.example.com" },
      ["I have done it", "No", "Open"],
    ],
    [
      "a link too long to be one",
      { ...question({ title: "", fields: [] }), url: `https://x.example.com/${LONG.repeat(2)}` },
      ["I have done it", "No"],
    ],
    ["a deploy without links", { type: "deploy", id: "d", app: "a", environment: "e", state: "live", urls: {} } as const, 0],
  ])("%s", (_, card, shown) => {
    const rows = componentsOf(card);
    expect(() => checkComponents(rows)).not.toThrow();
    const parts = rows.flatMap((row) => row["components"] as Json[]);
    expect(typeof shown === "number" ? parts.length : parts.map((part) => part["label"])).toEqual(shown);
  });

  test("a form of long names is a modal Discord takes", () => {
    const form: Form = { title: LONG, fields: Array.from({ length: 7 }, (_, at) => ({ ...field(3), name: `n${at}` })) };
    expect(() => checkModal(modalOf(form, pressId({ verb: "sent", subject: `question:${approval.id}`, choice: "" })))).not.toThrow();
  });
});

describe("ids", () => {
  test("of a button say all there is to know", () => {
    const press = { verb: "do", subject: `question:apr_${"x".repeat(22)}`, choice: "25" } as const;
    expect(parsePressId(pressId(press))).toEqual(press);
    expect(pressId(press).length).toBeLessThanOrEqual(100);
    for (const other of ["", "mos1|do", "mos2|do|a|b", "mos1|rm|a|b", "someone else's"]) expect(parsePressId(other)).toBeUndefined();
  });

  test("of Discord grow with time", () => {
    const at = Date.parse("2026-11-21T12:00:00.000Z");
    expect(timeOf(snowflakes.at(at))).toBe(at);
    expect(snowflakes.isLater(snowflakes.at(at), snowflakes.before(snowflakes.at(at)))).toBe(true);
    expect(snowflakes.isLater("99999999999999999", "100000000000000000")).toBe(false);
    expect(snowflakes.at(0)).toBe("0");
  });

  test("a nonce fits, is the same for the same key, and another for its next part", () => {
    expect(nonceOf("out_1")).toHaveLength(22);
    expect(nonceOf("out_1")).toBe(nonceOf("out_1"));
    expect(nonceOf("out_1.2")).not.toBe(nonceOf("out_1"));
  });
});
