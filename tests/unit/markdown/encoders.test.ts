import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeDiscordMarkdown } from "../../../connectors/shared/markdown/discord-markdown.ts";
import { encodeEntities } from "../../../connectors/shared/markdown/entities.ts";
import { finish } from "../../../connectors/shared/markdown/finish.ts";
import { encodeHtml } from "../../../connectors/shared/markdown/html.ts";
import { encodeMrkdwn } from "../../../connectors/shared/markdown/mrkdwn.ts";
import { markdown, noise } from "../../support/markdown-arbitrary.ts";

const ZW = "\u200B";
const html = (text: string) => encodeHtml(text).formattedBody;
const TABLE = "| a | b |\n|:--|--:|\n| x | 10 |\n| 日本 | 9 |";
const COLUMNS = "a      b\n----  --\nx     10\n日本   9";
const WIDE = `| name | words |\n|--|--|\n| one | ${"long ".repeat(20).trim()} |`;

describe("text with entities: nothing escaped, offsets in UTF-16 units", () => {
  const marks = (text: string) => {
    const { text: shown, entities } = encodeEntities(text);
    return entities.map(({ type, offset, length, ...more }) => [type, shown.slice(offset, offset + length), ...Object.values(more)]);
  };

  test.each<[string, unknown[]]>([
    [
      "👍🏽 **bold** _and `code`_",
      [
        ["bold", "bold"],
        ["italic", "and "],
        ["code", "code"],
      ],
    ],
    [
      "~~gone~~ [label](https://example.org)",
      [
        ["strikethrough", "gone"],
        ["text_link", "label", "https://example.org"],
      ],
    ],
    ["```ts\na * b\n```", [["pre", "a * b", "ts"]]],
    [
      "> quote **bold**",
      [
        ["blockquote", "quote bold"],
        ["bold", "bold"],
      ],
    ],
    [
      "# Head *line*",
      [
        ["bold", "Head line"],
        ["italic", "line"],
      ],
    ],
    ["mail <ann@example.org>", []],
  ])("%s", (text, expected) => expect(marks(text)).toEqual(expected));

  test("no style holds code, and none overlaps its own kind", () =>
    expect(marks("**a `b` c**")).toEqual([
      ["bold", "a "],
      ["code", "b"],
      ["bold", " c"],
    ]));

  test("a name is no mention, unless it is meant to be; code and addresses stay as they are", () => {
    expect(encodeEntities("@ann and ann@example.org, `@bob` https://example.org/@c").text).toBe(
      `@${ZW}ann and ann@example.org, @bob https://example.org/@c`,
    );
    expect(encodeEntities("for @Ann @bob", [{ id: "7", name: "Ann" }])).toEqual({
      text: `for Ann @${ZW}bob`,
      entities: [{ type: "text_mention", offset: 4, length: 3, user: { id: 7 } }],
    });
  });

  test("lists, tasks, rules and tables are characters", () => {
    expect(encodeEntities("3. a\n4. b\n   - [x] c\n   - [ ] d\n\n---").text).toBe("3. a\n4. b\n   • ☑ c\n   • ☐ d\n\n──────────");
    expect(encodeEntities(TABLE)).toEqual({ text: COLUMNS, entities: [{ type: "pre", offset: 0, length: COLUMNS.length }] });
    expect(encodeEntities(WIDE).text).toMatch(/^• name: one\n {3}words: long long/);
  });

  test("any document: every entity lies in the text and breaks no character", () => {
    fc.assert(
      fc.property(fc.oneof(markdown, noise), (source) => {
        const { text, entities } = encodeEntities(source);
        for (const { offset, length } of entities) {
          expect(length).toBeGreaterThan(0);
          expect(offset + length).toBeLessThanOrEqual(text.length);
          expect(text.slice(offset, offset + length).isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("HTML", () => {
  test.each([
    ["**a** *b* ~~c~~ `d<`", "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d&lt;</code></p>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['```ts\na < "b"\n```', '<pre><code class="language-ts">a &lt; &quot;b&quot;\n</code></pre>'],
    ["> a\n\n---", "<blockquote><p>a</p></blockquote><hr>"],
    ["| a |\n|--|\n| b |", "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"],
    ["<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"],
    ["a<br>b ![pic](https://example.org/p.png)", '<p>a<br>b <a href="https://example.org/p.png">pic</a></p>'],
    ["[x](javascript:alert)", "<p>x (javascript:alert)</p>"],
    ["[https://good.example.org](https://example.org/other)", "<p>https://good.example.org (https://example.org/other)</p>"],
    ["[a][r] b[^1]\n\n[r]: https://example.org\n\n[^1]: note", '<p><a href="https://example.org">a</a> b[^1]</p><p>[^1]: note</p>'],
    ["@room hear", `<p>@${ZW}room hear</p>`],
  ])("%s", (text, expected) => expect(html(text)).toBe(expected));

  test("any document: no tag but ours, and every one is closed", () => {
    fc.assert(
      fc.property(fc.oneof(markdown, noise), (source) => {
        const open: string[] = [];
        for (const [, slash, name = ""] of html(source).matchAll(/<(\/?)(\w*)[^>]*>/g)) {
          expect(name).toMatch(/^(p|h[1-6]|pre|code|blockquote|hr|br|ul|ol|li|table|thead|tbody|tr|th|td|strong|em|del|a)$/);
          if (slash) expect(open.pop()).toBe(name);
          else if (!/^[hb]r$/.test(name)) open.push(name);
        }
        expect(open).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("mrkdwn", () => {
  test.each([
    ["**a** *b* ~~c~~ `d`", "*a* _b_ ~c~ `d`"],
    ["a & b < c > d", "a &amp; b &lt; c &gt; d"],
    ["[a & b](https://example.org/?x=1&y=2)", "<https://example.org/?x=1&amp;y=2|a &amp; b>"],
    ["# Head", "*Head*"],
    ["> a\n> b", "> a\n> b"],
    ["```ts\na < b\n```", "```\na &lt; b\n```"],
    ["- a\n  - b", "• a\n    • b"],
    [String.raw`\*a\* snake_case 2 \* 3`, `*${ZW}a*${ZW} snake_case 2 *${ZW} 3`],
    ["foo**bar**baz", `foo${ZW}*bar*${ZW}baz`],
    ["**one\ntwo**", "*one*\n*two*"],
    ["&gt; no quote", `${ZW}&gt; no quote`],
    [TABLE, `\`\`\`\n${COLUMNS}\n\`\`\``],
  ])("%s", (text, expected) => expect(encodeMrkdwn(text)).toBe(expected));

  test("nobody is called but who is meant", () => {
    expect(encodeMrkdwn("<!channel> <@U1> <@U2> @Bo @here", [{ id: "U2", name: "Bo" }])).toBe(
      `&lt;!channel&gt; &lt;@U1&gt; &lt;@U2&gt; <@U2> @${ZW}here`,
    );
  });

  test("any document: pointed brackets are links of ours and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(markdown, noise), (source) => {
        expect(
          encodeMrkdwn(source)
            .replaceAll(/<(?:https?:|mailto:)[^<>|]*\|[^<>|]*>/g, "")
            .replaceAll(/^[ •☑☐\d.]*> ?/gm, ""),
        ).not.toMatch(/[<>]/);
      }),
      { numRuns: 150 },
    );
  });
});

describe("Discord's Markdown", () => {
  test.each([
    ["**a** *b* ~~c~~ `d`", "**a** *b* ~~c~~ `d`"],
    ["[label](https://example.org/x_(y))", "[label](<https://example.org/x_(y)>)"],
    ["see https://example.org/a_b", "see <https://example.org/a_b>"],
    ["### Three\n\n#### Four", "### Three\n\n**Four**"],
    ["- [x] a\n  - b", "- ☑ a\n  - b"],
    ["9. a\n10. b", "9. a\n10. b"],
    [String.raw`\# no head`, String.raw`\# no head`],
    [String.raw`1\. no list`, String.raw`1\. no list`],
    [String.raw`\*a\* ||b|| -# c`, String.raw`\*a\* \|\|b\|\| -# c`],
    ["``a`b``", "``a`b``"],
    ["````\n```\n````", `\`\`\`\n\`${ZW}\`${ZW}\`\n\`\`\``],
    [TABLE, `\`\`\`\n${COLUMNS}\n\`\`\``],
    ["> a\n> b", "> a\n> b"],
  ])("%s", (text, expected) => expect(encodeDiscordMarkdown(text)).toBe(expected));

  test("nobody is called but who is meant", () => {
    const text = "@everyone @here <@1> <@&2> <#3>";
    const quiet = String.raw`@${ZW}everyone @${ZW}here \<@1> \<@&2> \<#3>`;
    expect(encodeDiscordMarkdown(text)).toBe(quiet);
    expect(encodeDiscordMarkdown(text, [{ id: "2", name: "Bo" }])).toBe(`${quiet}\n<@2>`);
  });
});

describe("a mention stands in the place of the name", () => {
  const people = (...names: string[]) => names.map((name, at) => ({ id: String(at + 1), name }));
  const placed = (text: string, ...names: string[]): string => encodeDiscordMarkdown(text, people(...names));

  test.each([
    ["in a list of names", "Followed by @Ann, @Bob.", ["Ann", "Bob"], "Followed by <@1>, <@2>."],
    ["of the longest that fits", "@Ann Lee, @Ann", ["Ann", "Ann Lee"], "<@2>, <@1>"],
    ["and not of another that begins so", "@Annabel", ["Ann"], "@Annabel\n<@1>"],
    ["nor of an address", "me@Ann", ["Ann"], "me@Ann\n<@1>"],
    ["of each of two with one name", "@Ann, @Ann, @Ann", ["Ann", "Ann"], "<@1>, <@2>, @Ann"],
    ["in marks", "**@Ann** and > @Bob", ["Ann", "Bob"], "**<@1>** and > <@2>"],
    ["not in code", "`@Ann`\n\n```\n@Ann\n```", ["Ann"], "`@Ann`\n\n```\n@Ann\n```\n<@1>"],
    ["not in a link", "[@Ann](https://example.org/)", ["Ann"], "[@Ann](<https://example.org/>)\n<@1>"],
    ["whatever is in it", "for @A.*n(n|", ["A.*n(n|", "x"], "for <@1>\n<@2>"],
    ["or alone", "", ["Ann", "Bob"], "<@1> <@2>"],
  ])("%s", (_, text, names, expected) => expect(placed(text, ...names)).toBe(expected));

  test("what is no id there stays a name", () => {
    const mentions = [{ id: "not one of theirs!", name: "Ann" }];
    expect(encodeDiscordMarkdown("for @Ann", mentions)).toBe("for @Ann");
    expect(encodeMrkdwn("for @Ann", mentions)).toBe("for @Ann");
    expect(encodeEntities("for @Ann", mentions)).toEqual({ text: "for Ann", entities: [] });
  });
});

describe("text that is still being written", () => {
  test.each([
    ["Some **bold te", "Some **bold te**"],
    ["Some **bold *and ital", "Some **bold *and ital***"],
    ["Some **", "Some "],
    ["run `npm i", "run `npm i`"],
    ["see [the lab", "see the lab"],
    ["see [the label](https://exam", "see the label"],
    ["```ts\nconst a = *", "```ts\nconst a = *"],
    ["2 * 3 and snake_case", "2 * 3 and snake_case"],
    ["~~go", "~~go~~"],
  ])("%s", (text, expected) => expect(finish(text)).toBe(expected));

  test("at no time does a sample show a mark as a character", () => {
    const sample =
      "# Head\n\nSome **bold *both* bold** and `code()` with [a link](https://example.org/a) ~~gone~~ end.\n\n- **one** two\n\n```ts\na * b\n```\n\nlast _words_";
    for (let end = 1; end <= sample.length; end += 1) {
      if (sample.slice(0, end).split("```").length > 1) continue;
      expect(encodeEntities(finish(sample.slice(0, end))).text, sample.slice(0, end)).not.toMatch(/[*~`[\]]/);
    }
  });

  test("any beginning of any document can be encoded", () => {
    fc.assert(
      fc.property(fc.oneof(markdown, noise), fc.nat(), (source, at) => {
        expect(encodeEntities(finish(source.slice(0, at % (source.length + 1)))).text).toBeTypeOf("string");
      }),
      { numRuns: 100 },
    );
  });
});

test.each([
  "*a ".repeat(50_000),
  "[".repeat(50_000),
  "> ".repeat(20_000),
  "- ".repeat(20_000),
  "`".repeat(50_000),
  "<".repeat(50_000),
  "a_".repeat(50_000),
])("text made to be slow or deep ends all the same: %.10s…", (text) => {
  for (const encode of [html, encodeMrkdwn, encodeDiscordMarkdown, (each: string) => encodeEntities(each).text])
    expect(encode(text)).toBeTypeOf("string");
});
