/** What a report comes to: which deploy it is about, what it changes, and what whoever reported it is told. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeployOutcome, UrlAnswer } from "../../../src/contract/deploys.ts";
import type { Delivery } from "../../../src/contract/handler.ts";
import type { DeployCard, DeployState } from "../../../src/contract/message.ts";
import { deployNews, type DeployNews } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const SILENT: UrlAnswer = { outcome: "silent", why: "it answers 502" };
const LIVE = { live: "https://shop.example.internal" };

let bench: HubBench;
let asked: string[];
let answer: UrlAnswer;

beforeEach(async () => {
  asked = [];
  answer = { outcome: "answers", status: 200 };
  bench = await createHubBench({
    can: { edit: true, ask: true },
    homes: [{ account: "chat", chat: "home" }],
    look: async (url) => (asked.push(url), answer),
    settings: { deploys: { routes: [], checksUrls: true } },
  });
});
afterEach(() => bench.life().die());

async function report(told: Partial<DeployNews>, delivery?: Delivery): Promise<DeployOutcome> {
  const news = deployNews.parse({ app: "shop", state: "live", ...told });
  const outcome = await bench.life().hub.announce({ report: news, trace: "trc_test", delivery }, "test");
  await bench.clock.settled();
  return outcome;
}
/** In the order in which they were first reported. */
const rows = () => bench.life().journal.store.find("deploys");
const states = async (): Promise<string[]> => (await rows()).map(({ report: { environment }, state }) => `${environment} ${state}`);
const lastCard = (): DeployCard | undefined => bench.chat.calls.flatMap(({ card }) => (card?.type === "deploy" ? [card] : [])).at(-1);
const delivery = (key: string, digest = key): Delivery => ({ keys: [key], digest });
const looked = () => bench.clock.tick(200_000);

describe("what a report came to", () => {
  test("is announced, known already, or too late to count", async () => {
    expect(await report({ deploy_id: "1", state: "building" })).toMatchObject({
      environment: "production",
      state: "building",
      changed: true,
    });
    expect(await report({ deploy_id: "1", state: "live" })).toMatchObject({ state: "live", changed: true });
    expect(await report({ deploy_id: "1", state: "live" })).toMatchObject({ state: "live", changed: false });
    const calls = bench.chat.calls.length;
    for (const state of ["failed", "building"] as const)
      expect(await report({ deploy_id: "1", state, failure_tail: "exit 1" })).toMatchObject({ state: "live", changed: false });
    expect(bench.chat.calls).toHaveLength(calls);
  });

  test("is superseded where a newer one is live", async () => {
    await report({ deploy_id: "1", state: "building" });
    await report({ deploy_id: "2" });
    expect(await report({ deploy_id: "1" })).toMatchObject({ state: "superseded", changed: false });
    expect(await report({ deploy_id: "0", began_at: 1 })).toMatchObject({ state: "superseded", changed: true });
  });

  test("of a step of an app that nobody has reported is no deploy", async () => {
    const domain = { name: "shop.example.com", state: "certificate" } as const;
    expect(await report({ state: undefined, domain })).toEqual({ environment: "production", changed: true });
  });
});

describe("what is delivered again", () => {
  test("under the same key is the same, with what became of it since", async () => {
    const { id } = await report({ state: "building" }, delivery("k1"));
    await report({ state: "live" }, delivery("k2"));
    expect(await report({ state: "building" }, delivery("k1"))).toMatchObject({ id, state: "live", changed: false });
    expect(await states()).toEqual(["production live"]);
  });

  test("under the same key as something else is refused, and changes nothing", async () => {
    await report({ deploy_id: "1", state: "building" }, delivery("k1", "a"));
    await expect(report({ deploy_id: "1", state: "live" }, delivery("k1", "b"))).rejects.toMatchObject({ code: "key_reused" });
    expect(await states()).toEqual(["production building"]);
    await report({ deploy_id: "1", state: "live" }, delivery("k2", "b"));
    expect(await states()).toEqual(["production live"]);
  });

  test("is looked at again when it is live and did not answer, under any key, and nothing else of it counts", async () => {
    answer = SILENT;
    const body = { deploy_id: "1", urls: LIVE };
    await report(body, { keys: ["body", "id 1"], digest: "d" });
    await report({ deploy_id: "1", revision: { sha: "b" } });
    await looked();
    asked = [];
    answer = { outcome: "answers", status: 200 };
    expect(await report({ ...body, revision: { sha: "a" } }, { keys: ["body", "id 2"], digest: "d" })).toMatchObject({ changed: true });
    expect(asked).toEqual([LIVE.live]);
    expect(lastCard()).toMatchObject({ state: "live", trouble: undefined, revision: { sha: "b" } });
    expect(await report(body, { keys: ["body", "id 3"], digest: "d" })).toMatchObject({ changed: false });
    expect(asked).toHaveLength(1);
  });
});

describe("that its address did not answer", () => {
  test.each(["rolled_back", "deleted", "superseded"] as const)("is over once it is %s, also while it is being looked at", async (state) => {
    answer = SILENT;
    await report({ deploy_id: "1", urls: LIVE });
    await looked();
    expect(lastCard()).toMatchObject({ state: "live", trouble: "it answers 502" });
    await report({ deploy_id: "1", state });
    expect(lastCard()).toMatchObject({ state, trouble: undefined });
    await report({ deploy_id: "2", urls: LIVE });
    await report({ deploy_id: "2", state });
    asked = [];
    await looked();
    expect(lastCard()).toMatchObject({ state, trouble: undefined });
    expect(asked.length).toBeLessThanOrEqual(1);
    await bench.say("!deploys");
    expect(bench.chat.calls.at(-1)?.text).not.toContain("reported live");
  });

  test("is over once a newer one is live", async () => {
    answer = SILENT;
    await report({ deploy_id: "1", urls: LIVE });
    await looked();
    await report({ deploy_id: "2" });
    await bench.say("!deploys");
    expect(bench.chat.calls.at(-1)?.text).toMatch(/: live.*\n.*: superseded/);
  });
});

describe("without an id", () => {
  type Told = readonly [DeployState, Partial<DeployNews>?];
  const A = { revision: { sha: "a" } };
  const B = { revision: { sha: "b" } };
  test.each<{ what: string; told: readonly Told[]; are: string[] }>([
    { what: "goes on with what is on its way", told: [["queued"], ["building"], ["live"]], are: ["live"] },
    { what: "that comes twice is one", told: [["live", A], ["live", A], ["live"]], are: ["live"] },
    { what: "begins another once that is over", told: [["live"], ["building"], ["live"]], are: ["superseded", "live"] },
    { what: "of a failure of what is live is another, which failed", told: [["live"], ["failed"]], are: ["live", "failed"] },
    { what: "of what is live after a failure is another", told: [["failed"], ["live"]], are: ["failed", "live"] },
    {
      what: "of another revision is another",
      told: [
        ["live", A],
        ["live", B],
      ],
      are: ["superseded", "live"],
    },
    {
      what: "of another revision is another, also on its way",
      told: [
        ["building", A],
        ["building", B],
      ],
      are: ["building", "building"],
    },
    {
      what: "of another failure is another",
      told: [
        ["failed", { failure_tail: "exit 1" }],
        ["failed", { failure_tail: "exit 2" }],
      ],
      are: ["failed", "failed"],
    },
    {
      what: "takes back what is live, whatever failed since",
      told: [["live"], ["failed"], ["rolled_back"]],
      are: ["rolled_back", "failed"],
    },
    { what: "takes back what is live, whatever is on its way", told: [["live"], ["building"], ["deleted"]], are: ["deleted", "building"] },
  ])("a report $what", async ({ told, are }) => {
    for (const [state, more] of told) await report({ state, ...more });
    expect((await rows()).map(({ state }) => state)).toEqual(are);
  });
});

describe("a preview without an environment", () => {
  const preview = "https://pr-7.shop.example.internal/";

  test("has one of its own, by its ref or its host, and takes the place of its own older ones alone", async () => {
    await report({ deploy_id: "1" });
    expect(await report({ urls: { preview }, revision: { ref: "feature/menu" } })).toMatchObject({ environment: "preview feature/menu" });
    await report({ urls: { preview }, revision: { sha: "a" } });
    await report({ urls: { preview }, revision: { sha: "b" } });
    const own = "preview pr-7.shop.example.internal";
    expect(await states()).toEqual(["production live", "preview feature/menu live", `${own} superseded`, `${own} live`]);
  });

  test("goes where it is said to go, and what has an address of its own to production", async () => {
    expect(await report({ urls: { preview }, environment: "production" })).toMatchObject({ environment: "production" });
    expect(await report({ urls: { preview, ...LIVE } })).toMatchObject({ environment: "production" });
  });
});
