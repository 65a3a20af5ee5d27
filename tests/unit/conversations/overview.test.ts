/** The conversations there are, as people in chat, the shell, programs and agents are told of them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { goingOn, latestOverviews, overviewOf, overviewWords } from "../../../src/conversations/overview.ts";
import { findConversation } from "../../../src/conversations/places.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const looking = () => ({ store: bench.life().journal.store, aliasOf: () => "Mos" });
const saying = async (text: string, thread: string): Promise<void> => {
  await bench.say(text, thread);
  await bench.clock.tick(1000);
};
const titles = async (wanted = {}): Promise<string[]> => {
  const latest = await latestOverviews({ limit: 10, ...wanted }, looking());
  return latest.map(({ overview }) => overview.title);
};

test("the latest active first; one that has just begun is among them, one that has ended only where it is asked for", async () => {
  await saying("one", "t1");
  await saying("two", "t2");
  await saying("three", "t3");
  await saying("one again", "t1");
  expect(await titles()).toEqual(["one", "three", "two"]);
  expect(await titles({ limit: 2 })).toEqual(["one", "three"]);
  await saying("!new", "t2");
  expect(await titles({ limit: 2 })).toEqual(["", "one"]);
  expect(await titles()).toEqual(["", "one", "three"]);
  expect(await titles({ closed: true })).toEqual(["", "one", "three", "two"]);
  expect(await titles({ orchestrator: "nobody" })).toEqual([]);
});

test("says what goes on and where, and of one that has ended where it was", async () => {
  await saying("one", "t1");
  await saying("and this", "t1");
  const [open] = await latestOverviews({ limit: 1 }, looking());
  const place = { account: "chat", chat: "home", thread: "t1" };
  expect(open?.overview).toMatchObject({ orchestrator: "Mos", status: "open", places: [place], isWorking: true, waiting: 1, toDecide: 0 });
  expect(open?.overview.lastActiveAt).toBe((open?.overview.begunAt ?? 0) + 1000);
  expect(open && overviewWords(open.overview)).toBe("one · Mos · chat · home · thread t1 · working · 1 waiting");
  await bench.agent.end("one");
  await bench.clock.settled();
  await bench.agent.end("and this");
  await saying(`!mirror ${open?.overview.name}`, "t2");
  expect(open && goingOn(await overviewOf(open.row, looking()))).toEqual([]);
  expect(open && (await overviewOf(open.row, looking())).places.map(({ thread }) => thread)).toEqual(["t1", "t2"]);
  await saying("!leave", "t1");
  await saying("!leave", "t2");
  const name = open?.overview.name ?? "";
  expect(await findConversation(looking().store, name)).toBeUndefined();
  const ended = await findConversation(looking().store, name.slice(5).toUpperCase(), { closed: true });
  expect(ended && (await overviewOf(ended, looking()))).toMatchObject({ status: "closed", places: [{ thread: "t2" }] });
});
