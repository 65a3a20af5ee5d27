import type { z } from "zod";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeployOutcome, UrlAnswer } from "../../../src/contract/deploys.ts";
import type { Delivery } from "../../../src/contract/handler.ts";
import type { Address } from "../../../src/contract/ids.ts";
import type { DeployCard, DeployState } from "../../../src/contract/message.ts";
import { deployNews, deployReport, type DeployNews } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type BenchOptions, type HubBench } from "../../support/hub-bench.ts";

const HOME: Address = { account: "chat", chat: "home" };
const OPS: Address = { account: "chat", chat: "ops" };
const LIVE = { live: "https://shop.example.internal" };

let bench: HubBench;

async function begin(options: BenchOptions = {}): Promise<void> {
  bench = await createHubBench({ can: { edit: true, ask: true }, homes: [HOME], ...options });
}
beforeEach(() => begin());
afterEach(() => bench.life().die());

type Told = Partial<Omit<DeployNews, "state">> & { readonly state?: DeployState };

async function report(told: Told, delivery?: Delivery): Promise<DeployOutcome> {
  const { state = "live", ...rest } = told;
  const parsed = deployNews.parse({ app: "shop", state, ...rest });
  const outcome = await bench.life().hub.announce({ report: parsed, trace: "trc_test", delivery }, "test");
  await bench.clock.settled();
  return outcome;
}
const delivered = (key: string, digest = key): Delivery => ({ keys: [key], digest });

/** The agent reports in the turn "ship it". */
async function agentReports(told: z.input<typeof deployReport>): Promise<void> {
  await bench.agent.report("ship it", { type: "deploy", report: deployReport.parse(told) });
  await bench.clock.settled();
}

/** What stands in a chat now: each message as it was changed last. */
function standing(chat = "home"): string[] {
  const shown = new Map<string, string>();
  bench.chat.calls.forEach(({ text, chatId, threadId, edits }, at) => {
    if (chatId === chat) shown.set(edits?.messageId ?? `m${at + 1}`, threadId === undefined ? text : `(${threadId}) ${text}`);
  });
  return [...shown.values()];
}
const cards = (): DeployCard[] => bench.chat.calls.flatMap(({ card }) => (card?.type === "deploy" ? [card] : []));
const lastCard = (): DeployCard | undefined => cards().at(-1);
const rows = () => bench.life().journal.store.find("deploys");

describe("a deploy", () => {
  test("is one card, changed in place, whatever order and however often it is reported", async () => {
    await report({ deploy_id: "1", state: "building" });
    await report({ deploy_id: "1", state: "queued" });
    await report({ deploy_id: "1", state: "live", urls: LIVE });
    await report({ deploy_id: "1", state: "live", urls: LIVE });
    await report({ deploy_id: "1", state: "building" });
    expect(standing()).toEqual([expect.stringContaining("🟢 live")]);
    expect(bench.chat.calls).toHaveLength(2);
  });

  test("keeps a link that a later report does not repeat", async () => {
    await report({ deploy_id: "1", state: "building", urls: { logs: "https://logs.example.internal/1" } });
    await report({ deploy_id: "1", state: "live", urls: LIVE });
    expect(standing()[0]).toContain("https://logs.example.internal/1");
  });

  test("without ids two reports at once are one deploy", async () => {
    await Promise.all([report({ state: "queued" }), report({ state: "building" })]);
    expect(await rows()).toMatchObject([{ report: { state: "building" } }]);
  });

  test("says how long it took and what it replaces, with a link to the difference", async () => {
    const repository = "https://git.example.internal/team/shop";
    await report({ deploy_id: "1", revision: { sha: "a".repeat(40), repository } });
    await bench.clock.tick(60_000);
    await report({ deploy_id: "2", state: "building", revision: { sha: "b".repeat(40), repository } });
    await bench.clock.tick(90_000);
    await report({ deploy_id: "2" });
    const words = standing().at(-1);
    expect(words).toContain("live after 1 min 30 s");
    expect(words).toContain(
      `Replaces \`${"a".repeat(10)}\` of 1970-01-01 00:16 UTC: ${repository}/compare/${"a".repeat(40)}...${"b".repeat(40)}`,
    );
  });

  test("once a newer one is live the older ones are superseded, and stay it", async () => {
    await report({ deploy_id: "1" });
    await report({ deploy_id: "2", state: "building" });
    await report({ deploy_id: "3" });
    await report({ deploy_id: "2", state: "live" });
    expect((await rows()).map(({ state }) => state)).toEqual(["superseded", "superseded", "live"]);
    expect(standing().map((text) => text.split("\n")[0])).toEqual([
      expect.stringContaining("superseded"),
      expect.stringContaining("superseded"),
      expect.stringContaining("live"),
    ]);
  });

  test("that began before what is live is old news, and brings no card", async () => {
    await report({ deploy_id: "new", began_at: 2000 });
    await report({ deploy_id: "old", began_at: 1000, state: "building" });
    await report({ deploy_id: "old", state: "live" });
    expect(standing()).toHaveLength(1);
    expect((await rows()).map(({ state }) => state)).toEqual(["live", "superseded"]);
  });

  test("delivered once more under the same id changes nothing, also after a restart", async () => {
    await report({ state: "building" }, delivered("hook id 1"));
    await report({ state: "live" }, delivered("hook id 2"));
    await bench.restart();
    await report({ state: "building" }, delivered("hook id 1"));
    expect(await rows()).toHaveLength(1);
  });
});

describe("a failure", () => {
  test("is a message of its own with its last lines masked; all of them are in the card's thread", async () => {
    const opened: string[] = [];
    bench.life().die();
    await begin({
      can: { edit: true, openThread: async (_place, from, title) => (opened.push(`${from} ${title}`), { threadId: `under-${from}` }) },
    });
    const tail = [...Array.from({ length: 30 }, (_, at) => `line ${at}`), "password is hunter2"].join("\n");
    await report({ deploy_id: "1", state: "failed", failure_tail: tail });
    const [card, message, details] = standing();
    expect(card).toContain("🔴 failed");
    expect(message).toContain("🔴 **shop** (production) failed to deploy.");
    expect(message).toContain("line 29");
    expect(message).not.toContain("line 5\n");
    expect(details).toMatch(/^\(under-m1\) The whole of what it said last:/);
    expect(details).toContain("line 0\n");
    expect(opened).toEqual(["m1 shop (production)"]);
    expect(standing().join()).not.toContain("hunter2");
  });

  test("is ended aloud by the next that is live, and both cards speak of each other", async () => {
    await report({ deploy_id: "1", state: "failed", revision: { sha: "bad0000000000" } });
    await report({ deploy_id: "2", state: "building" });
    await report({ deploy_id: "2", state: "live", revision: { sha: "900d000000000" } });
    const [failed, , live, words] = standing();
    expect(failed).toContain("Ended by `900d000000`");
    expect(live).toContain("Ends the failure of `bad0000000`");
    expect(words).toContain("🟢 **shop** (production) is live again (`900d000000`), after the failure of `bad0000000`");
    await report({ deploy_id: "3", state: "live" });
    expect(standing().filter((text) => text.includes("live again"))).toHaveLength(1);
  });
});

describe("who hears", () => {
  const route = { app: "shop*", environment: "production", chats: [OPS] };

  test("routes by app, environment and state; then the card stays right to its end", async () => {
    bench.life().die();
    await begin({ settings: { deploys: { routes: [{ ...route, states: ["live", "failed"] }], checksUrls: false } } });
    await report({ deploy_id: "1", state: "building" });
    expect(standing("ops")).toEqual([]);
    await report({ deploy_id: "1", state: "live" });
    await report({ deploy_id: "1", state: "rolled_back" });
    expect(standing("ops")[0]).toContain("rolled back");
    await report({ app: "blog", state: "live" });
    await report({ environment: "staging", state: "live" });
    expect(bench.chat.calls.every(({ chatId }) => chatId === "ops")).toBe(true);
  });

  test("the thread that asked always hears, muted or not, and beside the routes", async () => {
    bench.life().die();
    await begin({ settings: { deploys: { routes: [route], checksUrls: false } } });
    await bench.say("!mute *");
    await bench.say("ship it");
    await agentReports({ app: "shop", state: "live" });
    expect(standing("home").filter((text) => text.includes("🟢 live"))).toEqual([expect.stringMatching(/^\(t1\)/)]);
    expect(standing("ops")).toHaveLength(1);
  });

  test("the chat of a route is the place in which people follow and mute, though only they name its workspace", async () => {
    bench.life().die();
    await begin({ settings: { deploys: { routes: [route], checksUrls: false } } });
    const there = { threadId: undefined, workspaceId: "w1", chatId: "ops" };
    await bench.say("!follow shop", undefined, there);
    await report({ deploy_id: "1", state: "queued" });
    const shown = () => standing("ops").filter((text) => text.includes("queued"));
    expect(shown()).toHaveLength(1);
    await bench.say("!mute shop", undefined, there);
    await report({ deploy_id: "2", state: "queued" });
    expect(shown()).toHaveLength(1);
  });

  test("!follow brings a card and calls by name when it fails; !mute ends both; the later word counts", async () => {
    await bench.say("!follow shop failed", "t9");
    expect(standing().at(-1)).toContain("This place hears of `shop` when it is failed.");
    await report({ deploy_id: "1", state: "building" });
    await report({ deploy_id: "1", state: "failed" });
    const told = bench.chat.calls.filter(({ threadId, text }) => threadId === "t9" && text.includes("failed to deploy"));
    expect(told).toMatchObject([{ mentions: [{ id: "ann", name: "ann" }], text: expect.stringContaining("Followed by @ann.") }]);
    await bench.clock.tick(1000);
    await bench.say("!mute shop", "t9");
    const before = bench.chat.calls.length;
    await report({ deploy_id: "2", state: "failed" });
    expect(bench.chat.calls.slice(before).every(({ threadId }) => threadId !== "t9")).toBe(true);
    await bench.say("!follow", "t9");
    expect(standing().at(-1)).toMatch(/muted: `shop`/);
  });
});

describe("the address", () => {
  let answers: UrlAnswer[];
  const asked: string[] = [];
  beforeEach(async () => {
    bench.life().die();
    asked.length = 0;
    answers = [];
    const look = async (url: string): Promise<UrlAnswer> => (asked.push(url), answers.shift() ?? { outcome: "answers", status: 200 });
    await begin({ look, settings: { deploys: { routes: [], checksUrls: true } } });
  });

  test("is looked at before live is claimed", async () => {
    let answer: (given: UrlAnswer) => void = () => {};
    answers = [];
    bench.life().die();
    await begin({ look: () => new Promise((resolve) => (answer = resolve)), settings: { deploys: { routes: [], checksUrls: true } } });
    await report({ deploy_id: "1", urls: LIVE });
    expect(lastCard()?.state).toBe("deploying");
    expect(standing()[0]).toContain("Reported live; its address is being looked at.");
    answer({ outcome: "answers", status: 200 });
    await bench.clock.settled();
    expect(lastCard()?.state).toBe("live");
    expect(cards().map(({ state }) => state)).toEqual(["deploying", "live"]);
  });

  test("that stays silent is reported apart after three looks, and live is not claimed", async () => {
    answers = Array.from({ length: 9 }, () => ({ outcome: "silent", why: "it answers 502" }) as const);
    await report({ deploy_id: "1", urls: LIVE });
    await bench.clock.tick(200_000);
    expect(asked).toHaveLength(3);
    expect(standing()).toEqual([
      expect.stringContaining("🟠 reported live"),
      `🟠 **shop** (production) was reported live, but ${LIVE.live} does not answer: it answers 502.`,
    ]);
  });

  test("that was silent is looked at again when it is reported live again, and its answer is told once", async () => {
    const silent = { outcome: "silent", why: "it answers 502" } as const;
    answers = [silent, silent, silent];
    await report({ deploy_id: "1", urls: LIVE });
    await bench.clock.tick(200_000);
    await report({ deploy_id: "1", state: "building" });
    expect(asked).toHaveLength(3);
    answers = [silent, silent, silent];
    await report({ deploy_id: "1" });
    expect(standing()[0]).not.toContain("🟢 live");
    await bench.clock.tick(200_000);
    expect(asked).toHaveLength(6);
    expect(standing()).toEqual([expect.stringContaining("🟠 reported live"), expect.stringContaining("does not answer")]);
    await report({ deploy_id: "1" });
    await report({ deploy_id: "1" });
    expect(asked).toHaveLength(7);
    expect(standing()).toEqual([
      expect.stringContaining("🟢 live"),
      expect.stringContaining("does not answer"),
      `🟢 **shop** (production) is live: ${LIVE.live} answers now.`,
    ]);
  });

  test("that was told before it is live is looked at, too", async () => {
    await report({ deploy_id: "1", state: "building", urls: LIVE });
    answers = [{ outcome: "silent", why: "nothing listens there" }];
    await report({ deploy_id: "1", state: "live" });
    expect(asked).toEqual([LIVE.live]);
    expect(lastCard()?.state).toBe("deploying");
  });

  test("that answers at the second look is live, and a failure before it is ended only then", async () => {
    await report({ deploy_id: "1", state: "failed" });
    answers = [{ outcome: "silent", why: "nothing listens there" }];
    await report({ deploy_id: "2", urls: LIVE });
    expect(standing().join()).not.toContain("live again");
    await bench.clock.tick(20_000);
    expect(standing().join()).toContain("live again");
  });

  test("a process that dies while it looks looks again", async () => {
    bench.life().die();
    let looks = 0;
    const look = (): Promise<UrlAnswer> =>
      (looks += 1) === 1 ? new Promise(() => {}) : Promise.resolve({ outcome: "answers", status: 204 });
    await begin({ look, settings: { deploys: { routes: [], checksUrls: true } } });
    await report({ deploy_id: "1", urls: LIVE });
    await bench.restart();
    await bench.clock.tick(20_000);
    expect(looks).toBe(2);
    expect(lastCard()?.state).toBe("live");
  });

  test("one that the hub does not ask says nothing about the app", async () => {
    answers = [{ outcome: "refused", why: "its address is a private one" }];
    await report({ deploy_id: "1", urls: LIVE });
    expect(standing()).toEqual([expect.stringContaining("🟢 live")]);
  });
});

describe("a domain", () => {
  test("is told step by step, records in a block to copy; a step once", async () => {
    const records = ["CNAME shop.example.com edge.example.net", "TXT _verify.shop.example.com abc"];
    const name = "shop.example.com";
    await report({ deploy_id: "1" });
    for (const state of ["records", "records", "certificate", "live"] as const)
      await report({ deploy_id: "1", domain: { name, state, records } });
    const [, ...steps] = standing();
    expect(steps).toHaveLength(3);
    expect(steps[0]).toContain(`\`\`\`\n${records.join("\n")}\n\`\`\``);
    expect(steps[1]).toContain("certificate is on the way");
    expect(steps[2]).toContain("live with HTTPS: https://shop.example.com");
  });

  test.each([
    ["conflict", "belongs to another site"],
    ["credential", "never post it in a chat"],
  ] as const)("in %s is a warning", async (state, words) => {
    await report({ deploy_id: "1" });
    await report({ deploy_id: "1", domain: { name: "shop.example.com", state } });
    expect(bench.chat.calls.at(-1)).toMatchObject({ card: { type: "notice", level: "warning" }, text: expect.stringContaining(words) });
  });

  test("of an app nobody has reported yet is told all the same, without a state it has not", async () => {
    const news = { app: "shop", environment: "production", urls: {}, domain: { name: "a.example.com", state: "records" as const } };
    await bench.life().hub.announce({ report: news, trace: "trc_d" }, "test");
    await bench.clock.settled();
    expect(standing()).toEqual([expect.stringMatching(/^\*\*shop\*\*\n🌐 \*\*a.example.com\*\*: set these records/)]);
    expect(await rows()).toEqual([]);
  });
});

describe("rollback", () => {
  const told = () => bench.agent.turns.map(({ text }) => text);

  async function failing(): Promise<void> {
    await bench.say("ship it");
    for (const id of ["1", "2"]) await agentReports({ app: "shop", deploy_id: id, state: "live", revision: { sha: `sha-${id}` } });
  }
  const pending = async () => (await bench.life().journal.store.find("approvals", { where: { state: "pending" } }))[0];

  test("is asked for by a press, approved as any gated action, carried out by the agent, and returns to the card", async () => {
    await failing();
    const { id = "", offers } = lastCardOf("sha-2") ?? {};
    expect(offers).toEqual(["rollback"]);
    const place = { chatId: "home", threadId: "t1", sender: "ann", ts: "2026-01-01T00:00:00.000Z" };
    const ack = await bench.chat.hear({ type: "action", eventId: "p1", subject: `deploy:${id}`, choice: "rollback", ...place });
    expect(ack).toMatchObject({ text: "Asked. It is carried out once it is approved." });
    await bench.clock.settled();
    const asked = await pending();
    expect(asked).toMatchObject({ class: "red", requesterId: "per_ann", ask: { title: "Roll back shop (production) to 1 (sha-1)" } });
    expect(bench.chat.calls.flatMap(({ card }) => (card?.type === "approval" ? [card.asker] : []))).toEqual(["ann"]);
    expect(lastCardOf("sha-2")?.notes?.join()).toContain("ann asks to roll back");
    expect(told().some((text) => text.includes("deploy.rollback"))).toBe(false);
    await bench.say(`approve ${asked?.code}`);
    expect(lastCardOf("sha-2")?.notes?.join()).toContain("approved by ann; Mos carries it out");
    await bench.agent.end("ship it");
    await bench.clock.settled();
    expect(told().filter((text) => text.includes('"do":"deploy.rollback"'))).toHaveLength(1);
    await agentReports({ app: "shop", deploy_id: "2", state: "rolled_back" });
    expect(lastCardOf("sha-2")).toMatchObject({ state: "rolled_back", notes: [expect.stringContaining("Back to `sha-1`")] });
  });

  test("denied says so on the card, and nobody is told to do it", async () => {
    await failing();
    await bench.say("!rollback shop");
    await bench.say("!rollback shop");
    expect(standing().join()).toContain("That is asked already");
    await bench.say(`deny ${(await pending())?.code} too early`);
    expect(lastCardOf("sha-2")?.notes?.join()).toContain("was not approved by ann (too early)");
    expect(told().join()).not.toContain("deploy.rollback");
  });

  test("has nothing to go back to, or nobody to do it: in words", async () => {
    await bench.say("!rollback shop");
    expect(standing().at(-1)).toContain("Nothing of shop (production) is live.");
    await report({ deploy_id: "1" });
    await bench.say("!rollback shop");
    expect(standing().at(-1)).toContain("nothing to go back to");
    await report({ deploy_id: "2" });
    await bench.say("!rollback shop", "nowhere");
    expect(standing().at(-1)).toContain("There is no conversation here whose agent could do that");
  });

  const lastCardOf = (sha: string) => cards().findLast(({ revision }) => revision?.sha === sha);
});
