import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HubError } from "../../../src/contract/errors.ts";
import { insert, update } from "../../../src/contract/store.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const texts = () => bench.agent.turns.map(({ text }) => text);
const turns = () => bench.life().journal.store.find("turns");

describe("lanes", () => {
  test("one turn at a time in a session, in the order they were said", async () => {
    for (const text of ["one", "two", "three"]) await bench.say(text);
    expect(texts()).toEqual(["one"]);
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(texts()).toEqual(["one", "two"]);
    await bench.agent.end("two");
    await bench.clock.settled();
    expect(texts()).toEqual(["one", "two", "three"]);
  });

  test("two sessions run side by side", async () => {
    await bench.say("one", "t1");
    await bench.say("two", "t2");
    expect(texts()).toEqual(["one", "two"]);
  });

  test("stop does not wait behind the turn, and what waited goes on", async () => {
    await bench.say("one");
    await bench.say("two");
    await bench.say("!stop");
    expect(bench.agent.cancelled).toEqual([bench.agent.turns[0]?.session]);
    expect(bench.chat.shown.at(-1)).toMatch(/^Stopping\. 1 waiting/);
    await bench.agent.end("one", "stopped");
    await bench.clock.settled();
    expect(texts()).toEqual(["one", "two"]);
  });

  test("a decision does not wait behind the turn", async () => {
    await bench.say("one");
    const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
    await bench.agent.report("one", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } });
    const [pending] = await bench.life().journal.store.find("approvals");
    await bench.say(`approve ${pending?.code}`);
    expect(bench.agent.answers).toMatchObject([{ approved: true }]);
  });

  test("a turn that comes while its lane is ending is not forgotten", async () => {
    await bench.say("one");
    const { journal } = bench.life();
    const [first] = await turns();
    if (!first) throw new Error("no turn");
    const find = journal.store.find;
    let late = 0;
    // The lane has just seen that nothing waits; before it is over, something does.
    Object.assign(journal.store, {
      find: async (table: "turns", query: { where?: { sessionKey?: string } }) => {
        const rows = await find(table, query as never);
        if (table === "turns" && query.where?.sessionKey && rows.length === 0 && late++ === 0) {
          const { id: _id, ...fields } = first;
          const { sessionKey, orchestrator, trace, address, personId, inboxId, attachments } = fields;
          const turn = {
            sessionKey,
            orchestrator,
            trace,
            address,
            personId,
            inboxId,
            attachments,
            text: "late",
            state: "queued",
            attempt: 0,
            times: {},
          } as const;
          await journal.commit({ actorId: "test", scope: "hub", writes: [insert("turns", "trn_late", turn)] });
          await Promise.resolve();
        }
        return rows;
      },
    });
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(late).toBeGreaterThan(0);
    expect(texts()).toEqual(["one", "late"]);
  });

  test("more sessions than any page holds, all paused but one: that one runs", async () => {
    await bench.say("first", "t0");
    const [first] = await turns();
    const [session] = await bench.life().journal.store.find("sessions");
    if (!first || !session) throw new Error("no turn");
    await bench.agent.end("first");
    await bench.clock.settled();
    const { orchestrator, trace, address, personId, attachments } = first;
    const waiting = Array.from({ length: 1100 }, (_, at) => {
      const fields = {
        sessionKey: session.id,
        orchestrator,
        trace,
        address,
        personId,
        inboxId: null,
        attachments,
        text: `w${at}`,
        attempt: 0,
        times: {},
      };
      return insert("turns", `trn_${at}`, { ...fields, state: "queued" });
    });
    await bench.life().journal.commit({ actorId: "test", scope: "hub", writes: waiting });
    await bench.clock.settled();
    await bench.say("free", "t2");
    expect(texts()).toContain("free");
  });
});

describe("an agent that cannot take it", () => {
  test("the turn waits, the thread is told once, and it is delivered when the agent is back", async () => {
    let down = true;
    bench.agent.takes = async () =>
      down ? { outcome: "unavailable", reason: "Mos is busy.", code: "agent_busy" } : { outcome: "accepted" };
    await bench.say("one");
    await bench.clock.tick(20_000);
    expect(bench.chat.shown).toEqual(["Mos is busy. Your message waits and is delivered as soon as that works."]);
    expect(bench.agent.turns.length).toBeGreaterThan(3);
    down = false;
    await bench.clock.tick(30_000);
    await bench.agent.report("one", { type: "text", text: "answer" });
    await bench.agent.end("one");
    await bench.clock.settled();
    const last = bench.agent.turns.at(-1);
    expect([last?.text, last?.attempt]).toEqual(["one", 1]);
    expect(bench.chat.shown.slice(1)).toEqual(["answer"]);
  });

  test("what no waiting mends ends the turn in a sentence", async () => {
    bench.agent.opens = () => Promise.reject(new HubError("agent_auth_required", { alias: "Mos", methods: "login" }));
    await bench.say("one");
    expect(bench.chat.shown).toEqual([expect.stringMatching(/^Mos asks to be signed in: login\./)]);
    expect(bench.chat.ends).toEqual([expect.stringMatching(/ failed$/)]);
  });

  test("a refusal is said and not repeated", async () => {
    bench.agent.takes = async () => ({ outcome: "rejected", reason: "Mos refused the message: no." });
    await bench.say("one");
    await bench.clock.tick(60_000);
    expect(bench.chat.shown).toEqual(["Mos refused the message: no."]);
    expect(texts()).toEqual(["one"]);
  });

  test("one session that waits keeps no other waiting", async () => {
    bench.agent.takes = async ({ text }) =>
      text === "one" ? { outcome: "unavailable", reason: "Busy.", code: "agent_busy" } : { outcome: "accepted" };
    await bench.say("one", "t1");
    await bench.say("two", "t2");
    expect(texts()).toEqual(["one", "two"]);
  });

  test("a session of an orchestrator that is no longer configured says so, once, where there are several", async () => {
    const seat = { busyMode: "queue" as const, chats: [] };
    await bench.restart([
      { name: "mos", alias: "Mos", ...seat },
      { name: "sentinel", alias: "Sentinel", ...seat },
    ]);
    await bench.say("one");
    await bench.agent.end("one");
    await bench.clock.settled();
    const [session] = await bench.life().journal.store.find("sessions");
    if (!session) throw new Error("no session");
    await bench.life().journal.commit({ actorId: "test", scope: "hub", writes: [update("sessions", session, { orchestrator: "gone" })] });
    await bench.say("two");
    await bench.clock.tick(10_000);
    expect(bench.chat.shown).toEqual([expect.stringMatching(/^This conversation is with gone, which this hub no longer has/)]);
    expect((await turns()).map(({ state }) => state)).toEqual(["done", "failed"]);
  });
});

test("a quick end that comes before the agent has said it has the turn counts", async () => {
  bench.agent.takes = async () => {
    void bench.agent.end("one");
    await bench.clock.settled();
    return { outcome: "accepted" };
  };
  await bench.say("one");
  await bench.clock.settled();
  expect(bench.chat.ends).toHaveLength(1);
});
