import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectorLimits } from "../../../src/contract/connector.ts";
import type { OrchestratorEvent } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { DELIVERED, notSent, type RecordingOptions, unanswered } from "../../support/recording-connector.ts";
import { screenOf } from "../../support/screen.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const wide: ConnectorLimits = { text: { max: 1000, unit: "utf16" }, countsAsEvent: ["send", "edit"] };
const delta = (text: string): OrchestratorEvent => ({ type: "text_delta", text });
const begin = async (options: RecordingOptions = {}): Promise<void> => {
  bench = await createHubBench({ can: { edit: true }, limits: wide, ...options });
  await bench.say("work");
};
/** The agent writes; then time passes. */
const write = async (text: string, ms: number): Promise<void> => {
  await bench.agent.report("work", delta(text));
  await bench.clock.tick(ms);
};
const end = async (): Promise<void> => {
  await bench.agent.end("work");
  await bench.clock.tick(5000);
};
const edits = () => bench.chat.calls.filter((call) => call.edits);

describe("an answer on a platform that changes messages in place", () => {
  test("that is quick is one message and no change", async () => {
    await begin();
    await write("quick", 1000);
    await end();
    expect(bench.chat.calls.map(({ text }) => text)).toEqual(["quick"]);
  });

  test("grows in one message, at most once in 1.2 s, and ends as what was said in the end", async () => {
    await begin();
    const at: number[] = [];
    bench.chat.script = () => (at.push(bench.clock.now()), DELIVERED);
    for (let word = 0; word < 100; word += 1) await write(`w${word} `, 100);
    await end();
    expect(screenOf(bench.chat)).toEqual([Array.from({ length: 100 }, (_, word) => `w${word}`).join(" ")]);
    expect(bench.chat.calls.length).toBeGreaterThan(6);
    const gaps = at.slice(1, -1).map((time, index) => time - (at[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1200);
  });

  test("is shown once it is complete where every change costs as much as a message", async () => {
    await begin({ limits: { ...wide, growsByEdits: false } });
    for (let word = 0; word < 50; word += 1) await write(`w${word} `, 1000);
    expect(bench.chat.calls).toEqual([]);
    await end();
    expect(edits()).toEqual([]);
    expect(screenOf(bench.chat)).toEqual([Array.from({ length: 50 }, (_, word) => `w${word}`).join(" ")]);
  });

  test("is paced by what the platform allows, and leaves half of it to the rest", async () => {
    const pace = { perChat: { count: 10, windowMs: 50_000 } };
    await begin({ limits: { ...wide, pace } });
    for (let word = 0; word < 100; word += 1) await write(`w${word} `, 1000);
    expect(edits().length).toBeGreaterThanOrEqual(8);
    expect(edits().length).toBeLessThanOrEqual(11);
  });

  test("is complete before the progress card says so", async () => {
    await begin();
    await bench.agent.report("work", { type: "tool", id: "t", title: "reading", state: "running" });
    await bench.clock.tick(1000);
    await write("all of ", 3000);
    await write("it", 0);
    await end();
    const texts = bench.chat.calls.map(({ text, card }) => (card?.type === "progress" ? `progress ${card.state}` : text));
    expect(texts).toEqual(["progress working", "all of", "all of it", "progress done"]);
  });

  test("goes on in the next message where it outgrows one, at a blank line", async () => {
    await begin({ limits: { ...wide, text: { max: 100, unit: "utf16" } } });
    const paragraphs = Array.from({ length: 6 }, (_, at) => `${at} ${"x".repeat(40)}`);
    for (const paragraph of paragraphs) await write(`${paragraph}\n\n`, 2000);
    await end();
    expect(screenOf(bench.chat).join("\n\n")).toBe(paragraphs.join("\n\n"));
    expect(screenOf(bench.chat).length).toBeLessThanOrEqual(4);
  });

  test("that has no place to be cut shows its beginning, and all of it in the end", async () => {
    await begin({ limits: { ...wide, text: { max: 100, unit: "utf16" } } });
    const long = "word ".repeat(60).trim();
    await write(long, 5000);
    expect(screenOf(bench.chat)).toHaveLength(1);
    expect(screenOf(bench.chat)[0]).toMatch(/…$/);
    await end();
    expect(screenOf(bench.chat).join("")).toBe(long);
  });

  test("is sent anew where the message it grew in is gone", async () => {
    await begin();
    bench.chat.script = ({ edits: changed }) => (changed ? notSent({ do: "drop" }) : DELIVERED);
    await write("all of ", 3000);
    await write("it ", 3000);
    await end();
    expect(bench.chat.shown).toEqual(["all of", "all of it"]);
  });

  test("of which the beginning may have been lost is told whole in a message of its own", async () => {
    await begin();
    bench.chat.script = ({ text }) => (text === "all of" ? unanswered(false) : DELIVERED);
    await write("all of ", 3000);
    await write("it ", 3000);
    await end();
    expect(bench.chat.shown).toEqual(["all of it"]);
  });

  test("never shows what is older than its end, though a change of it is slow", async () => {
    await begin();
    await write("one", 2000);
    let answer = (): void => {};
    bench.chat.script = ({ text }) => (text === "one two" ? new Promise((done) => (answer = () => done(DELIVERED))) : DELIVERED);
    await write(" two", 2000);
    await write(" three", 0);
    await end();
    expect(bench.chat.calls.map(({ text }) => text)).toEqual(["one", "one two"]);
    answer();
    await bench.clock.tick(1000);
    expect(bench.chat.calls.map(({ text }) => text)).toEqual(["one", "one two", "one two three"]);
  });

  test.each([
    ["draft is written", "before", "insert"],
    ["draft is written", "after", "insert"],
    ["final text is written", "before", "update"],
    ["final text is written", "after", "update"],
  ] as const)("leaves no half message when the process dies as the %s (%s)", async (_what, when, op) => {
    await begin();
    if (op === "insert") {
      bench.life().dieAt(when, (w) => w.op === "insert" && w.table === "outbox");
      await write("half", 3000);
    } else {
      await write("half", 3000);
      bench.life().dieAt(when, (w) => w.op === "insert" && w.table === "outbox" && w.fields.urgency === "reply");
      await write(" done", 0);
      void bench.agent.end("work");
      await bench.clock.tick(1000);
    }
    await bench.restart();
    await bench.clock.tick(3000);
    await bench.agent.report("work", delta("whole"));
    await end();
    const halves = screenOf(bench.chat).filter(
      (text) => text.startsWith("half") && text !== "half done" && !text.endsWith("*(cut off here)*"),
    );
    expect(halves).toEqual([]);
    expect(screenOf(bench.chat)).toContain("whole");
  });
});

const CUT = /\n\n\*\(cut off here\)\*$/;

test("wherever the process dies while an answer grows, each message is whole in the end or says that it is not", async () => {
  const death = fc.record({ when: fc.constantFrom("before", "after"), unit: fc.integer({ min: 1, max: 8 }) });
  const steps = fc.array(fc.constantFrom(0, 300, 1300, 2500), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(death, steps, async ({ when, unit }, pauses) => {
      await begin({ reconciles: true });
      let units = 0;
      bench.life().dieAt(when, (change) => (change.op === "audit" ? false : (units += 1) === unit));
      const words = pauses.map((_, at) => `word${at}. `);
      for (const [at, ms] of pauses.entries()) {
        void bench.agent.report("work", delta(words[at] ?? ""));
        await bench.clock.tick(ms);
      }
      void bench.agent.end("work");
      await bench.clock.tick(5000);
      await bench.restart();
      await bench.clock.tick(5000);
      const told = words.join("").trim();
      const isDone = (await bench.life().journal.store.count("turns", { state: "done" })) === 1;
      if (!isDone) {
        await bench.agent.report("work", delta(told));
        await end();
      }
      await bench.clock.tick(60_000);
      const answers = screenOf(bench.chat).filter((text) => text.startsWith("word"));
      expect(answers).toContain(told);
      for (const text of answers) if (text !== told) expect(text).toMatch(CUT);
      expect(await bench.life().journal.store.count("outbox", { state: { in: ["queued", "sending", "unknown"] } })).toBe(0);
      await bench.file.dispose();
    }),
    { numRuns: 40 },
  );
  await begin();
}, 60_000);
