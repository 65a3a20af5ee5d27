/** A turn of a former life of the hub that its agent still has, and events that come twice. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench();
});
afterEach(() => bench.file.dispose());

const shown = (): readonly string[] => bench.chat.shown;

test("is not delivered again, and its end ends it", async () => {
  await bench.say("one");
  Object.assign(bench.agent, { holds: async () => true });
  await bench.restart();
  await bench.agent.report("one", { type: "text", text: "still at it" });
  await bench.agent.end("one");
  await bench.say("two");
  await bench.agent.end("two");
  await bench.clock.settled();
  expect(bench.agent.turns.map(({ text, attempt }) => [text, attempt])).toEqual([
    ["one", 1],
    ["two", 1],
  ]);
  expect(shown()).toEqual(["still at it"]);
});

test("that its agent does not have is delivered again with its mark", async () => {
  await bench.say("one");
  Object.assign(bench.agent, { holds: async () => false });
  await bench.restart();
  expect(bench.agent.turns.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test("an event with an id of its own is shown once, also in another life of the hub", async () => {
  await bench.say("one");
  const [{ session } = { session: undefined }] = bench.agent.turns;
  if (session === undefined) throw new Error("no turn");
  const said = { session, eventId: "e1", event: { type: "text", text: "once" } } as const;
  await bench.life().hub.report(said);
  await bench.life().hub.report(said);
  await bench.restart();
  await bench.life().hub.report(said);
  await bench.life().hub.report({ ...said, eventId: "e2", event: { type: "text", text: "another" } });
  await bench.clock.settled();
  expect(shown().filter((text) => text === "once")).toEqual(["once"]);
  expect(shown()).toContain("another");
});
