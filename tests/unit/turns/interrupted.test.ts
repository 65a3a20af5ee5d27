import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TurnFields } from "../../../src/contract/tables.ts";
import type { Write } from "../../../src/contract/store.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const texts = () => bench.agent.turns.map(({ text }) => text);
const setsTurn =
  (state: TurnFields["state"]) =>
  (write: Write): boolean =>
    write.op === "update" && write.table === "turns" && write.set.state === state;

describe("the agent dies in the middle of a turn", () => {
  test("once: delivered again with its mark, told in the thread, and then as any other", async () => {
    await bench.say("one");
    await bench.agent.end("one", "lost");
    await bench.clock.settled();
    expect(texts()).toEqual(["one", "[delivered again after you stopped unexpectedly; you may have seen this message already]\none"]);
    expect(bench.agent.turns.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(bench.chat.shown).toEqual([expect.stringContaining("has been delivered again, marked as a possible duplicate")]);
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(bench.chat.ends).toEqual([expect.stringMatching(/ done$/)]);
  });

  test("twice: told so, not given a third time, and the next message is", async () => {
    await bench.say("one");
    await bench.say("two");
    await bench.agent.end("one", "lost");
    await bench.clock.settled();
    await bench.agent.end("one", "lost");
    await bench.clock.settled();
    await bench.clock.tick(120_000);
    expect(texts().filter((text) => text.endsWith("one"))).toHaveLength(2);
    expect(texts().at(-1)).toBe("two");
    expect(bench.chat.shown.at(-1)).toMatch(/^Mos stopped unexpectedly on this message more than once, so it is not delivered again/);
    expect(bench.chat.ends).toEqual([expect.stringMatching(/ failed$/)]);
  });

  test("nobody can say whether it got the turn: the same", async () => {
    bench.agent.takes = async ({ attempt }) => (attempt === 1 ? { outcome: "unknown", reason: "silence" } : { outcome: "accepted" });
    await bench.say("one");
    expect(bench.agent.turns.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(texts()[1]).toMatch(/^\[delivered again/);
  });
});

describe("the hub dies", () => {
  const diesAt = async (when: "before" | "after", state: TurnFields["state"]): Promise<void> => {
    bench.life().dieAt(when, setsTurn(state));
    void bench.say("one");
    await bench.clock.settled();
    await bench.restart();
  };

  test("before the intent: delivered once, without a mark", async () => {
    await diesAt("before", "prompting");
    expect(texts()).toEqual(["one"]);
    expect(bench.chat.shown).toEqual([]);
  });

  test.each([
    ["after the intent, before the agent has it", "after", "prompting", 1],
    ["after the agent has it, before that is written", "before", "running", 2],
    ["after that is written", "after", "running", 2],
  ] as const)("%s: delivered again with its mark, told once", async (_name, when, state, deliveries) => {
    await diesAt(when, state);
    expect(texts()).toHaveLength(deliveries);
    expect(texts().at(-1)).toBe("[delivered again after a restart of the hub; you may have seen this message already]\none");
    expect(bench.chat.shown).toEqual([expect.stringMatching(/^The hub was restarted while Mos was working on this\./)]);
  });

  test("twice in the same turn: told so in words that blame nobody else, not a third time", async () => {
    await bench.say("one");
    await bench.restart();
    await bench.restart();
    expect(bench.agent.turns).toHaveLength(2);
    expect(bench.chat.shown.at(-1)).toMatch(/^The hub was restarted again while Mos was working on this/);
    expect(bench.chat.ends).toEqual([expect.stringMatching(/ failed$/)]);
    await bench.restart();
    expect(bench.chat.ends).toHaveLength(1);
  });

  test("before the end of the turn is written: one end is told in all", async () => {
    await bench.say("one");
    bench.life().dieAt("before", setsTurn("done"));
    void bench.agent.end("one");
    await bench.clock.settled();
    await bench.restart();
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(bench.chat.ends).toEqual([expect.stringMatching(/ done$/)]);
  });

  test("after the end of the turn is written: nothing is delivered again", async () => {
    await bench.say("one");
    bench.life().dieAt("after", setsTurn("done"));
    void bench.agent.end("one");
    await bench.clock.settled();
    await bench.restart();
    expect(texts()).toEqual(["one"]);
    expect(bench.chat.ends).toHaveLength(1);
  });

  test("while a turn waits behind another: it waits again", async () => {
    await bench.say("one");
    await bench.say("two");
    await bench.restart();
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(texts().at(-1)).toBe("two");
  });
});

test("the hub stops in the middle of a turn: nothing is said of an end, and the next life delivers again", async () => {
  await bench.say("one");
  await bench.life().hub.stop();
  await bench.clock.settled();
  expect([bench.chat.ends, bench.chat.shown]).toEqual([[], []]);
  await bench.restart();
  expect(bench.agent.turns.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(bench.chat.shown).toEqual([expect.stringMatching(/^The hub was restarted while Mos/)]);
});

test("a hub that stops takes nothing more", async () => {
  const { hub } = bench.life();
  await hub.stop();
  const event = {
    type: "message",
    text: "x",
    eventId: "x",
    sender: "ann",
    chatId: "home",
    ts: "",
    direct: true,
    mentionsBot: true,
  } as const;
  await expect(hub.receive("chat", event)).rejects.toMatchObject({ code: "hub_stopping" });
});
