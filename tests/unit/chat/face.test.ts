/** The parts of the interactive face that need no terminal: what is typed, what is under way, and what is drawn where. */
import { describe, expect, it } from "vitest";
import type { Entry, MessageEntry } from "../../../connectors/console/entry.ts";
import { createConversation } from "../../../src/cli/chat/conversation.ts";
import { createPaint } from "../../../src/cli/chat/paint.ts";
import { renderRegion, type UnderWay } from "../../../src/cli/chat/region.ts";
import { createScreen } from "../../../src/cli/chat/screen.ts";
import { createTurnReader } from "../../../src/cli/chat/turn-events.ts";
import { completions, parseTypedLine } from "../../../src/cli/chat/typed-line.ts";
import type { ApprovalCard, Card, DeployCard, DeployState } from "../../../src/contract/message.ts";

const canvas = { width: 80, paint: createPaint(false), now: 0 };

describe("a typed line", () => {
  it.each([
    ["hello", { do: "say", text: "hello" }],
    ["!status", { do: "say", text: "!status" }],
    ["//etc is a folder", { do: "say", text: "/etc is a folder" }],
    ["   ", { do: "nothing" }],
    ["/help", { do: "help" }],
    ["/threads", { do: "threads" }],
    ["/thread", { do: "threads" }],
    ["/thread my plan", { do: "switch", name: "my plan" }],
    ["/new  The launch", { do: "new", title: "The launch" }],
    ["/approve k7q m2x", { do: "explain" }],
    ["/approve k7qm2x", { do: "decide", verdict: "approve", code: "K7Q-M2X", reason: undefined }],
    ["/deny K7Q-M2X not  today", { do: "decide", verdict: "deny", code: "K7Q-M2X", reason: "not today" }],
    ["/quit", { do: "quit" }],
    ["/aprove K7Q-M2X", { do: "explain", problem: expect.stringContaining("/approve") }],
  ])("%s", (line, expected) => expect(parseTypedLine(line)).toMatchObject(expected));

  it("is completed with words and with the codes that wait", () => {
    expect(completions("/th", [])).toEqual(["/threads", "/thread"]);
    expect(completions("/approve k", ["K7Q-M2X", "ABC-DEF"])).toEqual(["/approve K7Q-M2X"]);
    expect(completions("hello", ["K7Q-M2X"])).toEqual([]);
  });
});

let number = 0;
const said = (more: Partial<MessageEntry>): MessageEntry => {
  number += 1;
  const ids = { n: number, messageId: `m${number}`, previous: 0, at: 0, chatId: "console" };
  return { ...ids, threadId: "main", trace: "trc", type: "message", from: "hub", text: "", ...more };
};
const changed = (messageId: string, card: DeployCard | ApprovalCard): Entry => {
  number += 1;
  return { type: "edit", n: number, messageId, at: 0, chatId: "console", threadId: "main", trace: "trc", text: "", card };
};
const MAIN = { id: "main", title: "Main", lastAt: 0, lastEntry: 0, lastMessage: 0 };
const deploy = (state: DeployState): DeployCard => ({ type: "deploy", id: "d", app: "shop", environment: "production", state, urls: {} });
const approval = (state: ApprovalCard["state"]): ApprovalCard => ({
  type: "approval",
  id: "a",
  code: "K7Q-M2X",
  state,
  title: "Go live",
  class: "red",
  asker: "Mos",
  action: "{}",
  digest: "",
  expiresAt: 1,
});

describe("the conversation", () => {
  it("streams in place, then keeps the message", () => {
    const talk = createConversation(MAIN);
    talk.take({ type: "delta", threadId: "main", trace: "trc", text: "so far" }, canvas);
    expect(talk.underWay().streaming).toBe("so far");
    expect(talk.take(said({ text: "so far, so good" }), canvas)).toEqual(["", "● so far, so good"]);
    expect(talk.underWay().streaming).toBeUndefined();
  });

  it("keeps a deploy in place until it is over, and then draws it whole", () => {
    const talk = createConversation(MAIN);
    const first = said({ card: deploy("queued") });
    expect(talk.take(first, canvas)).toEqual([]);
    expect(talk.take(changed(first.messageId, deploy("building")), canvas)).toEqual([]);
    expect(talk.underWay().deploys).toMatchObject([{ state: "building" }]);
    expect(talk.take(changed(first.messageId, deploy("live")), canvas).join("\n")).toContain("● shop (production): live");
    expect(talk.underWay().deploys).toEqual([]);
  });

  it("draws a deploy anew when there are records to set", () => {
    const talk = createConversation(MAIN);
    const first = said({ card: deploy("live") });
    talk.take(first, canvas);
    const domain = { kind: "domain", name: "shop.example.com", state: "records", records: ["CNAME shop edge.example.com"] } as const;
    expect(talk.take(changed(first.messageId, { ...deploy("live"), setups: [domain] }), canvas).join("\n")).toContain(
      "CNAME shop edge.example.com",
    );
    const live = talk.take(changed(first.messageId, { ...deploy("live"), setups: [{ ...domain, state: "live" }] }), canvas);
    expect(live).toEqual(["● shop (production): live · domain shop.example.com: live with HTTPS"]);
  });

  it("reminds of an approval until it is decided", () => {
    const talk = createConversation(MAIN);
    const first = said({ card: approval("pending") });
    expect(talk.take(first, canvas).join("\n")).toContain("/approve K7Q-M2X");
    expect(talk.codes()).toEqual(["K7Q-M2X"]);
    expect(talk.take(changed(first.messageId, { ...approval("approved"), decidedBy: "Ada" }), canvas)).toEqual([
      "✔ K7Q-M2X approved by Ada",
    ]);
    expect(talk.underWay().waiting).toEqual([]);
  });

  it("names the files of a message and their sizes, also of another thread", () => {
    const conversation = createConversation(MAIN);
    const attachments = [{ id: "f", name: "me\u001b[31mnu.pdf", mimeType: "application/pdf", sizeBytes: 2048 }];
    const lines = [said({ attachments }), said({ from: "person", text: "see", attachments }), said({ attachments, threadId: "t9" })].map(
      (entry) => conversation.take(entry, canvas).filter(Boolean),
    );
    const words = "attached: menu.pdf (2 KiB)";
    expect(lines).toEqual([[words], [expect.stringContaining("see"), words], []]);
    expect(conversation.underWay().elsewhere).toMatchObject([{ threadId: "t9", latest: words }]);
    expect(JSON.stringify(lines)).not.toContain("\\u001b");
  });

  it("keeps what is new in another thread in one line, until somebody looks there", () => {
    const talk = createConversation(MAIN);
    const launch = { ...MAIN, id: "t9", title: "Launch" };
    talk.knowThreads([launch]);
    const [first, newest] = [said({ threadId: "t9", text: "first" }), said({ threadId: "t9", text: "## **second**\n\n- and `third`" })];
    expect([first, newest].flatMap((entry) => talk.take(entry, canvas))).toEqual([]);
    expect(talk.take(said({ threadId: "t9", from: "person", text: "mine" }), canvas)).toEqual([]);
    expect(talk.underWay()).toMatchObject({
      streaming: undefined,
      elsewhere: [{ threadId: "t9", title: "Launch", count: 2, latest: "second • and third" }],
    });
    talk.open(launch, [], canvas);
    expect(talk.underWay().elsewhere).toEqual([]);
  });

  it("says at once, and whole, what waits for a decision in another thread", () => {
    const talk = createConversation(MAIN);
    talk.knowThreads([{ ...MAIN, id: "t9", title: "Launch" }]);
    const first = said({ threadId: "t9", card: approval("pending") });
    expect(talk.take(first, canvas)).toEqual(["↳ Launch: Mos asks: Go live  (/thread t9)"]);
    const decided: Entry = { ...changed(first.messageId, { ...approval("denied"), decidedBy: "Ada" }), threadId: "t9" };
    expect(talk.take(decided, canvas)).toEqual(["↳ Launch: ✖ K7Q-M2X denied by Ada  (/thread t9)"]);
  });

  it("does not draw once more what came while the thread was being opened", () => {
    const talk = createConversation(MAIN);
    const meanwhile = said({ text: "hello" });
    expect(talk.open({ ...MAIN, lastEntry: meanwhile.n }, [meanwhile], canvas)).toEqual(["", "● hello"]);
    expect(talk.take(meanwhile, canvas)).toEqual([]);
    expect(talk.take(said({ text: "next" }), canvas)).toEqual(["", "● next"]);
  });

  it("says how a turn ended only when it did not go well", () => {
    const talk = createConversation(MAIN);
    const end = { type: "turn_end", n: 1, at: 0, chatId: "console", threadId: "main", trace: "trc" } as const;
    expect(talk.take({ ...end, outcome: "done" }, canvas)).toEqual([]);
    expect(talk.take({ ...end, outcome: "failed", reason: "the agent stopped" }, canvas)).toEqual(["✖ failed: the agent stopped"]);
  });
});

describe("the region at the bottom", () => {
  const idle: UnderWay = { progress: [], deploys: [], waiting: [], isTyping: false, sending: [], elsewhere: [] };
  const line = (text: string, cursor = text.length) => ({ text, cursor, linesBefore: 0 });
  const size = { ...canvas, width: 20, rows: 8 };

  it("places the cursor by cells", () => {
    const region = renderRegion(idle, { label: "Main", line: line("日本", 1), isSecret: false }, size);
    expect(region).toEqual({ lines: ["Main › 日本"], row: 0, column: 9 });
  });

  it("wraps a long line and follows the cursor", () => {
    const region = renderRegion(idle, { label: "Main", line: line("abcdefghijklmnop"), isSecret: false }, size);
    expect(region).toEqual({ lines: ["Main › abcdefghijkl", "mnop"], row: 1, column: 4 });
  });

  it("shows nothing of a PIN", () => {
    const region = renderRegion(idle, { label: "PIN", line: line("4711"), isSecret: true }, size);
    expect(region.lines).toEqual(["PIN › "]);
    expect(region.column).toBe(6);
  });

  it("names the threads with news, the newest last, and counts the others", () => {
    const elsewhere = ["a", "b", "c", "d", "e"].map((id) => ({
      threadId: id,
      title: `Thread ${id}`,
      count: id === "e" ? 2 : 1,
      latest: "words",
    }));
    const { lines } = renderRegion(
      { ...idle, elsewhere },
      { label: "Main", line: line("hi"), isSecret: false },
      { ...size, width: 60, rows: 20 },
    );
    expect(lines).toEqual([
      "↳ news in 2 more threads  (/threads)",
      "↳ Thread c: words  (/thread c)",
      "↳ Thread d: words  (/thread d)",
      "↳ Thread e (2 new): words  (/thread e)",
      "Main › hi",
    ]);
    const narrow = renderRegion(
      { ...idle, elsewhere },
      { label: "Main", line: line("hi"), isSecret: false },
      { ...size, width: 12, rows: 20 },
    );
    for (const shown of narrow.lines) expect(shown.length).toBeLessThanOrEqual(11);
  });

  it("says whole what the PIN is for, also where there is little room", () => {
    const label = "PIN for K7Q-M2X (not shown)";
    const region = renderRegion(idle, { label, line: line(""), isSecret: true }, { ...size, width: 40 });
    expect(region.lines).toEqual([`${label} › `]);
  });

  it("leaves out from the top what does not fit, never the line being typed", () => {
    const streaming = Array.from({ length: 30 }, (_, at) => `line ${at}`).join("\n");
    const region = renderRegion({ ...idle, streaming, notice: "reconnecting" }, { label: "Main", line: line("hi"), isSecret: false }, size);
    expect(region.lines.length).toBe(7);
    expect(region.lines.slice(-3)).toEqual(["  line 29", "reconnecting", "Main › hi"]);
  });
});

describe("the screen", () => {
  /** A terminal of fixed width, just clever enough for what the screen sends. */
  function createTerminal(columns: number) {
    const rows: string[] = [""];
    let [row, column] = [0, 0];
    const write = (text: string): void => {
      for (const [token, , amount, what] of text.matchAll(/\u001b\[(\?25[lh]|(\d*)([ACJ]))|\r|\n|[^\u001b\r\n]/gu)) {
        if (what === "A") row -= Number(amount);
        else if (what === "C") column += Number(amount);
        else if (what === "J") rows.splice(row, rows.length, (rows[row] ?? "").slice(0, column));
        else if (token === "\r") column = 0;
        else if (token === "\n") rows[(row += 1)] ??= "";
        else if (!token.startsWith("\u001b"))
          rows[row] = (rows[row] ?? "").slice(0, column).padEnd(column) + token + (rows[row] ?? "").slice((column += 1));
      }
    };
    return { terminal: { write, columns: () => columns }, rows, place: () => [row, column] };
  }

  it("draws the region again in place below the lines that stay", () => {
    const { terminal, rows, place } = createTerminal(40);
    const screen = createScreen(terminal);
    screen.draw(["one"], { lines: ["streaming", "> "], row: 1, column: 2 });
    screen.draw([], { lines: ["streaming more", "and more", "> h"], row: 2, column: 3 });
    screen.draw(["two"], { lines: ["> hi"], row: 0, column: 4 });
    expect(rows).toEqual(["one", "two", "> hi"]);
    expect(place()).toEqual([2, 4]);
    screen.clear();
    expect(rows).toEqual(["one", "two", ""]);
  });
});

describe("the reader of one turn", () => {
  it("gives only new text, begins afresh after a redelivery, and leaves other turns out", () => {
    const read = createTurnReader({ trace: "trc", thread: "main" });
    const delta = (text: string, trace = "trc") => read({ type: "delta", threadId: "main", trace, text });
    expect(delta("ab")).toEqual([{ type: "text_delta", text: "ab" }]);
    expect(delta("abc")).toEqual([{ type: "text_delta", text: "c" }]);
    expect(delta("ab")).toEqual([]);
    expect(delta("zz", "other")).toEqual([]);
    expect(delta("again")).toEqual([{ type: "text_delta", text: "again" }]);
    read(said({ text: "again." }));
    expect(delta("next")).toEqual([{ type: "text_delta", text: "next" }]);
  });

  it("leaves out what another thread shows of the same turn, and ends with it wherever that is said", () => {
    const read = createTurnReader({ trace: "trc", thread: "main" });
    const card: Card = { type: "notice", level: "info", text: "shop is live again" };
    const shown = ["main", "ops"].flatMap((threadId) => read(said({ text: card.text, card, threadId })));
    expect(shown).toEqual([expect.objectContaining({ type: "card", card })]);
  });
});
