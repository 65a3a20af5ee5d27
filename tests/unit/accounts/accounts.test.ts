import { afterEach, describe, expect, test } from "vitest";
import { createAccounts } from "../../../src/accounts/accounts.ts";
import type { CaughtUp, Connector } from "../../../src/contract/connector.ts";
import { HubError } from "../../../src/contract/errors.ts";
import { askHealth } from "../../../src/health.ts";
import { type BenchOptions, createHubBench, type HubBench, keepLog, message, SETTINGS } from "../../support/hub-bench.ts";
import { createRecordingConnector } from "../../support/recording-connector.ts";

let bench: HubBench;
afterEach(() => bench.file.dispose());
const begin = async (options: BenchOptions): Promise<void> => void (bench = await createHubBench(options));

const MINUTE_MS = 60_000;
const home = { account: "chat", chat: "home" };
/** The hub dies, and another begins after so long. */
const away = async (ms: number): Promise<void> => {
  bench.life().die();
  await bench.clock.tick(ms);
  await bench.restart();
};
const said = () => bench.chat.calls.map(({ text, chatId, threadId }) => [text, chatId, threadId]);

describe("what was missed", () => {
  test("is fetched once it is connected, and its home chat is told, once", async () => {
    const gaps: CaughtUp[] = [];
    const catchUp = async () => gaps.shift() ?? { fetched: 0 };
    await begin({ homes: [home], can: { catchUp } });
    expect(said()).toEqual([]);
    gaps.push({ fetched: 3 });
    await away(14 * MINUTE_MS);
    expect(said()).toEqual([["I was away 14 min; 3 messages fetched.", "home", undefined]]);
    await away(1000);
    expect(said()).toHaveLength(1);
  });

  test("a minute of quiet before the end is no absence", async () => {
    await begin({ homes: [home], can: { catchUp: async () => ({ fetched: 0 }) } });
    await bench.clock.tick(60 * MINUTE_MS);
    await away(MINUTE_MS);
    expect(said()).toEqual([]);
    await bench.clock.tick(60 * MINUTE_MS);
    await away(2 * MINUTE_MS);
    expect(bench.chat.shown).toEqual(["I was away 2 min; nothing was said meanwhile."]);
  });

  test.each(["before", "after"] as const)("the process dies %s that is on record: it is told once", async (when) => {
    let isReachable = true;
    const catchUp = async () => {
      if (!isReachable) throw new HubError("platform_unreachable", { reason: "no route" });
      return { fetched: 0 };
    };
    await begin({ homes: [home], can: { catchUp } });
    isReachable = false;
    await away(10 * MINUTE_MS);
    bench.life().dieAt(when, (write) => write.op === "insert" && write.table === "outbox");
    isReachable = true;
    await bench.clock.tick(MINUTE_MS);
    expect(bench.chat.shown).toEqual([]);
    await bench.restart();
    await away(0);
    expect(bench.chat.shown).toEqual([`I was away ${when === "before" ? 11 : 10} min; nothing was said meanwhile.`]);
  });

  test("could not be fetched: tried again, and told when it was", async () => {
    let failures = 3;
    const catchUp = async () => {
      if (failures-- > 0) throw new HubError("platform_unreachable", { reason: "no route" });
      return { fetched: 1 };
    };
    await begin({ homes: [home], can: { catchUp } });
    await bench.clock.tick(5 * MINUTE_MS);
    expect(bench.chat.shown).toEqual(["I was away; 1 message fetched."]);
  });

  test("within one life: what the connector says of it", async () => {
    await begin({ homes: [home] });
    bench.life().hub.accounts.caughtUp("chat", { fetched: 2, awayMs: 3 * MINUTE_MS, isPartial: true });
    bench.life().hub.accounts.caughtUp("chat", { fetched: 0, awayMs: MINUTE_MS });
    await bench.clock.settled();
    expect(bench.chat.shown).toEqual(["I was away 3 min; 2 messages fetched. Some may be missing: please repeat what has no answer."]);
  });

  test("on a platform that gives nothing back: said so, where it was spoken to last if it has no home chat", async () => {
    await begin({});
    await bench.say("work", "t7");
    await bench.agent.end("work");
    await bench.clock.settled();
    await away(5 * MINUTE_MS);
    expect(said().at(-1)).toEqual([
      "I was away 5 min and did not hear what was said meanwhile. Please repeat what has no answer.",
      "home",
      "t7",
    ]);
  });

  test("on a platform that delivers it by itself: nothing is said", async () => {
    await begin({ homes: [home], can: { replays: true } });
    await away(60 * MINUTE_MS);
    expect(said()).toEqual([]);
  });
});

describe("an account that cannot be connected", () => {
  const failing = (start: () => Promise<void>): Connector => ({ ...createRecordingConnector(), start });
  const downBecause = () => bench.life().hub.accounts.downBecause("other");

  test("for good: the others run, health says why, and it is not tried again", async () => {
    let tries = 0;
    const other = failing(async () => {
      tries += 1;
      throw new HubError("account_refused", { reason: "the token was revoked" });
    });
    await begin({ others: { other } });
    await bench.say("hello");
    expect(bench.agent.turns).toHaveLength(1);
    expect(downBecause()).toBe(
      "The platform does not accept this account: the token was revoked. Check its token and its rights there, then start the hub again.",
    );
    await bench.clock.tick(60 * MINUTE_MS);
    expect(tries).toBe(1);
    const { journal, hub } = bench.life();
    const { clock } = bench;
    const store = { ...journal.store, place: "hub.db", check: async () => {} };
    const shown = { aliasOf: () => "Mos", redact: (text: string) => text, hub };
    const connectors = new Map([["other", other]]);
    const report = await askHealth({ clock, store, connectors, drivers: new Map(), ...shown });
    expect([report.ready, report.reasons]).toEqual([false, ["account other is down"]]);
    expect([report.connectors[0]?.ok, report.connectors[0]?.detail]).toEqual([false, downBecause()]);
  });

  test("for now: tried again until it can, and what waited for it goes on", async () => {
    let failures = 2;
    const other = createRecordingConnector({ can: { openThread: async (_place, from) => ({ threadId: `thread-of-${from}` }) } });
    const start = async (): Promise<void> => {
      if (failures-- > 0) throw new HubError("platform_unreachable", { reason: "no route" });
    };
    await begin({ others: { other: { ...other, start } } });
    const { journal } = bench.life();
    const ann = await journal.store.get("people", "per_ann");
    if (!ann) throw new Error("nobody there");
    const accounts = [...ann.accounts, { account: "other", sender: "ann" }];
    await journal.commit({
      actorId: "t",
      scope: "hub",
      writes: [{ op: "update", table: "people", id: ann.id, version: ann.version, set: { accounts } }],
    });
    await other.hear(message("!help", { eventId: "m0" }));
    await other.hear(message("work", { threadId: undefined, eventId: "m1" }));
    expect([downBecause(), other.calls]).toEqual([expect.stringContaining("no route"), []]);
    await bench.clock.tick(MINUTE_MS);
    expect(other.shown).toEqual([expect.stringContaining("`!help`")]);
    expect(downBecause()).toBeUndefined();
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["work"]);
  });

  test("and does not say so: the others do not wait for it, and the start no longer than ten seconds", async () => {
    await begin({});
    const { clock } = bench;
    const { journal } = await bench.file.open(clock);
    const connectors = new Map([
      ["slow", failing(() => new Promise(() => {}))],
      ["quick", createRecordingConnector()],
    ]);
    const accounts = createAccounts({ journal, clock, connectors, settings: SETTINGS, log: keepLog(bench.logged) });
    let isBegun = false;
    void accounts
      .start(
        async () => ({ type: "accepted", trace: "t" }),
        () => {},
      )
      .then(() => (isBegun = true));
    expect(await accounts.whenUp("quick")).toBe(true);
    await clock.tick(9999);
    expect(isBegun).toBe(false);
    await clock.tick(1);
    expect(isBegun).toBe(true);
    await accounts.stop();
    expect(await accounts.whenUp("slow")).toBe(false);
  });
});
