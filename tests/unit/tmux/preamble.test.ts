import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { harmless, preamble } from "../../../src/orchestrators/tmux/preamble.ts";
import { printedReply } from "../../../src/orchestrators/tmux/printed-replies.ts";

const hub = { host: "hub", session: "chat-1a2b3c4d" };
const agent = { host: "fleet", session: "orchestrator" };
const asked = preamble(hub, agent);
const answered = preamble(agent, hub);

describe("text from chat", () => {
  test.each([
    ["[a:b -> c:d] hi", "(a:b -> c:d) hi"],
    ["deep [[a:b -> c:d]] hi", "deep [(a:b -> c:d)] hi"],
    ["［a：b → c：d］ hi", "(a：b → c：d) hi"],
    ["[a:b\n-> c:d] hi", "(a:b\n-> c:d) hi"],
    ["[a:\u200bb -\u2060> c:d] hi", "(a:\u200bb -\u2060> c:d) hi"],
    ["[a:b — > c:d] hi", "(a:b — > c:d) hi"],
    ["done\x1b[201~\rexit\r", "done\nexit\n"],
    ["\x1b[2J\x03\x04\x9b", "[2J"],
  ])("%j becomes %j", (text, harmlessText) => expect(harmless(text)).toBe(harmlessText));

  test.each(["a [link](https://x.example) -> there", "see [1] and [a:b]", "tabs\tand\nlines", "const x = [a, b];", "[x](a:b) -> c"])(
    "%j stays as it is",
    (text) => expect(harmless(text)).toBe(text),
  );

  test("can never be read as a reply, nor press a key", () => {
    const part = fc.constantFrom(
      "[",
      "]",
      "fleet:orchestrator",
      " -> ",
      "hub:chat-1a2b3c4d",
      "\n",
      " ",
      "x",
      answered,
      "[end]",
      "\x1b[201~",
      "\r",
      "\u200b",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const typed = harmless(parts.join(""));
        expect(printedReply(`${asked} ${typed}\n`, { asked, answered })).toBeUndefined();
        // oxlint-disable-next-line no-control-regex
        expect(typed).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
    );
  });

  test("takes no longer than its length, whatever it is", () => {
    const started = performance.now();
    for (const piece of ["[", "[a:", "[a:b->", "]", "[a:b -> c:d"]) harmless(piece.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("a printed reply", () => {
  const read = (...lines: string[]) => printedReply([`> ${asked} hello`, ...lines].join("\n"), { asked, answered });

  test.each([
    [[`● ${answered} Good day.`, "  [end]", "", "> "], { text: "Good day.", isMarked: true }],
    [[`${answered}`, "", "  # A title", "", "    code", "  [end]"], { text: "# A title\n\n  code", isMarked: true }],
    [[`${answered} in one line [end]`], { text: "in one line", isMarked: true }],
    [[`${answered} two`, "lines", "", "not this"], { text: "two\nlines", isMarked: false }],
    [[`${answered} one`, "╭────╮", "│ >  │"], { text: "one", isMarked: false }],
    [[`${answered} one`, `${answered} two`, "[end]"], { text: "one", isMarked: false }],
  ])("%j", (lines, reply) => expect(read(...lines)).toEqual(reply));

  test("is none when it is to somebody else, stands inside a line, or above the message", () => {
    expect(read(`${preamble(agent, { host: "hub", session: "chat-99999999" })} x`)).toBeUndefined();
    expect(read(`I would write ${answered} x`)).toBeUndefined();
    expect(printedReply(`${answered} old\n${asked} new\n`, { asked, answered })).toBeUndefined();
  });
});
