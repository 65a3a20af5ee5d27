/** Cards and text as a terminal shows them: what fits, what is neutralised, what is painted. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMarkdown, wordsOfMarkdown } from "../../../src/cli/chat/markdown-lines.ts";
import { createPaint } from "../../../src/cli/chat/paint.ts";
import { renderCard, renderCardChange, renderCardLine } from "../../../src/cli/chat/render-card.ts";
import { cellsOf, clip, measureOf, neutralise, pad, wrap, wrapColumns } from "../../../src/cli/chat/text-cells.ts";
import type { ApprovalCard, Card, DeployCard, QuestionCard } from "../../../src/contract/message.ts";

const NOW = 1_800_000_000_000;
const canvas = (width: number, colour = false) => ({ width, paint: createPaint(colour), now: NOW });

const APPROVAL: ApprovalCard = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "Publish 新しいサイト to production 🚀",
  class: "yellow_external",
  asker: "Mos",
  reason: "The coffee shop asked for it to be seen by everybody before the weekend begins.",
  action:
    '{\n  "tool": "deploy",\n  "app": "coffee-shop",\n  "note": "a very long argument that goes on and on until no box of any terminal could hold it in one line"\n}',
  digest: "0".repeat(64),
  expiresAt: NOW + 23 * 3_600_000,
  similarPending: true,
};

const QUESTION: QuestionCard = {
  type: "question",
  id: "q",
  code: "ABC-DEF",
  state: "pending",
  asker: "Mos",
  text: "Which colour do you like?",
  form: {
    title: "Colour",
    fields: [
      {
        name: "colour",
        label: "Colour",
        kind: "choice",
        required: true,
        options: [
          { value: "r", label: "Red" },
          { value: "b", label: "Blue" },
        ],
      },
      { name: "sure", label: "Sure", kind: "boolean", required: false },
    ],
  },
};

const DEPLOY: DeployCard = {
  type: "deploy",
  id: "d",
  app: "coffee-shop",
  environment: "production",
  state: "failed",
  revision: { sha: "0123456789abcdef", ref: "main", subject: "Add the menu", author: "Ada" },
  urls: { live: "https://coffee-shop.example.internal", logs: `https://logs.example.internal/${"x".repeat(100)}` },
  setups: [
    { kind: "domain", name: "coffee.example.internal", state: "records", records: ["CNAME coffee → edge.example.internal"] },
    { kind: "payments", name: "Baray", state: "credential", url: "https://pay.example.internal/keys" },
  ],
  failureTail: "npm error code 1\nnpm error missing script: build",
  elapsedMs: 42_000,
};

const CARDS: Card[] = [
  APPROVAL,
  { ...APPROVAL, state: "denied", decidedBy: "Ada", decisionReason: "not today" },
  QUESTION,
  DEPLOY,
  {
    type: "canvas",
    state: "open",
    id: "c",
    title: "Landing page",
    kind: "page",
    url: "https://canvas.example.internal/c#secret",
    expiresAt: NOW + 600_000,
  },
  {
    type: "canvas",
    state: "open",
    id: "c",
    title: "Landing page",
    kind: "form",
    note: "No public address is configured, so that nobody could open it.",
  },
  {
    type: "progress",
    turnId: "t",
    state: "working",
    asker: "Sentinel",
    plan: [
      { id: "1", title: "Think", state: "done" },
      { id: "2", title: "Build all of the things that were asked for in the beginning", state: "running" },
    ],
    tools: [{ id: "3", title: "read", state: "failed" }],
    team: [{ id: "4", title: "Forge", state: "running", summary: "writing the page" }],
  },
  { type: "notice", level: "warning", text: "The budget of this window is nearly spent: 92 % of it, with three hours to go." },
];

describe.each([80, 40])("cards at %i columns", (width) => {
  it.each(CARDS.map((card) => [`${card.type}${"state" in card ? ` ${card.state}` : ""}`, card] as const))("%s fits", (_name, card) => {
    const lines = renderCard(card, canvas(width));
    for (const line of lines) if (!/^(live|preview|logs)?:? ?https:/.test(line)) expect(cellsOf(line)).toBeLessThanOrEqual(width);
    expect(cellsOf(renderCardLine(card, canvas(width)))).toBeLessThanOrEqual(width);
  });

  it.each(CARDS.filter(({ type }) => type !== "progress" && type !== "notice"))("draws an even box around $type", (card) => {
    const boxed = renderCard(card, canvas(width)).filter((line) => /^[╭│╰]/.test(line));
    expect(new Set(boxed.map(cellsOf))).toEqual(new Set([width]));
  });
});

it("a note of the hub is words, without the marks of its Markdown", () => {
  const card: Card = { type: "canvas", id: "c", title: "The order", kind: "form", state: "open", note: "Its link: `mos-hub open`." };
  expect(renderCard(card, canvas(80)).join("\n")).toContain("Its link: mos-hub open.");
  expect(renderCardLine(card, canvas(80))).toBe("▤ The order Its link: mos-hub open.");
});

describe("a card that has changed", () => {
  it("keeps its link whole, to be opened and copied", () => {
    const url = `https://hub.example.internal/canvas/cnv_${"a".repeat(32)}#${"b".repeat(43)}`;
    const card: Card = { type: "canvas", id: "c", title: "The order", kind: "form", state: "open", url, expiresAt: NOW + 3_600_000 };
    expect(renderCardChange(card, canvas(80))).toEqual(["▤ The order", `  ${url}`, "  (expires in 60 min)"]);
  });
});

describe("what a card says", () => {
  const words = (card: Card, width = 80): string => renderCard(card, canvas(width)).join("\n");

  it("an approval: title, class, exact action, code, expiry, and what to type", () => {
    for (const part of [
      "yellow external",
      "Publish 新しいサイト",
      '"tool": "deploy"',
      "expires in 23 h",
      "/approve K7Q-M2X",
      "/deny K7Q-M2X",
      "similar",
    ]) {
      expect(words(APPROVAL)).toContain(part);
    }
  });

  it("a decided approval: who and why, and nothing to type", () => {
    const decided = words({ ...APPROVAL, state: "denied", decidedBy: "Ada", decisionReason: "not today" });
    expect(decided).toContain("denied by Ada: not today");
    expect(decided).not.toContain("/approve");
  });

  it("a question: numbered choices", () => {
    for (const part of ["1. Red", "2. Blue", "Sure (yes or no) (optional)", "one a line"]) expect(words(QUESTION)).toContain(part);
    expect(words({ ...QUESTION, state: "answered", answer: "Red" })).toContain("answered: Red");
  });

  it("a deploy: state, app, environment, addresses, failure", () => {
    for (const part of ["✖ coffee-shop (production): failed after 42 s", "main · 01234567 · Add the menu · Ada", "missing script"])
      expect(words(DEPLOY)).toContain(part);
  });

  it("a link is never broken, however long", () => {
    expect(words(DEPLOY, 40).split("\n")).toContain(`logs: ${DEPLOY.urls.logs}`);
  });

  it("nothing an agent wrote can move the cursor, colour the screen or hide", () => {
    const evil = "\u001b[2J\u001b[1;1Happroved\u0007\u009b31m \u202erm -rf\u202c a\u200bb\rback";
    const drawn = words({ ...APPROVAL, title: evil, reason: evil, action: evil, asker: evil, code: evil });
    expect(drawn).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e]/);
  });

  it("is painted only when colours are wanted", () => {
    expect(renderCard(APPROVAL, canvas(80, true)).join("")).toContain("\u001b[");
    expect(words(APPROVAL)).not.toContain("\u001b");
    const plain = renderCard(APPROVAL, canvas(80)).map(cellsOf);
    expect(renderCard(APPROVAL, canvas(80, true)).map(cellsOf)).toEqual(plain);
  });
});

describe("Markdown", () => {
  const TEXT = [
    "## Plan",
    "do **this** with `that`, see [the page](https://example.internal/a)",
    "",
    "1. one that is long enough to be wrapped",
    "2. two",
    "   - inner words that are wrapped too",
    "",
    "```ts",
    "a ** b ** c",
    "```",
    "",
    "> said *once*",
    "",
    "| App | State |",
    "|---|---|",
    "| shop | **live** |",
  ].join("\n");
  const plain = (text: string, width: number): string[] => renderMarkdown(text, { width, paint: createPaint(false) });

  it("leaves no mark behind, and sets in what is wrapped", () => {
    expect(plain(TEXT, 26)).toEqual([
      "Plan",
      "",
      "do this with that, see the",
      "page",
      "(https://example.internal/a)",
      "",
      "1. one that is long enough",
      "   to be wrapped",
      "2. two",
      "   • inner words that are",
      "     wrapped too",
      "",
      "  a ** b ** c",
      "",
      "│ said once",
      "",
      "App   State",
      "shop  live",
    ]);
  });

  it("keeps a link whole, unless nothing may be wider", () => {
    const url = `https://example.internal/${"x".repeat(60)}`;
    expect(plain(`see ${url}, then go on`, 26)).toEqual(["see", `${url},`, "then go on"]);
    expect(renderMarkdown(url, { width: 26, paint: createPaint(false), links: { areCut: true } })).toHaveLength(4);
  });

  it("is painted where there are colours, without growing", () => {
    const painted = renderMarkdown(TEXT, { width: 26, paint: createPaint(true) });
    expect(painted[0]).toBe("\u001b[1mPlan\u001b[22m");
    expect(painted[2]).toBe("do \u001b[1mthis\u001b[22m with \u001b[36mthat\u001b[39m, see the");
    expect(painted.map(cellsOf)).toEqual(plain(TEXT, 26).map(cellsOf));
  });

  it("becomes one line of words for another thread", () => {
    expect(wordsOfMarkdown("**shop** failed\n\n- see `log`")).toBe("shop failed • see log");
  });

  it("keeps every letter and the width, whatever comes", () => {
    const words = fc.string({
      unit: fc.constantFrom("a", "b ", "日", "*", "`", "- ", "1. ", "> ", "\n", "\n\n", "|", "#", "[", "](x)"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 30, max: 60 }), (text, width) => {
        for (const line of plain(text, width)) expect(cellsOf(line)).toBeLessThanOrEqual(width);
        const letters = (from: string): string => from.replace(/[^ab日]/g, "");
        expect(letters(plain(text, width).join(""))).toBe(letters(text));
      }),
    );
  });
});

describe("cells", () => {
  it.each([
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["日本", 4],
    ["ｱ", 1],
    ["🚀", 2],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["🇰🇭", 2],
    ["ភ្នំ", 1],
    ["\u001b[31mred\u001b[39m", 3],
  ])("%s takes %i", (text, cells) => expect(cellsOf(text)).toBe(cells));

  it("wraps at spaces, breaks what has none, and keeps indentation", () => {
    expect(wrap("the quick brown fox", 10)).toEqual(["the quick", "brown fox"]);
    expect(wrap("abcdefghijkl", 5)).toEqual(["abcde", "fghij", "kl"]);
    expect(wrap("日本語です", 4)).toEqual(["日本", "語で", "す"]);
    expect(wrap("  in\n\nout", 10)).toEqual(["  in", "", "out"]);
  });

  it("clips and pads to cells, not to letters", () => {
    expect(clip("日本語です", 6)).toBe("日本…");
    expect(pad("日本", 6)).toBe("日本  ");
  });

  it("keeps the second of two columns", () => {
    expect(wrapColumns("/deny CODE  deny, with your PIN\nplain words here", 26)).toEqual([
      "/deny CODE  deny, with",
      "            your PIN",
      "plain words here",
    ]);
    expect(wrapColumns("a rather long beginning  and more", 20)).toEqual(["a rather long", "beginning  and more"]);
  });

  it("stays within a width one can read", () => {
    expect(measureOf(60)).toBe(60);
    expect(measureOf(200)).toBe(100);
  });

  it("never makes a line too wide nor loses a letter, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 2, max: 30 }), (raw, width) => {
        const text = neutralise(raw);
        const lines = wrap(text, width);
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        expect(cellsOf(clip(text.replaceAll("\n", " "), width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
