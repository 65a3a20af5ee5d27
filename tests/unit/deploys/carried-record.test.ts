/** A wish that a service carries out, in the record of the conversation where somebody wished it. */
import { expect, test } from "vitest";
import type { RecordEntry } from "../../../src/conversations/entries.ts";
import { latestOverviews } from "../../../src/conversations/overview.ts";
import { allSessions, transcriptOf } from "../../../src/conversations/transcript.ts";
import { answerWith, approve, ask, bench, isHanded, OK, twoLive, useServices } from "../../support/carrying-services.ts";

useServices();

const store = () => bench.life().journal.store;
const toDecide = async () => {
  const latest = await latestOverviews({ limit: 9 }, { store: store(), aliasOf: () => "Mos" });
  return latest.map(({ overview }) => [overview.title, overview.toDecide]);
};

async function record(): Promise<RecordEntry[]> {
  const names = { personOf: () => "Ann", aliasOf: () => "Mos", fileOf: () => null, redact: (text: string) => text };
  const entries: RecordEntry[] = [];
  for await (const entry of transcriptOf(allSessions(store()), { store: store(), names })) entries.push(entry);
  return entries;
}

test("waits there until it is decided, and is told there with who decided and what came of it", async () => {
  await bench.say("hello", "anywhere");
  await bench.agent.end("hello");
  await bench.say("hello there", "elsewhere");
  await bench.agent.end("hello there");
  answerWith(() => OK);
  await twoLive();
  await ask();
  expect(await toDecide()).toEqual([
    ["hello there", 0],
    ["hello", 1],
  ]);
  await approve();
  await isHanded(1);
  expect(await toDecide()).toEqual([
    ["hello there", 0],
    ["hello", 0],
  ]);
  const asked = (await record()).filter(({ type }) => type === "approval");
  expect(asked).toMatchObject([{ from: { kind: "person" }, place: { thread: "anywhere" }, decidedBy: expect.any(String) }]);
});
