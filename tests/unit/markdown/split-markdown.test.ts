import fc from "fast-check";
import type { Code, Root, RootContent } from "mdast";
import { describe, expect, test } from "vitest";
import { encodeDiscordMarkdown } from "../../../connectors/shared/markdown/discord-markdown.ts";
import { encodeEntities } from "../../../connectors/shared/markdown/entities.ts";
import { encodeHtml } from "../../../connectors/shared/markdown/html.ts";
import { layOut, plainOf } from "../../../connectors/shared/markdown/lay-out.ts";
import { encodeMrkdwn } from "../../../connectors/shared/markdown/mrkdwn.ts";
import { simplify } from "../../../connectors/shared/markdown/simplify.ts";
import { parseMarkdown } from "../../../src/contract/markdown.ts";
import { readBlocks } from "../../../src/delivery/markdown/read-blocks.ts";
import { splitMarkdown, splitSteps } from "../../../src/delivery/markdown/split-markdown.ts";
import { lengthIn } from "../../../src/delivery/split.ts";
import { otherMeaning } from "../../support/markdown-meaning.ts";
import { ADDRESSES, CLUSTERS, markdown, noise } from "../../support/markdown-arbitrary.ts";

/** Opposite shapes: what a platform counts of a text. */
const MEASURES = {
  "as it is": (text: string) => text.length,
  "code points": (text: string) => lengthIn("codepoints", text),
  "text beside its entities": (text: string) => encodeEntities(text).text.length,
  "bytes of text and HTML": (text: string) => {
    const { body, formattedBody } = encodeHtml(text);
    return Buffer.byteLength(body) + Buffer.byteLength(formattedBody);
  },
  mrkdwn: (text: string) => encodeMrkdwn(text).length,
  "marks in the text": (text: string) => encodeDiscordMarkdown(text).length,
};
const measureName = fc.constantFrom(...(Object.keys(MEASURES) as (keyof typeof MEASURES)[]));
const max = fc.integer({ min: 600, max: 1500 });

describe("any document, any measure", { timeout: 120_000 }, () => {
  test("every part fits, and every word of the text is there in order", () => {
    fc.assert(
      fc.property(markdown, measureName, max, (text, name, room) => {
        const parts = splitMarkdown(text, { measure: MEASURES[name], max: room });
        for (const part of parts) expect(MEASURES[name](part)).toBeLessThanOrEqual(room);
        for (const part of parts) expect(part.isWellFormed()).toBe(true);
        expect(missing(readable(text), parts.map(readable).join("\n"))).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  test("the parts say what the text says, letter by letter: marks, code, items and their numbers; none leaves a fence open", () => {
    fc.assert(
      fc.property(markdown, measureName, max, (text, name, room) => {
        const parts = splitMarkdown(text, { measure: MEASURES[name], max: room });
        expect(otherMeaning(text, parts)).toBeUndefined();
        for (const part of parts) expect(codesOf([`${part}\n\nafter`])).toEqual(codesOf([part]));
      }),
      { numRuns: 80 },
    );
  });

  test("a fence that only the end of its list closes is closed before the cut", () => {
    const text =
      "![picture](https://example.org/p.png) [label of a link](https://example.org/a/long/path?with=query&and=more#part) ~~bold~~\n\na [reference][ref] 👩‍👩‍👧‍👦\n\n- [x] `````\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n  ~~~~\n  `````\n\na\n\n[^1]: what the note says\n\n[ref]: https://example.org/reference";
    for (const part of splitMarkdown(text, { measure: MEASURES["as it is"], max: 607 }))
      expect(codesOf([`${part}\n\nafter`])).toEqual(codesOf([part]));
  });

  test("no grapheme is broken, and no address that fits", () => {
    fc.assert(
      fc.property(markdown, measureName, max, (text, name, room) => {
        const joined = splitMarkdown(text, { measure: MEASURES[name], max: room })
          .join("\n\n")
          .replaceAll(/\\([&_()])/g, "$1");
        for (const whole of [...CLUSTERS, ...ADDRESSES])
          expect(joined.split(whole).length).toBeGreaterThanOrEqual(text.split(whole).length);
      }),
      { numRuns: 100 },
    );
  });

  test("noise and small rooms: it ends, fits, and loses no letter", () => {
    fc.assert(
      fc.property(noise, measureName, fc.integer({ min: 150, max: 300 }), (text, name, room) => {
        const parts = splitMarkdown(text, { measure: MEASURES[name], max: room });
        for (const part of parts) expect(MEASURES[name](part)).toBeLessThanOrEqual(room);
        const letters = (each: string) => each.match(/word|👩‍👩‍👧‍👦/g)?.length ?? 0;
        expect(letters(parts.join("\n"))).toBeGreaterThanOrEqual(letters(text));
      }),
      { numRuns: 200 },
    );
  });

  test("enough parts to see that there are too many are the first of all", () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 0, max: 4 }), (text, atMost) => {
        const room = { measure: MEASURES["as it is"], max: 300 };
        const all = splitMarkdown(text, room);
        const some = splitMarkdown(text, room, atMost);
        expect(some.length).toBeGreaterThanOrEqual(Math.min(all.length, atMost + 1));
        if (all.length <= atMost) expect(some).toEqual(all);
      }),
      { numRuns: 100 },
    );
  });
});

/** What people read, without white space and without what only says that something goes on. */
function readable(text: string): string {
  const layout = { bullet: "", indent: "", headings: 0, tableWidth: 0 };
  return plainOf(layOut(simplify(text), layout)).replaceAll(/[\s…]|\d+\. /g, "");
}

/** The first of `inner` that does not stand in `outer` in its turn. */
function missing(inner: string, outer: string): string | undefined {
  let at = 0;
  let found = 0;
  for (const letter of outer) {
    if (!inner.startsWith(letter, at)) continue;
    at += letter.length;
    found += 1;
  }
  return at >= inner.length ? undefined : `${inner.slice(at, at + 60)} (after ${found} letters)`;
}

function codesOf(texts: readonly string[]): Code[] {
  const found: Code[] = [];
  const look = (node: Root | RootContent): void => {
    if (node.type === "code") found.push({ type: "code", value: node.value, lang: node.lang ?? null, meta: node.meta ?? null });
    if ("children" in node) for (const child of node.children) look(child);
  };
  for (const text of texts) look(parseMarkdown(text));
  return found.filter(({ lang }) => lang !== "html");
}

describe("read window by window", () => {
  const at = (blocks: readonly RootContent[]) =>
    blocks.map(({ type, position }) => `${type} ${position?.start.offset}-${position?.end.offset}`);
  const sameBlocks = (text: string, window: number): void => {
    expect(at([...readBlocks(text, window)].flat())).toEqual(at(parseMarkdown(text).children));
  };
  const window = fc.integer({ min: 1, max: 400 });

  test("a text has the blocks it has when it is read at once, also where its windows end in fences, lists, tables and HTML", () => {
    fc.assert(
      fc.property(markdown, window, (text, size) => sameBlocks(text.replace(/\[ref\]: .*/, ""), size)),
      { numRuns: 200 },
    );
    fc.assert(fc.property(noise, window, sameBlocks), { numRuns: 200 });
  });

  test("an address that stands apart is found however far away it is", () => {
    const text = `see [this][r]\n\n${"words\n\n".repeat(100)}> [r]: https://example.org/x`;
    expect(JSON.stringify([...readBlocks(text, 50)].flat())).toContain('"url":"https://example.org/x"');
  });

  test("a long text is split in many short pieces of work", () => {
    const text = "A paragraph of **words**.\n\n- an item\n- another\n\n".repeat(2000);
    let longest = 0;
    const measure = (part: string) => {
      longest = Math.max(longest, part.length);
      return part.length;
    };
    const steps = [...splitSteps(text, { measure, max: 2000 })];
    expect(steps.length).toBeGreaterThan(text.length / 2000);
    for (const parts of steps) expect(parts.length).toBeLessThanOrEqual(1);
    expect(longest).toBeLessThan(20_000);
    expect(steps.flat()).toEqual(splitMarkdown(text, { measure, max: 2000 }));
  });
});

describe("what goes on in the next part", () => {
  const split = (text: string, room: number) => splitMarkdown(text, { measure: (part) => part.length, max: room });
  const many = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at + 1)).join("\n");

  test("a fence is closed and opened again with its language and the rest of its line", () => {
    const parts = split(`\`\`\`ts title=x\n${many(30, (at) => `line(${at});`)}\n\`\`\``, 120);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^```ts title=x\n[^]*\n```$/);
  });

  test("a fence nobody closed is closed in every part", () => {
    const parts = split(`words\n\n\`\`\`ts\n${many(30, (at) => `line(${at});`)}`, 120);
    for (const part of parts) expect(part).toMatch(/\n```$/);
  });

  test("a line of code longer than a part is cut, and loses nothing", () => {
    const parts = split(`\`\`\`\n${"x".repeat(500)}\n\`\`\``, 120);
    expect(parts.map((part) => part.replaceAll(/[`\n]/g, "")).join("")).toBe("x".repeat(500));
  });

  test("an ordered list goes on counting, also when it is written with ones", () => {
    expect(
      split(
        many(20, (at) => `${at}. item`),
        60,
      ).join("\n"),
    ).toBe(many(20, (at) => `${at}. item`));
    expect(
      split(
        many(20, () => "1. item"),
        60,
      ).join("\n"),
    ).toBe(many(20, (at) => `${at}. item`));
  });

  test("an item, a list in a list and a quote go on where they were, with a sign that they do", () => {
    expect(split(`1. one\n2. ${"word ".repeat(30)}`, 100)[1]).toMatch(/^2\. … word/);
    expect(split(`- outer\n${many(20, (at) => `  - inner ${at}`)}`, 100)[1]).toMatch(/^- …\n {2}- inner \d+/);
    for (const part of split(
      many(20, (at) => `> line ${at}`),
      100,
    ))
      expect(part).toMatch(/^(> .*(\n|$))+$/);
  });

  test("a numbered list that a part begins with in the middle of an item is still a list there", () => {
    const items = [7, 8, 9].map((number) => `${number}) ${"word ".repeat(8)}`).join("\n    ");
    const parts = split(`- - outer ${"word ".repeat(8)}\n  - ${items}`, 70);
    expect(parts.length).toBeGreaterThan(3);
    for (const [at, part] of parts.slice(1).entries())
      expect(JSON.stringify(parseMarkdown(part)), part).toContain(`"ordered":true,"start":${7 + at}`);
  });

  test("it is one there however deep in quotes and items it stands", () => {
    const text = `- > 7) ${"word ".repeat(20)}\n  > 8) ${"word ".repeat(20)}\n  > 9) \`\`\`\n  >    ${"x".repeat(60)}\n  >    \`\`\``;
    const parts = split(text, 140);
    expect(parts.length).toBeGreaterThan(2);
    expect(otherMeaning(text, parts)).toBeUndefined();
  });

  test.each([
    ["7) a [link][r]", "2019. b"],
    ["- a [link][r]", "* b", "- c"],
    ["1. a", "[r]: https://example.org/x", "5. b [link][r]"],
    ["1.  a [link][r]", "   not of the list"],
    ["- a", "[r]: https://example.org/x", "  not of the list [link][r]"],
    ["    code", "[r]: https://example.org/x", "    more", "[link][r]"],
  ])("neighbours stay apart when one is written anew or what stood between them goes: %s", (...blocks) => {
    const text = blocks.join("\n\n");
    expect(otherMeaning(text, split(text, 1000))).toBeUndefined();
  });

  test("a table has its head in every part", () => {
    const parts = split(`| name | value |\n|---|---|\n${many(20, (at) => `| n${at} | v${at} |`)}`, 120);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^\| name \| value \|\n\| -+ \| -+ \|\n\| n/);
  });

  test("emphasis is closed and opened again", () => {
    for (const part of split(`**${"word ".repeat(40).trim()}**`, 80)) expect(part).toMatch(/^\*\*word( word)*\*\*$/);
  });

  test("a heading stays with what it is over", () => {
    expect(split(`${"words ".repeat(12).trim()}\n\n## Head\n\n${"more ".repeat(12).trim()}`, 100)[1]).toMatch(/^## Head\n\nmore/);
  });

  test("what a text begins with after a cut is not taken for a mark", () => {
    const parts = split(`${"w".repeat(60)} 2019. # - > ${"w".repeat(60)}`, 70);
    expect(parts.map((part) => parseMarkdown(part).children.map(({ type }) => type))).toEqual(parts.map(() => ["paragraph"]));
  });

  test("a link by reference leads where it led, though its address stood at the end", () => {
    const [first] = split(`see [this][r] ${"word ".repeat(30)}\n\n[r]: https://example.org/x`, 100);
    expect(first).toContain("[this](https://example.org/x)");
  });

  test("blocks nobody had to cut stand as they were written", () => {
    const blocks = ["Setext\n======", "* star\n* list", "~~~ts\ncode\n~~~", "__bold__ \\* text", "    indented"];
    expect(split(blocks.join("\n\n"), 20)).toEqual([
      "Setext\n======",
      "* star\n* list",
      "~~~ts\ncode\n~~~",
      "__bold__ \\* text",
      "    indented",
    ]);
  });
});
