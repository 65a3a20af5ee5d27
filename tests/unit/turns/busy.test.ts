import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { notSent } from "../../support/recording-connector.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const texts = () => bench.agent.turns.map(({ text }) => text);
const end = async (text: string, outcome: "done" | "stopped" | "lost" = "done"): Promise<void> => {
  await bench.agent.end(text, outcome);
  await bench.clock.settled();
};
const work = async (mode: string): Promise<void> => {
  await bench.say("one");
  await bench.say(`!mode ${mode}`);
};
const ends = () => bench.chat.ends.map((each) => each.split(" ")[1]);

describe("collect", () => {
  test("makes one prompt of what comes during a turn; each message has its own end", async () => {
    await work("collect");
    for (const text of ["two", "three", "four"]) await bench.say(text);
    await end("one");
    expect(texts()).toEqual(["one", "two\n\nthree\n\nfour"]);
    await end("four");
    // With the end of the command itself.
    expect(ends()).toEqual(["done", "done", "done", "done", "done"]);
    expect(new Set(bench.chat.ends).size).toBe(5);
  });

  test("survives a restart", async () => {
    await work("collect");
    for (const text of ["two", "three"]) await bench.say(text);
    await bench.restart();
    await end("one");
    expect(texts().at(-1)).toBe("two\n\nthree");
  });

  test("is edited and deleted message by message, and no more than fit are taken", async () => {
    await work("collect");
    for (const text of ["two", "three", "four"]) await bench.say(text);
    await bench.chat.hear({ ...place, type: "edited", eventId: "x1", messageEventId: "e4", text: "THREE" });
    await bench.chat.hear({ ...place, type: "deleted", eventId: "x2", messageEventId: "e3" });
    for (const text of ["five", "six", "seven"]) await bench.say(text);
    expect(bench.chat.shown.at(-1)).toMatch(/^5 messages already wait/);
    await end("one");
    expect(texts().at(-1)).toBe("THREE\n\nfour\n\nfive\n\nsix");
  });
});

const place = { chatId: "home", threadId: "t1", sender: "ann", ts: "2026-01-01T00:00:00.000Z" } as const;

describe("interrupt", () => {
  test("stops what runs, once, and runs the new ones as one", async () => {
    await work("interrupt");
    await bench.say("two");
    await bench.say("three");
    expect(bench.agent.cancelled).toHaveLength(1);
    await end("one", "stopped");
    expect(texts()).toEqual(["one", "two\n\nthree"]);
  });

  test("what was stopped does not come back after a crash", async () => {
    await work("interrupt");
    bench.life().dieAt("after", (write) => write.op === "update" && write.table === "turns" && write.set.stopping === true);
    void bench.say("two");
    await bench.clock.tick(100);
    await bench.restart();
    expect(texts()).toEqual(["one", "two"]);
    expect(ends()).toContain("stopped");
  });

  test("a stop that comes too late stops nothing else", async () => {
    await work("interrupt");
    bench.life().onCommit = async ({ writes }) => {
      if (!writes.some((write) => write.op === "insert" && write.table === "turns")) return;
      bench.life().onCommit = async () => {};
      await bench.agent.end("one");
      await bench.clock.settled();
    };
    await bench.say("two");
    await bench.clock.tick(100);
    expect(texts()).toEqual(["one", "two"]);
    expect(bench.agent.cancelled).toEqual([]);
  });
});

test("after `!stop` and a crash nothing that was stopped begins again", async () => {
  await bench.say("one");
  await bench.say("!stop");
  await bench.restart();
  expect(texts()).toEqual(["one"]);
  expect(ends()).toContain("stopped");
});

describe("steer", () => {
  test("passes into the running turn where the driver can; it ends with it", async () => {
    const steered: string[] = [];
    bench.agent.steer = async ({ text }) => (steered.push(text), { outcome: "accepted" });
    await work("steer");
    await bench.say("two");
    expect(steered).toEqual(["two"]);
    expect(bench.chat.shown.at(-1)).toBe("Passed on to Mos while it works.");
    expect(ends()).toEqual(["done"]);
    await end("one");
    expect([texts(), ends()]).toEqual([["one"], ["done", "done", "done"]]);
  });

  test("waits where the driver cannot, and says so once", async () => {
    await work("steer");
    await bench.say("two");
    expect(bench.chat.shown.filter((text) => text.startsWith("Queued"))).toHaveLength(1);
    await end("one");
    expect(texts()).toEqual(["one", "two"]);
  });

  test.each(["rejected", "unknown"] as const)(
    "that was %s goes as a turn of its own, marked where it may have arrived",
    async (outcome) => {
      bench.agent.steer = async () => ({ outcome, reason: "no" });
      await work("steer");
      await bench.say("two");
      await end("one");
      expect(texts()[1]).toBe(
        outcome === "rejected" ? "two" : "[delivered again because you did not confirm it; you may have seen this message already]\ntwo",
      );
    },
  );

  test("is given again with the turn it went into, when that is lost", async () => {
    bench.agent.steer = async () => ({ outcome: "accepted" });
    await work("steer");
    await bench.say("two");
    await end("one", "lost");
    expect(texts().at(-1)).toMatch(/one\n\ntwo$/);
  });

  test("a crash between intent and answer: it is delivered again with a mark", async () => {
    bench.agent.steer = () => new Promise(() => {});
    await work("steer");
    await bench.say("two");
    await bench.restart();
    await end("one");
    expect(texts().at(-1)).toMatch(/^\[delivered again after a restart of the hub.*\ntwo$/);
  });
});

describe("what waits", () => {
  test("is listed and removed one by one", async () => {
    await bench.say("one");
    for (const text of ["two", "three"]) await bench.say(text);
    await bench.say("!queue");
    expect(bench.chat.shown.at(-1)).toBe("1. two\n2. three\n\n`!drop N` removes one.");
    await bench.say("!drop 1");
    expect(bench.chat.shown.at(-1)).toBe("Dropped: two");
    await bench.say("!drop 7");
    expect(bench.chat.shown.at(-1)).toMatch(/^Say which/);
    await end("one");
    expect(texts()).toEqual(["one", "three"]);
  });

  test("`!mode` alone says which holds, and an unknown one changes nothing", async () => {
    await work("collect");
    await bench.say("!mode nonsense");
    expect(bench.chat.shown.at(-1)).toMatch(/\(`collect`\)/);
  });
});

test.each(["queue", "collect", "interrupt", "steer"])("control is never blocked, by a turn, a queue or a ban (%s)", async (mode) => {
  await work(mode);
  const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
  await bench.agent.report("one", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } });
  bench.chat.script = () => notSent({ do: "retry_after", ms: 3_600_000 });
  for (const text of ["two", "three"]) await bench.say(text);
  const [pending] = await bench.life().journal.store.find("approvals");
  await bench.say(`approve ${pending?.code}`);
  expect(bench.agent.answers).toMatchObject([{ approved: true }]);
  await bench.say("!stop all");
  expect(bench.agent.cancelled.length).toBeGreaterThanOrEqual(1);
  expect(await bench.life().journal.store.count("turns", { state: "queued" })).toBe(0);
});
