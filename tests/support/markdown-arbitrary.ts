/** Documents as agents write them, and worse: every block and mark, scripts and emoji that break when cut in the wrong place. */
import fc from "fast-check";

/** Each is one grapheme or a word of several, and no part of another. */
export const CLUSTERS = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "🇰🇭", "👍🏽", "e\u0301\u0323", "សុខា", "ﷺ", "한국어", "日本語", "שלום", "مرحبا"] as const;
export const ADDRESSES = ["https://example.org/a/long/path?with=query&and=more#part", "https://example.com/x_(y)"] as const;

const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("a", "word", "snake_case_name", "2019.", "Sentence.", "5*3", "<b>", "&amp;", "C:\\path", "-", "#1", "@ann"),
  },
  { weight: 2, arbitrary: fc.constantFrom(...CLUSTERS) },
  { weight: 1, arbitrary: fc.constantFrom(...ADDRESSES) },
);
const words = fc.array(word, { minLength: 1, maxLength: 25 }).map((each) => each.join(" "));
const around = (sign: string) =>
  fc.array(fc.constantFrom("bold", "word", "日本語", "👍🏽"), { minLength: 1, maxLength: 8 }).map((each) => sign + each.join(" ") + sign);
const inline = fc.oneof(
  { weight: 4, arbitrary: words },
  around("**"),
  around("*"),
  around("~~"),
  around("`"),
  around("***"),
  fc.constantFrom(...ADDRESSES).map((url) => `[label of a link](${url})`),
  fc.constant("![picture](https://example.org/p.png)"),
  fc.constant("a note[^1]"),
  fc.constant("a [reference][ref]"),
  fc.constant("line  \nbreak"),
);
const line = fc.array(inline, { minLength: 1, maxLength: 6 }).map((each) => each.join(" "));
const codeLine = fc.constantFrom(
  "const a = 1;",
  "",
  "    indented",
  "```",
  "~~~~",
  "// 日本語 👩‍👩‍👧‍👦",
  "x".repeat(150),
  "| a | b |",
  "# no heading",
);
const code = fc
  .record({
    fence: fc.constantFrom("`````", "~~~~~~"),
    info: fc.constantFrom("", "ts", "c++ title=x"),
    lines: fc.array(codeLine, { maxLength: 12 }),
  })
  .map(({ fence, info, lines }) => `${fence}${info}\n${lines.join("\n")}\n${fence}`);
const cell = fc.constantFrom("a", "**b**", "`c`", "日本語", "1234.5", "👍🏽 yes", "a somewhat longer cell of words", "");
const table = fc
  .record({
    width: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 0, max: 8 }),
    cells: fc.array(cell, { minLength: 40, maxLength: 40 }),
  })
  .map(({ width, height, cells }) => {
    const row = (at: number) => `| ${cells.slice(at * width, (at + 1) * width).join(" | ")} |`;
    return [row(0), `|${" --- |".repeat(width)}`, ...Array.from({ length: height }, (_, at) => row(at + 1))].join("\n");
  });
const indentBy = (text: string, indent: string) => text.replaceAll(/\n(?=[^\n])/g, `\n${indent}`);

const { block } = fc.letrec<{ block: string; list: string }>((tie) => ({
  list: fc
    .record({
      marker: fc.constantFrom("- ", "* ", "1. ", "7) ", "- [x] "),
      items: fc.array(tie("block"), { minLength: 1, maxLength: 6 }),
      loose: fc.boolean(),
    })
    .map(({ marker, items, loose }) =>
      items
        .map(
          (item, at) =>
            marker.replace(/^\d+/, (start) => String(Number(start) + at)) + indentBy(item, " ".repeat(/^\d/.test(marker) ? 4 : 2)),
        )
        .join(loose ? "\n\n" : "\n"),
    ),
  block: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 6, arbitrary: line },
    { weight: 1, arbitrary: words.map((each) => `## ${each}`) },
    { weight: 2, arbitrary: code },
    { weight: 1, arbitrary: table },
    {
      weight: 1,
      arbitrary: fc.constantFrom("<details>\n<summary>more</summary>\n</details>", "---"),
    },
    { weight: 2, arbitrary: tie("list") },
    { weight: 1, arbitrary: tie("block").map((each) => `> ${each.replaceAll("\n", "\n> ")}`) },
  ),
}));

/** `ref` is defined anywhere, also between two lists or at the end; `1` at the end, as is usual. */
export const markdown = fc
  .record({ blocks: fc.array(block, { minLength: 1, maxLength: 10 }), at: fc.nat({ max: 10 }) })
  .map(({ blocks, at }) => [...blocks.toSpliced(at, 0, "[ref]: https://example.org/reference"), "[^1]: what the note says"].join("\n\n"));

/** What nobody would write. */
export const noise = fc
  .array(
    fc.constantFrom(
      "*",
      "_",
      "`",
      "~",
      "[",
      "](",
      ")",
      "<",
      ">",
      "#",
      "- ",
      "1. ",
      "\n",
      "\n\n",
      "    ",
      "|",
      "\\",
      "&",
      "!",
      "a",
      "word ",
      "👩‍👩‍👧‍👦",
      "e\u0301",
      "```",
      "| - |\n",
      "http://x.y",
      "@a",
    ),
    { maxLength: 120 },
  )
  .map((each) => each.join(""));
