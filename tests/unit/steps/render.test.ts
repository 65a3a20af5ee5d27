import { describe, expect, test } from "vitest";
import type { Card, OutboundMessage } from "../../../src/contract/message.ts";
import { markPossibleDuplicate, render } from "../../../src/steps/render.ts";

const redact = (text: string): string => text.replaceAll("hunter2", "[redacted]");
const message = (more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  text: "words",
  chatId: "c",
  threadId: "t",
  idempotencyKey: "k",
  ...more,
});
const target = { can: {}, limits: undefined, redact };

test("an edit is an edit only where the platform can", () => {
  const edits = { messageId: "m1" };
  expect(render(message({ edits }), { ...target, can: { edit: true } })[0]?.edits).toEqual(edits);
  expect(render(message({ edits }), target)[0]?.edits).toBeUndefined();
});

test("text is redacted before it is split, so that no secret is halved", () => {
  const limits = { text: { max: 60, unit: "utf16" }, countsAsEvent: [] } as const;
  const parts = render(message({ text: `${"word ".repeat(6)}hunter2${" word".repeat(12)}` }), { ...target, limits });
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.map(({ text }) => text).join("")).toContain("[redacted]");
  expect(parts.map(({ text }) => text).join("")).not.toContain("hunter");
});

describe("several parts", () => {
  const limits = { text: { max: 40, unit: "utf16" }, countsAsEvent: [] } as const;
  const card: Card = { type: "notice", level: "info", text: "n" };
  const long = message({ text: "one two three four five six seven eight nine ten", card, edits: { messageId: "m" } });

  test("only the first is the edit and carries the card; all go to the same place", () => {
    const parts = render(long, { can: { edit: true }, limits, redact });
    expect(parts.map((part) => [part.card?.type, part.edits?.messageId, part.chatId, part.threadId, part.idempotencyKey])).toEqual([
      ["notice", "m", "c", "t", "k"],
      [undefined, undefined, "c", "t", "k.2"],
      [undefined, undefined, "c", "t", "k.3"],
    ]);
  });

  test("the mark of a later part moves no border and makes no part too long", () => {
    const plain = render(long, { can: {}, limits, redact }).map(({ text }) => text);
    const marked = render(long, { can: {}, limits, redact }, 1).map(({ text }) => text);
    expect(marked).toEqual(plain.map((text, at) => (at === 1 ? `(may be a duplicate)\n${text}` : text)));
    for (const text of marked) expect(text.length).toBeLessThanOrEqual(40);
  });
});

test("the mark is put on once", () => {
  const marked = markPossibleDuplicate(message());
  expect(marked.text).toBe("(may be a duplicate)\nwords");
  expect(markPossibleDuplicate(marked)).toEqual(marked);
});

test.each<[Card, string[]]>([
  [{ type: "notice", level: "info", text: "hunter2" }, []],
  [
    {
      type: "question",
      id: "hunter2",
      code: "c",
      state: "answered",
      asker: "Mos",
      text: "hunter2",
      form: { title: "", fields: [] },
      answer: "hunter2",
    },
    ["id"],
  ],
  [
    { type: "deploy", id: "d", app: "a", environment: "e", state: "failed", urls: { live: "https://hunter2" }, failureTail: "hunter2" },
    ["urls"],
  ],
  [
    {
      type: "approval",
      id: "i",
      code: "c",
      state: "pending",
      title: "hunter2",
      class: "red",
      asker: "Mos",
      action: "hunter2",
      reason: "hunter2",
      digest: "hunter2",
      expiresAt: 0,
    },
    ["digest"],
  ],
])("of a card what people and agents wrote is redacted, and ids, digests and urls are not: %j", (card, exempt) => {
  const [part] = render(message({ card }), target);
  const left = Object.entries(part?.card ?? {}).filter(([, value]) => JSON.stringify(value).includes("hunter2"));
  expect(left.map(([key]) => key)).toEqual(exempt);
});
