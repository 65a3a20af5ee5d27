/** The console's log over a store that dies: at every single write, and in between. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import type { Draft, Entry } from "../../../connectors/console/entry.ts";
import { createMessageLog, type MessageLog } from "../../../connectors/console/log.ts";

const KEEP = { keepEntries: 100_000 };

const message = (text: string, more: Partial<Extract<Draft, { type: "message" }>> = {}): Draft => ({
  type: "message",
  from: "hub",
  threadId: "main",
  trace: null,
  at: 1,
  text,
  ...more,
});

const edit = (messageId: string, text: string, key?: string): Draft => ({
  type: "edit",
  messageId,
  text,
  key,
  threadId: "main",
  trace: null,
  at: 2,
});

async function textsOf(log: MessageLog, threadId = "main"): Promise<string[]> {
  const thread = (await log.threads()).find(({ id }) => id === threadId);
  return thread === undefined ? [] : (await log.page(thread, { viewer: "local", limit: 1000 })).map(({ text }) => text);
}

/** A store in memory that fails once `budget.left` writes are spent, before or after the write took place. */
function createFailingStore(rows: Map<string, unknown>, budget: { left: number }, when: "before" | "after"): Keyv {
  const store = new Map(rows);
  const spend = (write: () => void): void => {
    budget.left -= 1;
    if (budget.left < 0 && when === "before") throw new Error("the store is gone");
    write();
    if (budget.left < 0) throw new Error("the store is gone");
  };
  return new Keyv({
    store: {
      get: (key: string) => rows.get(key),
      set: (key: string, value: unknown) => spend(() => void rows.set(key, value)),
      delete: (key: string) => spend(() => void rows.delete(key)) ?? true,
      clear: () => store.clear(),
    },
  });
}

describe("a log that is opened again", () => {
  it("has its messages, their order, edits, threads and keys", async () => {
    const state = new Keyv();
    const log = createMessageLog(state, KEEP);
    const first = await log.append(message("one", { key: "k1" }));
    await log.append(message("aside", { threadId: "t-x" }));
    await log.append(message("two"));
    await log.append(edit("m1", "one, changed"));
    await log.append({ type: "thread", threadId: "", title: "Fresh", trace: null, at: 5 });

    const again = createMessageLog(state, KEEP);
    expect(await textsOf(again)).toEqual(["one, changed", "two"]);
    expect(await textsOf(again, "t-x")).toEqual(["aside"]);
    expect((await again.threads()).map(({ id, title }) => `${id} ${title}`)).toEqual(["t5 Fresh", "main Main", "t-x t-x"]);
    expect(await again.append(message("one", { key: "k1" }))).toEqual(first);
    expect(await again.append(message("three"))).toMatchObject({ n: 6, messageId: "m6", previous: 3 });
  });

  it("counts on across many checkpoints", async () => {
    const state = new Keyv();
    const log = createMessageLog(state, KEEP);
    for (let n = 1; n <= 200; n += 1) await log.append(message(`text ${n}`, { key: `k${n}` }));
    const again = createMessageLog(state, KEEP);
    expect(await again.head()).toBe(200);
    expect((await again.read(190, 100)).map(({ n }) => n)).toEqual([191, 192, 193, 194, 195, 196, 197, 198, 199, 200]);
    expect(await again.append(message("text 130", { key: "k130" }))).toMatchObject({ n: 130 });
  });

  it.each(["before", "after"] as const)("loses and doubles nothing when the process dies %s any single write", async (when) => {
    const drafts = (): Draft[] => [
      ...Array.from({ length: 66 }, (_, at) => message(`text ${at}`, { key: `k${at}` })),
      edit("m2", "changed", "e1"),
      { type: "reaction", messageId: "m3", emoji: "👀", key: "r1", threadId: "main", trace: null, at: 3 },
      message("last", { key: "last" }),
    ];
    const expected = ["text 0", "changed", ...Array.from({ length: 64 }, (_, at) => `text ${at + 2}`), "last"];
    let deaths = 0;
    for (let writes = 0; ; writes += 1) {
      const rows = new Map<string, unknown>();
      const dying = createMessageLog(createFailingStore(rows, { left: writes }, when), KEEP);
      const taken = await Promise.all(drafts().map((draft) => dying.append(draft).catch(() => undefined)));
      deaths += taken.includes(undefined) ? 1 : 0;

      const log = createMessageLog(createFailingStore(rows, { left: Infinity }, when), KEEP);
      const before = await textsOf(log);
      // What was acknowledged is there, in its order, before anything is sent again.
      expect(before.length).toBeGreaterThanOrEqual(taken.filter((entry) => entry?.type === "message").length);
      for (const draft of drafts()) await log.append(draft);
      expect(await textsOf(log)).toEqual(expected);
      expect((await log.read(0, 1000)).map(({ n }) => n)).toEqual(Array.from({ length: 69 }, (_, at) => at + 1));
      if (!taken.includes(undefined)) break;
    }
    expect(deaths).toBeGreaterThan(100);
  });
});

describe("a log at work", () => {
  it("gives numbers without a gap to what is written at once", async () => {
    const log = createMessageLog(new Keyv(), KEEP);
    const entries = await Promise.all(Array.from({ length: 50 }, (_, at) => log.append(message(`${at}`))));
    expect(entries.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  });

  it("goes on after the store refused for a while, with nothing half written", async () => {
    const rows = new Map<string, unknown>();
    const budget = { left: 3 };
    const log = createMessageLog(createFailingStore(rows, budget, "before"), KEEP);
    const results = [];
    for (let at = 0; at < 5; at += 1) results.push(await log.append(message(`${at}`, { key: `k${at}` })).catch(() => "refused"));
    expect(results.filter((result) => result === "refused").length).toBeGreaterThan(0);
    budget.left = Infinity;
    for (let at = 0; at < 5; at += 1) await log.append(message(`${at}`, { key: `k${at}` }));
    expect(await textsOf(log)).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("shows nobody an edit before what it changed", async () => {
    const state = new Keyv();
    const log = createMessageLog(state, KEEP);
    await log.append(message("before"));
    const seen: (string | undefined)[] = [];
    const set = state.set.bind(state);
    Object.assign(state, {
      set: async (key: string, value: unknown) => {
        const done = await set(key, value);
        // Somebody looks after each single write.
        for (const entry of await log.read(1, 10)) if (entry.type === "edit") seen.push((await log.shown("m1"))?.text);
        return done;
      },
    });
    await log.append(edit("m1", "after", "e1"));
    expect((await log.shown("m1"))?.text).toBe("after");
    expect(seen.filter((text) => text !== "after")).toEqual([]);
  });

  it("pages backwards through a thread, past the messages of others", async () => {
    const log = createMessageLog(new Keyv(), KEEP);
    for (let n = 0; n < 10; n += 1) await log.append(message(`${n}`, n % 3 === 0 ? { to: "somebody else" } : {}));
    const [thread] = await log.threads();
    if (thread === undefined) throw new Error("there is a main thread");
    const newest = await log.page(thread, { viewer: "local", limit: 3 });
    const older = await log.page(thread, { viewer: "local", limit: 3, before: newest[0]?.n });
    expect([...older, ...newest].map(({ text }) => text)).toEqual(["1", "2", "4", "5", "7", "8"]);
    expect((await log.page(thread, { viewer: "somebody else", limit: 100 })).length).toBe(10);
  });

  it("keeps to its size, forgets threads with their last entry, and is read from where it begins", async () => {
    const state = new Keyv();
    const log = createMessageLog(state, { keepEntries: 100 });
    await log.append(message("an old thread", { threadId: "t-old" }));
    for (let n = 0; n < 250; n += 1) await log.append(message(`${n}`, { key: `k${n}` }));
    await log.idle();
    for (const opened of [log, createMessageLog(state, { keepEntries: 100 })]) {
      const entries: Entry[] = await opened.read(0, 1000);
      expect(entries.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, at) => at + 152));
      expect((await opened.threads()).map(({ id }) => id)).toEqual(["main"]);
      expect((await textsOf(opened)).length).toBe(100);
      expect(await opened.find("k0")).toBeUndefined();
    }
  });
});
