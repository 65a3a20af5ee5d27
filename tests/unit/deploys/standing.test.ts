/** What is live in a place now, whatever was begun, failed or taken back there since: on cards, in words, and for what is asked about it. */
import { describe, expect, test } from "vitest";
import type { DeployCard } from "../../../src/contract/message.ts";
import { deployNews } from "../../../src/contract/orchestrator.ts";
import { liveIn } from "../../../src/deploys/line.ts";
import { slotOf } from "../../../src/deploys/state.ts";
import {
  approve,
  ask,
  bench,
  cardOf,
  cardSays,
  isSettled,
  pending,
  report,
  twoLive,
  useServices,
} from "../../support/carrying-services.ts";

useServices();

const SHOP = slotOf("shop", "production");
const live = async () => (await liveIn(SHOP, bench.life().journal.store))?.report.deploy_id;
const third = (): Promise<void> => report({ deploy_id: "3", revision: { sha: "sha-3" } });
const back = (deploy_id: string): Promise<void> => report({ deploy_id, state: "rolled_back" });
const factsOf = (card: DeployCard | undefined) => ({ state: card?.state, offers: card?.offers, notes: card?.notes });
async function hear(words: string): Promise<string> {
  await bench.say(words, "anywhere");
  return bench.chat.calls.at(-1)?.text ?? "";
}

describe("what is rolled back makes what was live before it live again", () => {
  test("on its card, with its buttons; it is asked about as what is live, and may be rolled back itself", async () => {
    await twoLive();
    await third();
    await back("3");
    expect(factsOf(cardOf("sha-2"))).toEqual({
      state: "live",
      offers: ["rollback"],
      notes: [expect.stringMatching(/^Live again, in place of `sha-3` of .* UTC\.$/), expect.stringMatching(/^Replaces `sha-1` of/)],
    });
    expect(cardOf("sha-3")?.state).toBe("rolled_back");
    await approve();
    await isSettled();
    await cardSays("ci.example.internal carries it out");
    await back("2");
    expect([cardOf("sha-2")?.state, cardOf("sha-1")?.state, await live()]).toEqual(["rolled_back", "live", "1"]);
    expect(await hear("!rollback shop")).toContain("Nothing was live in shop (production) before this");
  });

  test("to whoever reports it live once more, which says nothing new", async () => {
    await twoLive();
    await back("2");
    const again = deployNews.parse({ app: "shop", deploy_id: "1", state: "live" });
    const told = await bench.life().hub.announce({ report: again, trace: "trc_test" }, "test");
    expect(told).toMatchObject({ state: "live", changed: false });
  });

  test("in the words of `!deploys`", async () => {
    await twoLive();
    await back("2");
    expect(await hear("!deploys shop")).toMatch(
      /^- shop \(production\): rolled back · `sha-2` · .* UTC · live now: `sha-1` of .* UTC\n- shop \(production\): live · `sha-1` · .* UTC$/,
    );
  });

  test("until another one is live", async () => {
    await twoLive();
    await back("2");
    await third();
    expect(factsOf(cardOf("sha-1"))).toEqual({ state: "superseded", offers: [], notes: [] });
    expect(cardOf("sha-3")?.notes).toEqual([expect.stringMatching(/^Replaces `sha-1` of/)]);
    expect(await live()).toBe("3");
  });

  test("or it is deleted, after which nothing is live and the next one replaces nothing", async () => {
    await twoLive();
    await back("2");
    await report({ state: "deleted" });
    expect([cardOf("sha-1")?.state, cardOf("sha-2")?.state, await live()]).toEqual(["deleted", "rolled_back", undefined]);
    await third();
    expect(factsOf(cardOf("sha-3"))).toEqual({ state: "live", offers: [], notes: [] });
  });

  test("however often the rollback is reported, also without an id", async () => {
    await twoLive();
    for (const _ of [1, 2, 3]) await report({ state: "rolled_back" });
    expect([cardOf("sha-2")?.state, cardOf("sha-1")?.state, await live()]).toEqual(["rolled_back", "live", "1"]);
  });

  test("in one unit with the rollback, so that no death leaves a place without what is live", async () => {
    await twoLive();
    await back("2");
    const units = bench.life().committed.filter((writes) => writes.some((write) => write.op === "update" && write.table === "deploys"));
    expect(units.at(-1)?.filter((write) => write.op === "update" && write.table === "deploys")).toHaveLength(2);
  });

  test("and not what is rolled back without having been live", async () => {
    await twoLive();
    await report({ deploy_id: "3", state: "failed", revision: { sha: "sha-3" } });
    await back("3");
    expect([cardOf("sha-2")?.state, cardOf("sha-1")?.state, await live()]).toEqual(["live", "superseded", "2"]);
  });
});

describe("what is live although something else is the latest", () => {
  test.each(["failed", "canceled", "building"] as const)("is named beside it: %s", async (state) => {
    await twoLive();
    await report({ deploy_id: "3", state });
    const [latest, ...others] = (await hear("!deploys shop")).split("\n");
    expect(latest).toMatch(new RegExp(`: ${state} · .* · live now: \`sha-2\` of .* UTC$`));
    expect(others.join()).not.toContain("live now");
  });

  test("is found behind any number of failures", async () => {
    await twoLive();
    for (let n = 3; n < 15; n++) await report({ deploy_id: `${n}`, state: "failed" });
    expect(await live()).toBe("2");
    expect(await hear("!deploys shop")).toContain("live now: `sha-2` of");
    expect(await hear("!rollback shop")).toMatch(
      /never live.*`sha-2` of .* is live now; to go back from that: `!rollback shop production 2`/,
    );
    await ask("!rollback shop production 2");
    expect((await pending())?.ask).toMatchObject({ title: "Roll back shop (production) to 1 (sha-1)" });
  });
});

describe("what was live before it", () => {
  test("is what was live when it went live, not when it was begun, also of two begun in one moment", async () => {
    await report({ deploy_id: "1", revision: { sha: "sha-1" } });
    for (const id of ["2", "3"]) await report({ deploy_id: id, state: "building", revision: { sha: `sha-${id}` } });
    for (const id of ["2", "3"]) await report({ deploy_id: id });
    expect(cardOf("sha-3")?.notes).toEqual([expect.stringMatching(/^Replaces `sha-2` of/)]);
    await ask();
    expect((await pending())?.ask).toMatchObject({ title: "Roll back shop (production) to 2 (sha-2)" });
  });

  test("is live when what began later was rolled back meanwhile", async () => {
    await report({ deploy_id: "1", began_at: 1000, revision: { sha: "sha-1" } });
    await report({ deploy_id: "3", began_at: 3000, revision: { sha: "sha-3" } });
    await back("3");
    await report({ deploy_id: "2", began_at: 2000, revision: { sha: "sha-2" } });
    expect([cardOf("sha-2")?.state, cardOf("sha-1")?.state, await live()]).toEqual(["live", "superseded", "2"]);
  });
});
