import { afterEach, describe, expect, test } from "vitest";
import { HANDLERS } from "../../../handlers/index.ts";
import { HubError } from "../../../src/contract/errors.ts";
import type { Handler } from "../../../src/contract/handler.ts";
import { insert, update, type Write } from "../../../src/contract/store.ts";
import { type BenchOptions, createHubBench, type HubBench, message } from "../../support/hub-bench.ts";
import { inboxFields } from "../../support/stores.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());

const begin = async (options: BenchOptions = {}): Promise<HubBench> => (bench = await createHubBench(options));

/** The command handler, with something of the test's own in front of it. */
const before = (work: (text: string) => Promise<void> | void): readonly Handler[] =>
  HANDLERS.map((handler) =>
    handler.name === "command" || handler.name === "operator-message"
      ? {
          ...handler,
          person: {
            ...handler.person,
            async message(from, view) {
              await work(from.event.text);
              return (await handler.person?.message?.(from, view)) ?? { writes: [] };
            },
          },
        }
      : handler,
  );

const rowOf = async (text: string) =>
  (await bench.life().journal.store.find("inbox")).find(({ event }) => event?.type === "message" && event.text === text);

const endsInbox = (writes: readonly Write[]): boolean =>
  writes.some((write) => write.op === "update" && write.table === "inbox" && write.set.status === "done");

describe("a unit of work", () => {
  test("that meets a conflict runs again from fresh rows, and only then is written, once", async () => {
    const { say, life, chat, agent } = await begin();
    await say("one");
    const { journal } = life();
    let meddled = 0;
    life().onCommit = async ({ writes }) => {
      if (meddled || !writes.some((write) => write.op === "update" && write.table === "bindings")) return;
      meddled = 1;
      // Somebody else commits to the same row between the handler's look and its commit.
      const [binding] = await journal.store.find("bindings");
      if (binding) await journal.commit({ actorId: "other", scope: "hub", writes: [update("bindings", binding, { generation: 7 })] });
    };
    await say("!new");
    expect(meddled).toBe(1);
    const [binding] = await journal.store.find("bindings");
    expect(binding?.generation).toBe(8);
    expect(chat.shown.filter((text) => text.startsWith("A new conversation"))).toHaveLength(1);
    await say("two");
    expect(agent.turns.map(({ session }) => session)).toEqual([expect.anything(), binding?.sessionKey]);
    expect(await journal.store.count("sessions")).toBe(2);
  });

  test("has its effects after the commit, and none when there is no commit", async () => {
    const { say, life, agent } = await begin();
    await say("one");
    const seen: number[] = [];
    life().onCommit = async ({ writes }) => void (endsInbox(writes) && seen.push(agent.cancelled.length));
    await say("!stop");
    expect([seen, agent.cancelled.length]).toEqual([[0], 1]);
    life().onCommit = async ({ writes }) => void (endsInbox(writes) && (life().full = true));
    await expect(say("!stop")).rejects.toMatchObject({ code: "store_full" });
    expect(agent.cancelled).toHaveLength(1);
  });

  test("whose effect fails stands all the same", async () => {
    const { say, agent, chat, logged } = await begin();
    await say("one");
    agent.cancel = () => Promise.reject(new Error("gone"));
    expect(await say("!stop")).toMatchObject({ type: "accepted" });
    expect(chat.shown).toContain("Stopping.");
    expect(logged.some((line) => line.startsWith("an effect failed"))).toBe(true);
  });
});

describe("a handler that throws", () => {
  test.each(["!status", "hello"])("%s: the person reads a sentence, the row stays, the next start tries again", async (text) => {
    let broken = true;
    const { say, chat, restart, agent } = await begin({
      handlers: before(() => {
        if (broken) throw new TypeError("cannot read properties of undefined (reading 'secret')");
      }),
    });
    expect(await say(text)).toMatchObject({ type: "accepted" });
    expect(chat.shown).toEqual([expect.stringMatching(/^Something went wrong inside the hub\. See the hub's log for the trace trc_/)]);
    expect(chat.shown.join()).not.toMatch(/undefined|TypeError|at .*\.ts/);
    expect(chat.ends).toHaveLength(1);
    expect((await rowOf(text))?.status).toBe("routed");
    broken = false;
    await restart();
    expect((await rowOf(text))?.status).toBe("done");
    expect(chat.shown.length + agent.turns.length).toBe(2);
  });

  test("keeps no start from happening, and no later message waiting", async () => {
    const { say, restart, agent, clock } = await begin({
      handlers: before((text) => {
        if (text === "poison" || text === "!help") throw new Error("bug");
      }),
    });
    await say("poison");
    await say("!help");
    await say("one");
    expect(agent.turns.map(({ text }) => text)).toEqual(["one"]);
    await agent.end("one");
    await clock.settled();
    await restart();
    await say("two");
    expect(agent.turns.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test.each(["poison", "!help"])(
    "%s: is set aside when three lives have tried it, the sender hears of it once, and nobody waits",
    async (text) => {
      let tries = 0;
      const { say, chat, restart, agent } = await begin({
        handlers: before((heard) => {
          if (heard !== text) return;
          tries += 1;
          throw new Error("bug");
        }),
      });
      await say(text);
      for (let life = 2; life <= 5; life += 1) await restart();
      expect(tries).toBe(3);
      expect((await rowOf(text))?.status).toBe("dead");
      expect(chat.shown.map((shown) => shown.replace(/trc_[\w-]+/g, "TRACE"))).toEqual([
        expect.stringContaining("Something went wrong inside the hub."),
        expect.stringContaining("is set aside (trace TRACE)"),
      ]);
      await say("one");
      expect(agent.turns.map((turn) => turn.text)).toEqual(["one"]);
    },
  );

  test("that ends the process each time is counted before it is tried", async () => {
    let tries = 0;
    const { say, life, restart } = await begin({
      handlers: before((heard) => {
        if (heard !== "deadly") return;
        tries += 1;
        life().die();
      }),
    });
    await say("deadly").catch(() => {});
    for (let count = 2; count <= 5; count += 1) await restart();
    expect([tries, (await rowOf("deadly"))?.status]).toEqual([3, "dead"]);
  });

  /** The handlers, of which the one for these events of the agent throws. */
  const throwing = (...types: ("text" | "question" | "approval_request" | "turn_end" | "progress" | "usage")[]): readonly Handler[] => {
    const fails = Object.fromEntries(types.map((type) => [type, () => Promise.reject(new TypeError("secret detail"))]));
    return HANDLERS.map((handler) =>
      handler.orchestrator ? { ...handler, orchestrator: { ...handler.orchestrator, ...fails } } : handler,
    );
  };
  const handle = { requestId: "r1", epoch: "e1" };

  test("for an event of the agent: the turn goes on to its end, and the person hears once that words are missing", async () => {
    const { say, agent, chat, clock } = await begin({ handlers: throwing("text", "usage") });
    await say("one");
    await agent.report("one", { type: "text", text: "words" }).catch(() => {});
    await agent.report("one", { type: "text_delta", text: "more words" });
    await agent.end("one");
    await clock.settled();
    expect(chat.shown).toEqual([
      expect.stringMatching(/^Something Mos sent could not be shown: words of the answer \(trace trc_[^)]+\)\./),
    ]);
    expect(chat.shown.join()).not.toContain("secret detail");
    expect(chat.ends).toHaveLength(1);
    await say("two");
    expect(agent.turns).toHaveLength(2);
  });

  test("for an ask: the agent is refused, the person told, and what came before is shown", async () => {
    const { say, agent, chat, clock } = await begin({ handlers: throwing("approval_request", "question") });
    await say("one");
    await agent.report("one", { type: "text_delta", text: "I will ask." });
    await agent.report("one", { type: "question", ask: { text: "Which?", fields: [] }, handle }).catch(() => {});
    await agent.report("one", { type: "approval_request", ask: { title: "t", action: {} }, handle }).catch(() => {});
    await clock.settled();
    expect(agent.answers).toEqual([
      { type: "question", handle },
      { type: "approval", handle, approved: false, reason: "Something went wrong inside the hub." },
    ]);
    expect(chat.shown).toEqual([
      "I will ask.",
      expect.stringContaining("a question, which was left unanswered"),
      expect.stringContaining("a request for approval, which was refused"),
    ]);
  });

  test("for the end of a turn: the turn fails, and the next one begins", async () => {
    const { say, agent, chat, clock } = await begin({ handlers: throwing("turn_end") });
    await say("one");
    await say("two");
    await agent.end("one");
    await clock.settled();
    expect(chat.shown.slice(1)).toEqual([expect.stringContaining("the end of the answer")]);
    expect(chat.ends).toHaveLength(1);
    expect((await bench.life().journal.store.find("turns", { where: { state: "failed" } })).map(({ text }) => text)).toEqual(["one"]);
    await clock.tick(2000);
    expect(agent.turns.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test.each([
    ["half a surrogate pair", { path: "\ud800" }],
    ["an infinite number", { amount: Infinity }],
    ["no number", { amount: NaN }],
  ])("an action with %s is refused to the agent, with the reason, and in the thread", async (_, action) => {
    const { say, agent, chat, clock, life } = await begin();
    await say("one");
    await agent.report("one", { type: "approval_request", ask: { title: "t", action }, handle }).catch(() => {});
    await clock.settled();
    expect(agent.answers).toEqual([{ type: "approval", handle, approved: false, reason: expect.stringContaining("RFC 8785") }]);
    expect(chat.shown).toEqual([expect.stringContaining("which was refused")]);
    expect((await life().journal.store.find("audit", { where: { what: "approval.refused" } })).map(({ facts }) => facts)).toEqual([
      { reason: expect.stringContaining("RFC 8785") },
    ]);
  });
});

describe("a full disk", () => {
  const fullAtHandling = (): void => {
    bench.life().onCommit = async ({ writes }) => void (endsInbox(writes) && (bench.life().full = true));
  };
  const emptied = (): void => {
    bench.life().onCommit = async () => {};
    bench.life().full = false;
  };

  test("control that could not be done is not acknowledged, and is done when the platform delivers it again", async () => {
    const { chat, clock } = await begin();
    fullAtHandling();
    await expect(chat.hear(message("!help"))).rejects.toMatchObject({ code: "store_full" });
    emptied();
    expect(await chat.hear(message("!help"))).toMatchObject({ type: "accepted" });
    await clock.settled();
    expect(chat.shown).toHaveLength(1);
    expect(await chat.hear(message("!help"))).toMatchObject({ type: "accepted" });
    await clock.settled();
    expect(chat.shown).toHaveLength(1);
  });

  test("of which a message is delivered twice meanwhile: it is one turn", async () => {
    const { chat, agent, clock } = await begin();
    fullAtHandling();
    await chat.hear(message("one"));
    await chat.hear(message("one"));
    emptied();
    await clock.tick(60_000);
    await agent.end("one");
    await clock.settled();
    expect([agent.turns.length, chat.ends.length]).toEqual([1, 1]);
  });

  test("that gives way at once is no fault anybody has to hear of", async () => {
    const { say, chat, agent, life, clock } = await begin();
    let refusals = 1;
    life().onCommit = async ({ writes }) => {
      if (endsInbox(writes) && refusals-- > 0) throw new HubError("store_full", { file: "hub.db" });
    };
    await say("one");
    await clock.tick(1000);
    expect([agent.turns.length, chat.shown]).toEqual([1, []]);
  });

  test("a message that was acknowledged waits in its lane, in order, and needs no restart", async () => {
    const { say, agent, clock } = await begin();
    fullAtHandling();
    await say("one");
    expect(agent.turns).toEqual([]);
    emptied();
    await say("two");
    await clock.tick(1000);
    await agent.end("one");
    await clock.settled();
    expect(agent.turns.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("what the agent said meanwhile is not lost, and its turn ends", async () => {
    const { say, agent, chat, life, clock } = await begin();
    await say("one");
    life().full = true;
    const ending = agent.report("one", { type: "text_delta", text: "the answer" }).then(() => agent.end("one"));
    await clock.tick(3000);
    life().full = false;
    await clock.tick(30_000);
    await ending;
    await clock.settled();
    expect(chat.shown).toEqual(["the answer"]);
    expect(chat.ends).toEqual([expect.stringMatching(/ done$/)]);
  });
});

test("rows of a former life are taken up in the order they came", async () => {
  const { say, life, restart, agent, clock } = await begin();
  life().dieAt("before", (write) => write.op === "update" && write.table === "inbox" && write.set.status === "done");
  void say("one");
  await clock.settled();
  // Recorded, and not routed yet: as if the process had died a moment later.
  const next = await bench.file.open(clock);
  const first = await next.journal.store.find("inbox");
  const place = { account: "chat", address: first[0]?.address ?? { account: "chat", chat: "home" }, sender: "ann", personId: "per_ann" };
  const second = inboxFields({ ...place, trace: "trc_two", event: message("two") });
  await next.journal.commit({ actorId: "test", scope: "hub", writes: [insert("inbox", "two", second)] });
  await restart();
  await agent.end("one");
  await clock.settled();
  expect(agent.turns.map(({ text }) => text)).toEqual(["one", "two"]);
});
