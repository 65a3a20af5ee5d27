/** The names and kinds of files, whatever people and agents call them. */
import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extensionOf, numberedFileName, safeFileName } from "../../../src/blobs/file-name.ts";
import { mimeTypeOf } from "../../../src/blobs/mime-type.ts";
import { sizeInWords } from "../../../src/blobs/size-words.ts";

describe("a name", () => {
  test.each([
    ["menu.pdf", "menu.pdf"],
    ["Grüße aus 東京 🍣.txt", "Grüße aus 東京 🍣.txt"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\menu.doc", "menu.doc"],
    ["/etc/", "etc"],
    ["..", "file"],
    ["", "file"],
    ["/", "file"],
    ["...hidden", "hidden"],
    ["a\u0000b.png", "ab.png"],
    ["invoice\u202Efdp.exe", "invoicefdp.exe"],
    ["a\r\nContent-Type: text/html", "html"],
    ['q"uo*te?.txt', "q_uo_te_.txt"],
    ["con.txt", "_con.txt"],
    ["x".repeat(300) + ".jpeg", `${"x".repeat(115)}.jpeg`],
    ["x.".repeat(200), "x.".repeat(60).slice(0, -1)],
  ])("%j is kept as %j", (given, kept) => expect(safeFileName(given)).toBe(kept));

  const anyName = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc
      .array(fc.constantFrom("..", "/", "\\", ".", "a", "\0", "\u202e", "😀", "\ud800", " ", "con", ".txt"), { maxLength: 200 })
      .map((parts) => parts.join("")),
  );

  test("is one safe part of a path, whatever it was", () => {
    fc.assert(
      fc.property(anyName, (given) => {
        const name = safeFileName(given);
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThanOrEqual(120);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cf}\p{Cs}]|^\.|^\s|\s$/u);
        expect(relative("/folder", join("/folder", name))).toBe(name);
        expect(safeFileName(name), "safe already").toBe(name);
        expect(() => encodeURIComponent(name)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  test("with a number is another safe name", () => {
    fc.assert(
      fc.property(anyName, fc.integer({ min: 2, max: 999 }), (given, number) => {
        const name = safeFileName(given);
        const numbered = numberedFileName(name, number);
        expect(numbered).not.toBe(name);
        expect(numbered.length).toBeLessThanOrEqual(120);
        expect(numbered).not.toMatch(/[/\\]|^\./);
      }),
    );
    expect(numberedFileName("menu.pdf", 2)).toBe("menu-2.pdf");
  });

  test("keeps its extension when it is cut", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{100,200}$/), fc.stringMatching(/^[a-z0-9]{1,15}$/), (stem, extension) => {
        expect(extensionOf(safeFileName(`${stem}.${extension}`))).toBe(extension);
      }),
    );
  });
});

test.each([
  ["text/plain; charset=utf-8", "a.bin", "text/plain"],
  ["IMAGE/PNG", "a", "image/png"],
  ["", "a.PNG", "image/png"],
  [undefined, "notes.md", "text/markdown"],
  ["nonsense", "a.pdf", "application/pdf"],
  ["text/html\r\nx: y", "a", "application/octet-stream"],
  ["application/octet-stream", "a.csv", "text/csv"],
  [undefined, "constructor", "application/octet-stream"],
  [undefined, "a.constructor", "application/octet-stream"],
])("a file given as %j and called %j is %s", (given, name, type) => expect(mimeTypeOf(given, name)).toBe(type));

test.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1536, "1.5 KiB"],
  [32 * 1024 * 1024, "32 MiB"],
])("%d bytes are %s", (bytes, words) => expect(sizeInWords(bytes)).toBe(words));
