/** How a conversation is found again, and how a turn can end. */
import { afterEach, expect, test } from "vitest";
import { acpAgent, createBenches, key } from "../support/driver-bench.ts";

const benches = createBenches();
afterEach(() => benches.clear());

test("a loaded conversation replays nothing into the thread", async () => {
  const bench = await benches.make(acpAgent("loads"));
  expect(await bench.open("a", "old-one")).toEqual({ agentSessionId: "old-one", how: "resumed" });
  expect(await bench.talk("a", "where")).toBe("in old-one");
});

test("a conversation the agent no longer has is begun anew, and that is said", async () => {
  const bench = await benches.make(acpAgent("loads"));
  expect(await bench.open("a", "gone-one")).toEqual({ agentSessionId: "new-one", how: "lost_and_new" });
  const plain = await benches.make(acpAgent("plain"));
  expect(await plain.open("a", "from-before")).toMatchObject({ how: "lost_and_new" });
});

test("a conversation forgotten between two turns makes the turn lost, so that it is given again", async () => {
  const bench = await benches.make(acpAgent("loads"));
  await bench.open("a", "old-one");
  await bench.deliver("a", "forget");
  expect(await bench.until("a", "turn_end")).toMatchObject({ outcome: "lost" });
  expect(await bench.deliver("a", "where")).toEqual({ outcome: "accepted" });
});

test("usage names the model the agent chose", async () => {
  const bench = await benches.make(acpAgent("loads"));
  await bench.talk("a", "where");
  expect(await bench.until("a", "usage")).toMatchObject({ agent: "Mos", model: "opus-9" });
});

test.each([
  ["end end_turn", { outcome: "done", reason: undefined }],
  ["end cancelled", { outcome: "stopped" }],
  ["end refusal", { outcome: "rejected", reason: "it declined to go on with this" }],
  ["end max_tokens", { outcome: "failed", reason: "its answer reached the length limit" }],
  ["end max_turn_requests", { outcome: "failed" }],
  ["end of_the_world", { outcome: "failed", reason: 'it stopped with "of_the_world"' }],
  ["fail", { outcome: "failed", reason: "Mos refused the message: the model is overloaded." }],
  ["nonsense", { outcome: "failed", reason: "its answer could not be understood" }],
])("a turn that ends with %s", async (text, end) => {
  const bench = await benches.make(acpAgent("loads"));
  await bench.open("a");
  await bench.deliver("a", text);
  expect(await bench.until("a", "turn_end")).toMatchObject(end);
});

test("idle sessions hear nothing of a crash they can be resumed from, and lost ones do", async () => {
  const bench = await benches.make({ driver: "rehearsal" });
  const forgetful = await benches.make(acpAgent("plain"));
  for (const one of [bench, forgetful]) {
    await one.talk("idle", "hello");
    await one.open("busy");
    await one.deliver("busy", "crash");
    await one.until("busy", "lifecycle", ({ phase }) => phase === "session_resumed" || phase === "session_lost");
    await one.talk("idle", "still there");
  }
  expect(bench.of("idle").filter(({ type }) => type === "lifecycle")).toEqual([]);
  expect(forgetful.of("idle").filter(({ type }) => type === "lifecycle")).toMatchObject([
    { phase: "session_lost", agentSessionId: expect.any(String) },
  ]);
});

test("each opening is handed its own access to the hub, and a second one in the same life asks for none", async () => {
  const minted: string[] = [];
  const bench = await benches.make(acpAgent("loads"), {
    mcp: (session) => (minted.push(session), { url: "http://127.0.0.1:1/", token: "t" }),
  });
  await bench.open("a");
  await bench.open("a");
  await bench.open("b");
  expect(minted).toEqual([key("a"), key("b")]);
});
