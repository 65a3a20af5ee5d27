import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lengthIn, splitText } from "../../../src/delivery/split.ts";

const unit = fc.constantFrom("utf16" as const, "codepoints" as const, "bytes" as const);
const word = fc.constantFrom("a", "word", "\n", "\n\n", " ", "🦊", "e\u0301", "👩‍👩‍👧‍👦", "日本", "សុខា", "\r\n");
const plain = fc.array(word, { maxLength: 80 }).map((words) => words.join(""));
const line = fc.constantFrom(
  "```",
  "```ts",
  "~~~~",
  "````",
  "  ```",
  "code();",
  "",
  "words and more words",
  "🦊🦊🦊🦊",
  "# head",
  "x".repeat(90),
);
const fenced = fc.array(line, { maxLength: 40 }).map((lines) => lines.join("\n"));

describe("splitText", () => {
  test("plain text: nothing is lost, added or out of order, and no part is too long", () => {
    fc.assert(
      fc.property(plain, unit, fc.integer({ min: 30, max: 120 }), (text, each, max) => {
        const parts = splitText(text, { unit: each, max });
        expect(parts.join("")).toBe(text);
        for (const part of parts) expect(lengthIn(each, part)).toBeLessThanOrEqual(max);
      }),
      { numRuns: 500 },
    );
  });

  test("no character is broken in two, and no part is empty but that of an empty text", () => {
    fc.assert(
      fc.property(plain, unit, fc.integer({ min: 8, max: 40 }), (text, each, max) => {
        const parts = splitText(text, { unit: each, max });
        for (const part of parts) expect(part.isWellFormed()).toBe(true);
        expect(parts.every((part) => part !== "")).toBe(text !== "");
      }),
      { numRuns: 500 },
    );
    expect(splitText("", { unit: "utf16", max: 10 })).toEqual([""]);
    expect(splitText("🦊🦊", { unit: "utf16", max: 1 }).filter(Boolean)).toEqual(["🦊", "🦊"]);
  });

  test("with code fences: every part fits and closes what it opened, and all characters are there in order", () => {
    fc.assert(
      fc.property(fenced, unit, fc.integer({ min: 60, max: 200 }), (text, each, max) => {
        const parts = splitText(text, { unit: each, max });
        for (const part of parts) expect(lengthIn(each, part)).toBeLessThanOrEqual(max);
        for (const part of parts.slice(0, -1)) expect(openAtEnd(part)).toBe(false);
        expect(isWithin(text, parts.join(""))).toBe(true);
        if (!/[`~]/.test(text)) expect(parts.join("")).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("a fence is closed and opened again with its language", () => {
    const parts = splitText(`words\n\`\`\`ts\n${"line();\n".repeat(12)}\`\`\`\nafter`, { unit: "utf16", max: 60 });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts.slice(1)) expect(part.startsWith("```ts\n")).toBe(true);
    for (const part of parts.slice(0, -1)) expect(part.endsWith("\n```")).toBe(true);
    expect(parts.at(-1)).toMatch(/```\nafter$/);
  });

  test("what stands in a fence of four is not closed by three", () => {
    const text = `\`\`\`\`md\n\`\`\`\n${"inside\n".repeat(12)}\`\`\`\n\`\`\`\``;
    for (const part of splitText(text, { unit: "utf16", max: 60 })) expect(part).toMatch(/^````md\n[\s\S]*\n````$/);
  });

  test("borders: a paragraph before a line, a line before a word, a word before a letter", () => {
    const limit = { unit: "utf16", max: 26 } as const;
    expect(splitText(`${"a".repeat(14)}\n\n${"b".repeat(5)}\n${"c".repeat(20)}`, limit)[0]).toBe(`${"a".repeat(14)}\n\n`);
    expect(splitText(`${"a".repeat(14)}\n${"b".repeat(5)} ${"c".repeat(20)}`, limit)[0]).toBe(`${"a".repeat(14)}\n`);
    expect(splitText(`${"a".repeat(14)} ${"b".repeat(30)}`, limit)[0]).toBe(`${"a".repeat(14)} `);
    expect(splitText("x".repeat(70), limit).join("")).toBe("x".repeat(70));
  });

  test("a fence opened by a line that fills a part on its own does not go on for ever", () => {
    const text = `\`\`\`${"language".repeat(10)}\n${"code\n".repeat(20)}\`\`\``;
    const parts = splitText(text, { unit: "utf16", max: 40 });
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(40);
    expect(isWithin(text, parts.join(""))).toBe(true);
  });

  test("a megabyte in thousands of parts takes no minutes", () => {
    const started = performance.now();
    const parts = splitText("🦊 words and more words\n".repeat(40_000), { unit: "codepoints", max: 400 });
    expect(parts.length).toBeGreaterThan(2000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

/** Every character of `inner` stands in `outer`, in order. */
function isWithin(inner: string, outer: string): boolean {
  let at = 0;
  for (const letter of outer) if (inner.startsWith(letter, at)) at += letter.length;
  return at >= inner.length;
}

function openAtEnd(text: string): boolean {
  let open: string | undefined;
  for (const each of text.split("\n")) {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(each)?.[1];
    if (marks === undefined) continue;
    if (open === undefined) open = marks;
    else if (marks.startsWith(open) && each.trim() === marks) open = undefined;
  }
  return open !== undefined;
}
