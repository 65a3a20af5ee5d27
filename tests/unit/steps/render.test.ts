import { describe, expect, test } from "vitest";
import type { Card, OutboundMessage } from "../../../src/contract/message.ts";
import type { TextTarget } from "../../../src/delivery/parts.ts";
import { markPossibleDuplicate } from "../../../src/delivery/duplicate-mark.ts";
import { render } from "../../../src/steps/render.ts";

const redact = (text: string): string => text.replaceAll("hunter2", "[redacted]");
const message = (more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  text: "words",
  chatId: "c",
  threadId: "t",
  idempotencyKey: "k",
  ...more,
});
const target = { connector: {}, redact };

const textsOf = async (each: OutboundMessage, connector: TextTarget, doubtful?: number): Promise<string[]> =>
  (await render(each, { connector, redact }, doubtful)).parts.map(({ text }) => text);

test("an edit is an edit only where the platform can", async () => {
  const edits = { messageId: "m1" };
  const onto = async (connector: TextTarget) => (await render(message({ edits }), { connector, redact })).parts[0]?.edits;
  expect(await onto({ can: { edit: true } })).toEqual(edits);
  expect(await onto({})).toBeUndefined();
});

test("a file is named in words where the platform takes none, and its name is redacted", async () => {
  const attachments = [{ name: "hunter2.pdf", mimeType: "application/pdf", sizeBytes: 1536, path: "/x" }];
  expect(await textsOf(message({ attachments }), {})).toEqual(["words\nattached: [redacted].pdf (1.5 KiB)"]);
  const [whole] = (await render(message({ text: "", attachments }), { connector: { can: { upload: true } }, redact })).parts;
  expect(whole).toMatchObject({ text: "", attachments: [{ name: "[redacted].pdf", path: "/x" }] });
});

test("text is redacted before it is split, so that no secret is halved", async () => {
  const limits = { text: { max: 60, unit: "utf16" }, countsAsEvent: [] } as const;
  const long = message({ text: `${"word ".repeat(6)}hunter2${" word".repeat(12)}` });
  const { parts } = await render(long, { connector: { limits }, redact });
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.map(({ text }) => text).join("")).toContain("[redacted]");
  expect(parts.map(({ text }) => text).join("")).not.toContain("hunter");
});

describe("several parts", () => {
  const limits = { text: { max: 41, unit: "utf16" }, countsAsEvent: [] } as const;
  const card: Card = { type: "notice", level: "info", text: "n" };
  const long = message({ text: "one two three four five six seven eight nine ten", card, edits: { messageId: "m" } });

  test("only the first is the edit and carries the card; all go to the same place", async () => {
    const { parts } = await render(long, { connector: { can: { edit: true }, limits }, redact });
    expect(parts.map((part) => [part.card?.type, part.edits?.messageId, part.chatId, part.threadId, part.idempotencyKey])).toEqual([
      ["notice", "m", "c", "t", "k"],
      [undefined, undefined, "c", "t", "k.2"],
      [undefined, undefined, "c", "t", "k.3"],
    ]);
  });

  test("the mark of a later part moves no border and makes no part too long", async () => {
    const [plain, marked] = await Promise.all([undefined, 1].map((doubtful) => textsOf(long, { limits }, doubtful)));
    expect(marked).toEqual(plain?.map((text, at) => (at === 1 ? `(may be a duplicate)\n${text}` : text)));
    for (const text of marked ?? []) expect(text.length).toBeLessThanOrEqual(41);
  });
});

test("before a list or a fence the mark is a paragraph of its own, so that they stay what they are", async () => {
  const limits = { text: { max: 60, unit: "utf16" }, countsAsEvent: [] } as const;
  const list = Array.from({ length: 12 }, (_, at) => `${at + 1}. item ${at + 1}`).join("\n");
  const [, second] = await textsOf(message({ text: list }), { limits, measure: (text) => text.length }, 1);
  expect(second).toMatch(/^\(may be a duplicate\)\n\n\d+\. item/);
  expect(second?.length).toBeLessThanOrEqual(60);
});

describe("a text that would need too many messages", () => {
  const limits = { text: { max: 100, unit: "utf16" }, parts: 3, countsAsEvent: [] } as const;
  const text = Array.from({ length: 60 }, (_, at) => `Sentence ${at}.`).join(" ");

  test.each<[string, Partial<TextTarget>]>([
    ["as characters", {}],
    ["as Markdown", { measure: (part) => part.length }],
  ])("goes as its beginning and a file where files can be sent; %s", async (_, more) => {
    const { parts, file } = await render(message({ text }), { connector: { can: { upload: true }, limits, ...more }, redact });
    expect(parts.map((part) => part.text)).toEqual([expect.stringMatching(/^Sentence 0\.[^]*\n\n\(It goes on in answer\.md\.\)$/)]);
    expect(parts[0]?.text.length).toBeLessThanOrEqual(100);
    expect(file).toEqual({ name: "answer.md", mimeType: "text/markdown", text });
  });

  test("a change in place takes no file, so that follows as a message with a key of its own", async () => {
    const can = { upload: true, edit: true } as const;
    const { parts, file } = await render(message({ text, edits: { messageId: "m" } }), { connector: { can, limits }, redact });
    expect(parts.map((part) => [part.edits?.messageId, part.idempotencyKey])).toEqual([
      ["m", "k"],
      [undefined, "k.2"],
    ]);
    expect(file?.text).toBe(text);
  });

  test("goes in all its parts where no file can be sent, or not one of this size", async () => {
    const small = { ...limits, uploadBytes: 100 };
    for (const connector of [{ limits }, { can: { upload: true }, limits: small }] as const) {
      const { parts, file } = await render(message({ text }), { connector, redact });
      expect(parts.length).toBeGreaterThan(3);
      expect(parts.map((part) => part.text).join("")).toBe(text);
      expect(file).toBeUndefined();
    }
  });

  test("the file holds no secret either", async () => {
    const secret = `${text} hunter2`;
    const { file } = await render(message({ text: secret }), { connector: { can: { upload: true }, limits }, redact });
    expect(file?.text).toMatch(/\[redacted\]$/);
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
  [{ type: "deploy", id: "d", app: "a", environment: "e", state: "failed", urls: { live: "https://hunter2" }, failureTail: "hunter2" }, []],
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
])("of a card what people and agents wrote is redacted, and its ids and digests are not: %j", async (card, exempt) => {
  const [part] = (await render(message({ card }), target)).parts;
  const left = Object.entries(part?.card ?? {}).filter(([, value]) => String(JSON.stringify(value)).includes("hunter2"));
  expect(left.map(([key]) => key)).toEqual(exempt);
});
