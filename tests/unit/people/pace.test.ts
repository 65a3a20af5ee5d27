import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import { update } from "../../../src/contract/store.ts";
import { isCounted, waitFor } from "../../../src/people/pace.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());
const begin = async (messagesPerMinute: number) =>
  void (bench = await createHubBench({ settings: { messagesPerMinute, queuePerSession: 1000 } }));
const taken = () => bench.agent.turns.length;

describe("one person", () => {
  test("is refused aloud beyond so many messages a minute, once said in the chat, and told when to go on", async () => {
    await begin(3);
    for (const text of ["one", "two", "three"]) expect(await bench.say(text, text)).toMatchObject({ type: "accepted" });
    await bench.clock.tick(20_000);
    const refused = await bench.say("four", "four");
    expect(refused).toEqual({
      type: "refused",
      privateText:
        "That is more than 3 messages in a minute; this one was not taken. Send it again in 40 s. Commands and decisions are always taken.",
    });
    await bench.clock.tick(1000);
    await bench.say("five", "four");
    expect(bench.chat.shown.filter((text) => text.startsWith("That is more than"))).toHaveLength(1);
    expect(bench.chat.calls.at(-1)).toMatchObject({ chatId: "home", threadId: "four" });
    expect(await bench.life().journal.store.count("inbox")).toBe(3);
    await bench.clock.tick(39_000);
    expect(await bench.say("four", "four")).toMatchObject({ type: "accepted" });
    expect(taken()).toBe(4);
  });

  test("is always heard with a command, a decision or a press", async () => {
    await begin(1);
    await bench.say("one");
    expect(await bench.say("two")).toMatchObject({ type: "refused" });
    for (const text of ["!stop", "!status", "approve K7Q-M2X", "deny K7Q-M2X no"])
      expect(await bench.say(text), text).toMatchObject({ type: "accepted" });
    const press = { ...message("", { eventId: "x" }), type: "action", subject: "approval:1", choice: "approve" } as PersonEvent;
    expect(await bench.chat.hear(press)).toMatchObject({ type: "privateText" });
    expect(bench.agent.cancelled).toHaveLength(1);
  });

  test("is counted over all their accounts and over a restart, and keeps nobody else from talking", async () => {
    await begin(2);
    const { journal } = bench.life();
    const ann = await journal.store.get("people", "per_ann");
    if (!ann) throw new Error("no ann");
    const accounts = [...ann.accounts, { account: "chat", sender: "ann-phone" }];
    await journal.commit({ actorId: "hub", scope: "hub", writes: [update("people", ann, { accounts })] });
    await bench.say("one");
    await bench.restart();
    await bench.say("two", "t1", { sender: "ann-phone" } as Partial<PersonEvent>);
    expect(await bench.say("three")).toMatchObject({ type: "refused" });
    expect(await bench.say("four", "t1", { sender: "ann-phone" } as Partial<PersonEvent>)).toMatchObject({ type: "refused" });
  });

  test("loses nothing of what they said while the hub was away", async () => {
    await begin(2);
    await bench.clock.tick(3_600_000);
    const said = (n: number): Partial<PersonEvent> => ({ ts: new Date(bench.clock.now() - 600_000 + n).toISOString() });
    for (let n = 0; n < 10; n += 1) expect(await bench.say(`late ${n}`, `t${n}`, said(n))).toMatchObject({ type: "accepted" });
    for (const text of ["one", "two"]) expect(await bench.say(text, text)).toMatchObject({ type: "accepted" });
    expect(await bench.say("three")).toMatchObject({ type: "refused" });
  });
});

describe("the rule", () => {
  test("whatever comes, no minute holds more than so many, and nobody waits longer than needed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (gaps, max) => {
        const took: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const recent = took.filter((at) => at > now - 60_000);
          const waitMs = waitFor(recent, max, now);
          expect(waitMs === 0).toBe(recent.length < max);
          if (waitMs === 0) took.push(now);
          else expect(took.filter((at) => at > now + waitMs - 60_000).length).toBeLessThan(max);
        }
      }),
    );
  });

  test("counts talk and refused rows, and neither control nor what was said long before it came", () => {
    const at = Date.parse("2026-01-01T00:00:30.000Z");
    expect(isCounted(message("hello"), at)).toBe(true);
    expect(isCounted(null, at)).toBe(true);
    expect(isCounted(message("hello", { ts: "not a time" } as Partial<PersonEvent>), at)).toBe(true);
    expect(isCounted(message("!stop"), at)).toBe(false);
    expect(isCounted(message("hello"), at + 60_000)).toBe(false);
  });
});

test("a refusal is whispered to who is meant, where the platform can", async () => {
  const whispered: string[] = [];
  bench = await createHubBench({
    settings: { messagesPerMinute: 1 },
    can: { whisper: async ({ threadId }, sender, text) => void whispered.push(`${threadId} ${sender} ${text.slice(0, 12)}`) },
  });
  await bench.say("one");
  await bench.say("two");
  expect(whispered).toEqual(["t1 ann That is more"]);
  expect(bench.chat.shown).toEqual([]);
});
