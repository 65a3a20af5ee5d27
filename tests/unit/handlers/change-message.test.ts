import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

let bench: HubBench;
let events = 0;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const change = async (event: Partial<PersonEvent>) => {
  const place = { chatId: "home", threadId: "t1", sender: "ann", ts: "2026-01-01T00:00:00.000Z", eventId: `c${(events += 1)}` };
  const ack = await bench.chat.hear({ ...place, ...event } as PersonEvent);
  await bench.clock.settled();
  return ack;
};
const edit = (messageEventId: string, text: string, more: Partial<PersonEvent> = {}) =>
  change({ type: "edited", messageEventId, text, ...more });
const remove = (messageEventId: string, more: Partial<PersonEvent> = {}) => change({ type: "deleted", messageEventId, ...more });
const end = async (text: string) => {
  await bench.agent.end(text);
  await bench.clock.settled();
};
const texts = () => bench.agent.turns.map(({ text }) => text);

describe("what waits in a turn", () => {
  beforeEach(async () => {
    await bench.say("one");
    await bench.say("two");
  });

  test("reaches the agent as it was edited last, also after a restart", async () => {
    await edit("e2", "TWO");
    expect(await edit("e2", "TWO!")).toMatchObject({ type: "accepted" });
    await end("one");
    expect(texts().at(-1)).toBe("TWO!");
    await bench.say("three");
    await bench.restart();
    await edit("e3", "THREE");
    await end("TWO!");
    expect(texts().at(-1)).toBe("THREE");
  });

  test("does not reach it once it was deleted, also after a restart, and has its end", async () => {
    await bench.restart();
    await remove("e2");
    await end("one");
    expect(texts().some((text) => text.includes("two"))).toBe(false);
    expect(bench.chat.ends.map((each) => each.split(" ")[1])).toEqual(["stopped", "done"]);
  });

  test("is what its author says, and deleted by whomever the platform lets", async () => {
    await addPerson(bench.life().journal, "bob");
    await edit("e2", "rm -rf /", { sender: "bob" });
    await edit("e2", "rm -rf /", { sender: "eve" });
    await bench.say("three");
    await remove("e3", { sender: "bob" });
    await end("one");
    await end("two");
    expect(texts()).toEqual(["one", "two"]);
  });

  test("stays as it was where the edit is too long, which is said privately", async () => {
    expect(await edit("e2", "x".repeat(10_001))).toMatchObject({ type: "refused", privateText: expect.stringContaining("10001") });
    await end("one");
    expect(texts().at(-1)).toBe("two");
  });

  test("is found wherever the edit is said to have happened: the first words of a thread stand in its chat", async () => {
    await edit("e2", "TWO", { threadId: undefined });
    await end("one");
    expect(texts().at(-1)).toBe("TWO");
  });
});

test("a secret that comes with an edit reaches neither the disk nor the agent", async () => {
  await bench.file.dispose();
  bench = await createHubBench({ secrets: [{ name: "DB_PASSWORD", value: "correct-horse-battery" }] });
  await bench.say("one");
  await bench.say("two");
  await edit("e2", "use correct-horse-battery");
  await end("one");
  expect(texts().at(-1)).toBe("use SECRET_REF(DB_PASSWORD)");
  expect(bench.file.bytes()).not.toContain("correct-horse-battery");
});

describe("what the agent has read", () => {
  test("is changed no more, which its author is told while it works on it, and not afterwards", async () => {
    await bench.say("one");
    expect(await edit("e1", "ONE")).toMatchObject({ type: "privateText", text: expect.stringMatching(/^Mos has read this already/) });
    expect(await remove("e1")).toMatchObject({ type: "privateText", text: expect.stringContaining("`!stop`") });
    await end("one");
    expect(await edit("e1", "ONE")).toMatchObject({ type: "accepted" });
    expect(await remove("e1")).toMatchObject({ type: "accepted" });
    expect([texts(), bench.chat.shown]).toEqual([["one"], []]);
  });

  test("and is edited without another word of it, as when a link gets its picture: nothing is said", async () => {
    await bench.say("one");
    expect(await edit("e1", "one")).toMatchObject({ type: "accepted" });
  });

  test("what was never heard is not heard by an edit", async () => {
    await edit("nothing", "surprise");
    await remove("nothing");
    expect(texts()).toEqual([]);
  });
});

describe("what waits for its thread", () => {
  let release = (): void => {};
  beforeEach(async () => {
    await bench.file.dispose();
    bench = await createHubBench({
      can: { openThread: (_place, from) => new Promise((resolve) => (release = () => resolve({ threadId: `thread-of-${from}` }))) },
    });
    await bench.say("one", undefined, { threadId: undefined });
  });

  test("begins as it was edited", async () => {
    await edit("e1", "ONE", { threadId: undefined });
    release();
    await bench.clock.settled();
    expect(texts()).toEqual(["ONE"]);
  });

  test("never begins once it was deleted", async () => {
    await remove("e1", { threadId: undefined });
    release();
    await bench.clock.settled();
    expect([texts(), await bench.life().journal.store.count("bindings")]).toEqual([[], 0]);
  });
});
