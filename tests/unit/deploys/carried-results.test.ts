/** What came of what was handed over or told to an agent, and what is said when nobody reports it. */
import { describe, expect, test } from "vitest";
import {
  MINUTE,
  OK,
  answerWith,
  approve,
  begin,
  bench,
  cardOf,
  cardSays,
  cards,
  isSettled,
  nameCarriers,
  notes,
  pending,
  posted,
  report,
  restart,
  said,
  twoLive,
  twoLiveByAgent,
  useServices,
  wishOf,
} from "../../support/carrying-services.ts";
import { until } from "../../support/hub-process.ts";

useServices();

describe("no result", () => {
  test("within half an hour is said once, also after a restart; it may be asked again, and a late result counts", async () => {
    await twoLive();
    const code = await approve();
    await isSettled();
    await bench.clock.tick(29 * MINUTE);
    expect(notes()).toContain("carries it out");
    await restart();
    await bench.clock.tick(2 * MINUTE);
    await cardSays("approved by ann; no result was reported.");
    const missed = () => said().filter((text) => text.includes(`${code} was approved, and no result was reported`));
    expect(missed()).toHaveLength(1);
    expect(bench.chat.calls.findLast(({ text }) => text.includes("no result was reported") && text.includes(code))?.threadId).toBe(
      "anywhere",
    );
    expect(cardOf("sha-2")?.offers).toEqual(["rollback"]);
    await restart();
    await bench.clock.tick(60 * MINUTE);
    expect(missed()).toHaveLength(1);
    await report({ deploy_id: "2", state: "rolled_back" });
    expect(cardOf("sha-2")).toMatchObject({ state: "rolled_back" });
    expect(notes()).not.toContain("no result");
  });

  test.each(["before", "after"] as const)("is said once when the process dies %s it is written", async (when) => {
    await twoLive();
    await approve();
    await isSettled();
    bench.life().dieAt(when, (write) => write.op === "put" && write.table === "kv" && write.id.startsWith("deploy/result/"));
    await bench.clock.tick(31 * MINUTE);
    await restart();
    await cardSays("no result was reported");
    expect(said().filter((text) => text.includes("no result was reported"))).toHaveLength(1);
  });

  test("of an agent is noticed as well", async () => {
    nameCarriers([]);
    await begin({ settings: { deploys: { resultWithinMs: 5 * MINUTE } } });
    await twoLiveByAgent();
    await bench.say("!rollback shop");
    await bench.say(`approve ${(await pending())?.code}`);
    expect(notes()).toContain("carries it out");
    await bench.clock.tick(6 * MINUTE);
    await cardSays("no result was reported");
  });

  test("reported in time, nothing is said", async () => {
    await twoLive();
    await approve();
    await isSettled();
    await report({ deploy_id: "2", state: "rolled_back" });
    await bench.clock.tick(40 * MINUTE);
    expect(said().join()).not.toContain("no result");
    expect(await bench.life().journal.store.find("kv", { idPrefix: "deploy/result/" })).toEqual([]);
  });
});

describe("a promotion", () => {
  const staged = () => twoLive({ environment: "staging" });

  test("is told on the card it came from, once it is reported where it goes; another revision there is another", async () => {
    await staged();
    await approve("!promote shop staging");
    await isSettled();
    expect(posted[0]?.value["action"]).toMatchObject({ do: "deploy.promote", from: "staging", to: "production" });
    await report({ deploy_id: "p0", revision: { sha: "sha-9" } });
    expect((await wishOf("2"))?.state).toBe("given");
    await report({ deploy_id: "p1", state: "building", revision: { sha: "sha-2" } });
    expect((await wishOf("2"))?.state).toBe("given");
    await report({ deploy_id: "p1", state: "live", revision: { sha: "sha-2" } });
    expect(await wishOf("2")).toMatchObject({ state: "done", to: "production", outcome: "live" });
    const from = cards().findLast(({ environment }) => environment === "staging");
    expect(from?.notes).toContain("Promoted to production: live.");
  });

  test("reported before the service has answered is told, and not missed", async () => {
    await staged();
    answerWith(async () => {
      await report({ deploy_id: "p1", revision: { sha: "sha-2" } });
      return OK;
    });
    await approve("!promote shop staging");
    await isSettled();
    expect(await wishOf("2")).toMatchObject({ state: "done", outcome: "live" });
    await bench.clock.tick(60 * MINUTE);
    expect(said().join()).not.toContain("no result");
  });

  test("reported after it was missed, still is", async () => {
    await staged();
    await approve("!promote shop staging");
    await isSettled();
    await bench.clock.tick(31 * MINUTE);
    await until("it was missed", async () => (await wishOf("2"))?.state === "not_reported");
    await report({ deploy_id: "p1", state: "failed" });
    expect(await wishOf("2")).toMatchObject({ state: "done", outcome: "failed" });
  });

  test("to where it is already is not asked", async () => {
    await staged();
    await bench.say("!promote shop staging staging", "anywhere");
    expect(bench.chat.calls.at(-1)?.text).toContain("shop (staging) is there already.");
  });
});
