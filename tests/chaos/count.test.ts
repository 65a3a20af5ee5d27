/** The reckoning finds what it is there to find. */
import { describe, expect, test } from "vitest";
import { DUPLICATE_MARK } from "../../src/delivery/duplicate-mark.ts";
import { type AgentLine, type Books, GAVE_UP, reckon } from "./count.ts";

const asked = [1, 2].map((message) => ({ message, platform: "hook", thread: "t1", rank: message }));
const prompt = (message: number, serial: string, isMarked = false): AgentLine => ({
  event: "prompt",
  message,
  serial,
  isMarked,
  paragraphs: 2,
  text: `msg-${message}`,
});
const show = (serial: string, platform = "hook", mark = "") => ({
  platform,
  thread: "t1",
  text: `${mark}tok-${serial}-1. tok-${serial}-2.`,
});
const books: Books = {
  asked,
  agent: [prompt(1, "1n1"), prompt(2, "1n2")],
  shown: [show("1n1"), show("1n2")],
  exact: new Set(["hook"]),
};
const onLine = (all: Books): Books => ({
  ...all,
  asked: all.asked.map((one) => ({ ...one, platform: "line" })),
  shown: all.shown.map((one) => ({ ...one, platform: "line" })),
});
const wrong = (more: Partial<Books>) => {
  const { lost, takenTwice, shownTwice, outOfOrder } = reckon({ ...books, ...more });
  return { lost: lost.length, takenTwice: takenTwice.length, shownTwice: shownTwice.length, outOfOrder: outOfOrder.length };
};
const clean = { lost: 0, takenTwice: 0, shownTwice: 0, outOfOrder: 0 };

describe("the reckoning", () => {
  test("is clean where all is well", () => expect(wrong({})).toEqual(clean));

  test("finds a message the agent never got", () => expect(wrong({ agent: [prompt(1, "1n1")] })).toEqual({ ...clean, lost: 1 }));
  test("finds an answer of which a part is missing", () =>
    expect(wrong({ shown: [show("1n1"), { platform: "hook", thread: "t1", text: "tok-1n2-1." }] })).toEqual({ ...clean, lost: 1 }));
  test("excuses one that was given up aloud, and no more than that", () => {
    const gaveUp = { platform: "hook", thread: "t1", text: `${GAVE_UP} if it is still wanted.` };
    expect(wrong({ shown: [show("1n1"), gaveUp] })).toEqual(clean);
    expect(wrong({ shown: [gaveUp] })).toEqual({ ...clean, lost: 1 });
  });

  test("finds a prompt that was delivered again without a mark", () => {
    expect(wrong({ agent: [...books.agent, prompt(2, "1n3")] })).toEqual({ ...clean, takenTwice: 1 });
    expect(wrong({ agent: [...books.agent, prompt(2, "1n3", true)] })).toEqual(clean);
  });

  test("finds what is shown twice where it need not be, and elsewhere without a mark", () => {
    expect(wrong({ shown: [...books.shown, show("1n2", "hook", DUPLICATE_MARK)] })).toEqual({ ...clean, shownTwice: 2 });
    expect(wrong(onLine({ ...books, shown: [...books.shown, show("1n2", "line")] }))).toEqual({ ...clean, shownTwice: 2 });
    expect(wrong(onLine({ ...books, shown: [...books.shown, show("1n2", "line", DUPLICATE_MARK)] }))).toEqual(clean);
  });

  test("finds what was taken or shown in the wrong order", () => {
    const { agent, shown } = books;
    expect(wrong({ agent: agent.toReversed(), shown: shown.toReversed() })).toEqual({ ...clean, outOfOrder: 1 });
    expect(wrong({ shown: shown.toReversed() })).toEqual({ ...clean, outOfOrder: 1 });
  });
});
