/** The marks and gaps that connectors share, on a platform that is a list, in hand-moved time. */
import { Keyv } from "keyv";
import { beforeEach, describe, expect, test } from "vitest";
import { createGap, type Gap } from "../../../connectors/shared/gap.ts";
import { createLanes } from "../../../connectors/shared/lanes.ts";
import { createMarks, type IdOrder, type Marks } from "../../../connectors/shared/marks.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";

const NUMBERS: IdOrder = {
  isLater: (id, than) => Number(id) > Number(than),
  before: (id) => String(Number(id) - 1),
  at: () => "0",
};

let clock: HandClock;
let state: Keyv;
let marks: Marks;
let gap: Gap;
/** What was said, by channel. */
let said: Map<string, number[]>;
let heard: string[];
let told: unknown[];
let isDown: boolean;
let onRead: () => void;
let refused: Set<string>;

async function take(channel: string, id: string): Promise<boolean> {
  marks.begin(channel, id);
  if (refused.has(id)) {
    gap.retry(channel);
    return false;
  }
  heard.push(`${channel}${id}`);
  await marks.done(channel, id, true);
  return true;
}

const live = (channel: string, id: number): void => {
  said.set(channel, [...(said.get(channel) ?? []), id]);
  void gap.inTurn(channel, () => take(channel, String(id)));
};

beforeEach(async () => {
  clock = createHandClock();
  state = new Keyv();
  [said, heard, told, refused] = [new Map(), [], [], new Set()];
  isDown = false;
  onRead = () => {};
  await open();
});

async function open(): Promise<void> {
  marks = createMarks(state, NUMBERS);
  let reading = "";
  gap = createGap({
    context: {
      now: clock.now,
      setTimer: clock.setTimer,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      caughtUp: (found) => void told.push(found.fetched),
    },
    lanes: createLanes(),
    marks,
    isHeard: () => true,
    isClosed: () => false,
    waiting: async () => marks.known(),
    async read(channel, after) {
      onRead();
      if (isDown) throw new Error("down");
      reading = channel;
      const later = (said.get(channel) ?? []).filter((id) => id > Number(after)).slice(0, 2);
      return { messages: later.map((id) => ({ id: String(id) })), hasMore: later.length === 2 };
    },
    take: ({ id }) => take(reading, id),
  });
}

/** A life in which `a1` and `b1` were heard, and a later one that begins now. */
async function absence(): Promise<void> {
  live("a", 1);
  live("b", 1);
  await clock.settled();
  said = new Map([
    ["a", [1, 2, 3, 4]],
    ["b", [1, 2]],
  ]);
  heard = [];
  await open();
  gap.begin();
}

describe("after an absence", () => {
  test("what was missed comes first, page by page, and what is said meanwhile after it", async () => {
    await absence();
    live("a", 5);
    await clock.settled();
    expect(heard).toEqual([]);
    // The fifth stands in the list as well by now: whoever takes it knows that it has it.
    expect(await gap.catchUp()).toMatchObject({ fetched: 5, isPartial: false });
    await clock.settled();
    expect(heard.filter((one) => one.startsWith("a")).slice(0, 4)).toEqual(["a2", "a3", "a4", "a5"]);
    expect(heard).toContain("b2");
  });

  test("it is fetched without being asked for, and told", async () => {
    await absence();
    await clock.tick(1000);
    expect([heard.length, told]).toEqual([4, [4]]);
  });

  test("while nothing can be fetched nothing overtakes what was missed", async () => {
    await absence();
    isDown = true;
    await clock.tick(1000);
    live("a", 5);
    await clock.tick(20_000);
    expect(heard).toEqual([]);
    isDown = false;
    await clock.tick(6000);
    expect(heard.filter((one) => one.startsWith("a")).slice(0, 4)).toEqual(["a2", "a3", "a4", "a5"]);
    expect(new Set(heard)).toEqual(new Set(["a2", "a3", "a4", "a5", "b2"]));
  });

  test("a session that ends while it is made up for is made up for, too", async () => {
    await absence();
    onRead = () => {
      onRead = () => {};
      said.set("b", [1, 2, 3]);
      gap.begin();
    };
    await gap.catchUp();
    expect(new Set(heard)).toEqual(new Set(["a2", "a3", "a4", "b2", "b3"]));
  });
});

test("of many channels those in use are remembered", async () => {
  const use = async (channel: string, id: string): Promise<void> => {
    marks.begin(channel, id);
    await marks.done(channel, id, true);
  };
  for (let n = 0; n < 300; n += 1) await use(`c${n}`, "1");
  await use("c0", "2");
  await use("c300", "1");
  expect(await marks.known()).toHaveLength(300);
  expect((await marks.known()).slice(0, 2)).toEqual(["c300", "c0"]);
  expect([await marks.since("c0"), await marks.since("c1")]).toEqual(["2", undefined]);
});

test("what could not be taken holds its mark back, and is fetched again", async () => {
  gap.begin();
  await clock.tick(1000);
  live("a", 1);
  await clock.settled();
  refused.add("2");
  live("a", 2);
  live("a", 3);
  await clock.settled();
  expect([heard, await marks.since("a")]).toEqual([["a1", "a3"], "1"]);
  refused.clear();
  await clock.tick(6000);
  expect([new Set(heard), await marks.since("a")]).toEqual([new Set(["a1", "a2", "a3"]), "3"]);
});
