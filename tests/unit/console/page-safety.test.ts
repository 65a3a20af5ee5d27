/** Nothing that agents or people write becomes a part of the page: not in any field of any card, in markdown, names or titles. */
import { Keyv } from "keyv";
import { beforeAll, describe, expect, it } from "vitest";
import { markdownToHtml } from "../../../src/contract/markdown-html.ts";
import type { Card } from "../../../src/contract/message.ts";
import { call, createConsole, post } from "../../support/harnesses/console.ts";
import { readPage, submit } from "../../support/page-reader.ts";
import { SAMPLE_CARDS } from "../../support/page-stage.ts";
import { unsafeParts } from "../../support/safe-html.ts";

const PAYLOADS = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  "</textarea></title><svg onload=alert(1)>",
  "javascript:alert(1)",
  "[x](javascript:alert(1)) ![y](https://evil.example/p.png) <javascript:alert(2)> [z]: data:text/html,x",
  "&lt;script&gt; &#60;script&#62; <!-- -->",
];

/** Words of ours, which pick what is drawn. */
const FIXED = new Set(["type", "state", "class", "kind", "level"]);

function poison<T>(value: T, payload: string, key = ""): T {
  if (typeof value === "string") return (FIXED.has(key) ? value : payload) as T;
  if (Array.isArray(value)) return value.map((part) => poison(part, payload)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, poison(part, payload, name)])) as T;
}

const cards = Object.values(SAMPLE_CARDS).flatMap((make) => make("id"));

it("the check finds what it is for", () => {
  for (const bad of ["<script>x</script>x<svg>", "<img src=x>", '<a href="javascript:x">', '<p onclick="x">', "<a href=data:x>", "a < b"])
    expect(unsafeParts(bad), bad).not.toEqual([]);
});

describe.each(PAYLOADS)("%s", (payload) => {
  it("stays text in every field of every card", async () => {
    const connector = createConsole(new Keyv());
    for (const card of cards) await connector.send({ text: payload, card: poison<Card>(card, payload) });
    const page = await readPage(connector);
    expect(unsafeParts(page)).toEqual([]);
    expect(page.split('class="card').length).toBeGreaterThan(10);
  });

  it("stays text in words, names, titles, files, reactions, whispers and what is searched for", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "accepted", trace: payload }));
    const { threadId = "" } = (await connector.can?.openThread?.({ chatId: "console" }, "e", payload)) ?? {};
    const place = { chatId: "console", threadId };
    const caller = { type: "person", personId: "per_ada", name: payload, assurance: "platform" } as const;
    await post(connector, "messages", { text: payload, thread: threadId, clientId: "c" }, caller);
    const attachments = [{ name: payload, mimeType: payload, sizeBytes: 1, path: "/x" }];
    const { receipt } = await connector.send({ text: payload, threadId, attachments, trace: payload });
    if (receipt) await connector.can?.react?.(place, receipt, payload);
    await connector.can?.whisper?.(place, "per_ada", payload);
    for (const path of [`t/${threadId}`, "t", `find?from=${threadId}&q=${encodeURIComponent(payload)}`]) {
      const page = await readPage(connector, path, caller);
      expect(unsafeParts(page), path).toEqual([]);
      expect(page).toContain("<title>");
    }
  });

  it("stays text in what the hub refuses, and in what was written", async () => {
    const connector = createConsole(new Keyv());
    connector.subscribe(async () => ({ type: "refused", privateText: payload }));
    await submit(connector, "say", { thread: "main", text: payload, form: "f" });
    const page = await readPage(connector);
    expect(unsafeParts(page)).toEqual([]);
    expect(page).toContain('class="told refused"');
  });

  it("stays text on the page of a problem", async () => {
    const connector = createConsole(new Keyv());
    const response = await call(connector, `t/${encodeURIComponent(payload)}`, { headers: { accept: "text/html" } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(unsafeParts(await response.text())).toEqual([]);
  });
});

const ORDINARY = "A paragraph with **bold** words, `code` and [a link](https://x.example).\n\n- an item\n- another\n\n".repeat(1060);

/** The work of this thread alone, in µs, so that what else the machine does counts little. */
function withCost(text: string): { html: string; cost: number } {
  const before = process.threadCpuUsage();
  const html = markdownToHtml(text).toString();
  const { user, system } = process.threadCpuUsage(before);
  return { html, cost: user + system };
}

describe("markdown", () => {
  let ordinaryCost = 0;
  beforeAll(() => void (ordinaryCost = withCost(ORDINARY).cost));
  const rendered = (text: string): string => markdownToHtml(text).toString();

  it.each<[string, string, string]>([
    ["links open apart", "[a](https://x.example)", '<p><a href="https://x.example" rel="noopener noreferrer" target="_blank">a</a></p>'],
    ["bare addresses are links", "https://x.example", 'rel="noopener noreferrer" target="_blank"'],
    ["dangerous links are words", "[a](javascript:x) b", '<p><span class="dead">a</span> b</p>'],
    ["pictures are links, never loaded", "![p](https://x.example/p.png)", ">p</a></p>"],
    ["a picture without words", "![](https://x.example/p.png)", ">https://x.example/p.png</a>"],
    ["a picture in a link is its words", "[![p](https://x.example/p.png)](https://y.example)", 'target="_blank">p</a></p>'],
    ["HTML is words", "<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"],
    ["headings stand below the page's", "# a\n\n###### b", "<h3>a</h3>\n<h6>b</h6>"],
    ["code is reached by the keyboard", "```ts\nx\n```", '<pre tabindex="0"><code class="language-ts">x'],
    ["code keeps its tags as words", "`<img src=x>`", "<code>&lt;img src=x&gt;</code>"],
    ["tables scroll", "|a|\n|-|\n|b|", '<div class="table" tabindex="0"><table>'],
    ["tasks are signs", "- [x] a\n- [ ] b", "<li>☑ a</li>\n<li>☐ b</li>"],
    ["what reorders text is shown", "a\u202eb", "<p>a\ufffdb</p>"],
    ["footnotes are words", "a[^1]", "<p>a[^1]</p>"],
    ["links to the hub's own pages are words", "[a](/sign-out) [b](x)", '<span class="dead">a</span> <span class="dead">b</span>'],
  ])("%s", (_what, text, expected) => {
    const html = rendered(text);
    expect(html).toContain(expected);
    expect(html).not.toContain("<img");
    expect(unsafeParts(html)).toEqual([]);
  });

  it.each([
    ["emphasis", "a_*b".repeat(25_000)],
    ["strikes", "~~a".repeat(33_000)],
    ["quotes", "> ".repeat(50_000)],
    ["lists", "- ".repeat(50_000)],
    ["brackets", "[".repeat(100_000)],
    ["links", "[](".repeat(33_000)],
    ["backticks", Array.from({ length: 440 }, (_, at) => "`".repeat(at)).join(" ")],
    ["tables", `${"|a".repeat(25_000)}\n${"|-".repeat(25_000)}`],
    ["addresses", "a@b.c".repeat(20_000)],
    ["lines of emphasis", "a_*b\n".repeat(20_000)],
  ])("100,000 letters of %s cost little more than an ordinary text of that length", (_what, text) => {
    const { html, cost } = withCost(text);
    expect(unsafeParts(html)).toEqual([]);
    // Without the limits some of these cost three hundred times as much.
    expect(cost).toBeLessThan(40 * ordinaryCost);
  });
});
