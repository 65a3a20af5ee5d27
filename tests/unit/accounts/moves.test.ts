import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConnectorEvent } from "../../../src/contract/message.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";
import { DELIVERED, notSent } from "../../support/recording-connector.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true } });
});
afterEach(() => bench.file.dispose());

const grows = async (more: Partial<ConnectorEvent> = {}) => {
  const place = { chatId: "home", sender: "nobody we know", eventId: "v1", ts: "2026-01-01T00:00:00.000Z" };
  const ack = await bench.chat.hear({ ...place, type: "moved", to: { chatId: "larger" }, ...more } as ConnectorEvent);
  await bench.clock.settled();
  return ack;
};
const said = () => bench.chat.calls.map(({ text, chatId, threadId }) => [text, chatId, threadId]);
const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
const request = { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } } as const;
const codeOf = async () => (await bench.life().journal.store.find("approvals"))[0]?.code ?? "";

describe("a chat that goes on under another id", () => {
  test("keeps its conversations: what runs answers there, what waits follows, and what is said there belongs to them", async () => {
    await bench.say("one", "t1");
    await bench.say("two", "t1");
    await bench.say("other", "t2");
    expect(await grows()).toMatchObject({ type: "accepted" });
    await bench.agent.report("one", { type: "text", text: "answer one" });
    await bench.agent.end("one");
    await bench.clock.settled();
    await bench.agent.report("two", { type: "text", text: "answer two" });
    await bench.agent.end("two");
    await bench.clock.settled();
    await bench.say("three", "t1", { chatId: "larger" });
    expect(said().filter(([text]) => text?.startsWith("answer"))).toEqual([
      ["answer one", "larger", "t1"],
      ["answer two", "larger", "t1"],
    ]);
    expect(new Set(bench.agent.turns.filter(({ text }) => text !== "other").map(({ session }) => session)).size).toBe(1);
  });

  test("and only it: another chat stays, and of a thread that moves the others stay", async () => {
    await bench.say("here", "t1");
    await bench.say("there", "t2");
    await bench.say("elsewhere", "t1", { chatId: "elsewhere" });
    await grows({ threadId: "t1", to: { chatId: "home", threadId: "t9" } } as Partial<ConnectorEvent>);
    const places = (await bench.life().journal.store.find("bindings")).map(({ address }) => `${address.chat} ${address.thread}`);
    expect(places.toSorted()).toEqual(["elsewhere t1", "home t2", "home t9"]);
  });

  test("is asked again there what still waits for a decision, and sees it decided, also after a restart", async () => {
    await bench.say("one", "t1");
    await bench.agent.report("one", request);
    await bench.clock.settled();
    await grows();
    expect(said().at(-1)).toEqual([expect.stringContaining("asks for approval"), "larger", "t1"]);
    const shown = bench.chat.calls.length;
    await bench.restart();
    await bench.say(`approve ${await codeOf()}`, "t1", { chatId: "larger" });
    const [change] = bench.chat.calls.slice(shown).filter(({ edits }) => edits);
    expect(change).toMatchObject({ chatId: "larger", edits: { messageId: `m${shown}` } });
  });

  test("gets what could not be sent to the former one", async () => {
    bench.chat.script = ({ chatId }) => (chatId === "home" ? notSent({ do: "retry" }) : DELIVERED);
    await bench.say("one", "t1");
    await bench.agent.report("one", { type: "text", text: "answer" });
    await bench.clock.settled();
    await grows();
    await bench.clock.tick(120_000);
    expect(said().at(-1)).toEqual(["answer", "larger", "t1"]);
  });

  test("told by the platform in answer to a send: that follows, too, and is sent once", async () => {
    let isTold = false;
    bench.chat.script = async ({ chatId }) => {
      if (chatId !== "home") return DELIVERED;
      if (!isTold) await bench.chat.hear({ type: "moved", eventId: "v1", sender: "x", ts: "", chatId: "home", to: { chatId: "larger" } });
      isTold = true;
      return notSent({ do: "retry" });
    };
    await bench.say("one", "t1");
    await bench.agent.report("one", { type: "text", text: "answer" });
    await bench.clock.tick(120_000);
    expect(said().filter(([, chat]) => chat === "larger")).toEqual([["answer", "larger", "t1"]]);
  });

  test("the process dies in between: nothing has moved, and all of it moves when it is told again", async () => {
    await bench.say("one", "t1");
    bench.life().dieAt("before", (write) => write.op === "delete" && write.table === "bindings");
    void grows();
    await bench.clock.settled();
    await bench.restart();
    await grows();
    await grows();
    await bench.agent.report("one", { type: "text", text: "answer" });
    await bench.clock.settled();
    expect(said().at(-1)).toEqual(["answer", "larger", "t1"]);
  });
});
