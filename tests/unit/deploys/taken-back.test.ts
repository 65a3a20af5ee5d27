/** Following and muting, taken back; and rollbacks of what failed, or to what does not answer. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UrlAnswer } from "../../../src/contract/deploys.ts";
import { type ApprovalAsk, deployNews, type DeployNews } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
let answer: UrlAnswer;

beforeEach(async () => {
  answer = { outcome: "answers", status: 200 };
  bench = await createHubBench({
    can: { edit: true, ask: true },
    homes: [{ account: "chat", chat: "home" }],
    look: async () => answer,
    settings: { deploys: { routes: [], checksUrls: true, carriers: [{ app: "*", environment: "*" }] } },
  });
});
afterEach(() => bench.life().die());

async function report(told: Partial<DeployNews>): Promise<void> {
  const news = deployNews.parse({ app: "shop", state: "live", ...told });
  await bench.life().hub.announce({ report: news, trace: "trc_test" }, "test");
  await bench.clock.settled();
}
async function answered(words: string): Promise<string> {
  await bench.say(words, "t9");
  await bench.clock.tick(1000);
  return bench.chat.calls.findLast(({ threadId }) => threadId === "t9")?.text ?? "";
}

describe("what is followed and muted", () => {
  test("is taken back in its own words or wider ones, and the list shows what holds", async () => {
    await answered("!follow shop production failed");
    await answered("!follow blog");
    expect(await answered("!unfollow shop")).toContain("Taken back:\n- follows: `shop` in `production` when it is failed");
    expect(await answered("!follow")).toBe("- follows: `blog`");
    await answered("!mute *");
    expect(await answered("!follow")).toBe("- muted: every app");
    expect(await answered("!unfollow blog")).toContain("You said nothing like that here.");
    expect(await answered("!unmute *")).toContain("Taken back:\n- muted: every app");
    expect(await answered("!mute")).toContain("Nothing is followed or muted here.");
  });

  test("taken back is heard of no longer, or again", async () => {
    await answered("!follow shop");
    await answered("!unfollow shop");
    const before = bench.chat.calls.length;
    await report({ deploy_id: "1", state: "failed" });
    expect(bench.chat.calls.slice(before).some(({ threadId }) => threadId === "t9")).toBe(false);
  });

  test("a narrower mute leaves what is followed beside it", async () => {
    await answered("!follow *");
    await answered("!mute shop");
    expect(await answered("!follow")).toBe("- follows: every app\n- muted: `shop`");
    expect(await answered("!unfollow shop")).toContain("You said nothing like that here. Said here is:");
  });
});

describe("!rollback", () => {
  const pending = async () => (await bench.life().journal.store.find("approvals", { where: { state: "pending" } }))[0];
  const reason = async () => ((await pending())?.ask as ApprovalAsk | undefined)?.reason;

  test("after a failure takes nothing back that was never live, and says what is", async () => {
    for (const id of ["s8", "s9"]) await report({ deploy_id: id });
    await report({ deploy_id: "s10", state: "failed" });
    const words = await answered("!rollback shop");
    expect(words).toContain("failed and was never live");
    expect(words).toContain("`s9` of 1970-01-01 00:16 UTC is live now");
    expect(await pending()).toBeUndefined();
    expect(await answered("!rollback shop production s9")).toContain("Asked.");
    expect((await pending())?.ask).toMatchObject({ action: { do: "deploy.rollback", deploy_id: "s9" } });
    expect(await answered("!rollback shop production none")).toContain("No deploy of shop (production) is `none`.");
  });

  test("to what did not answer when it was last looked at says so to whoever decides", async () => {
    answer = { outcome: "silent", why: "it answers 502" };
    await report({ deploy_id: "s1", urls: { live: "https://one.example.internal" } });
    await bench.clock.tick(200_000);
    await report({ deploy_id: "s2" });
    await answered("!rollback shop");
    expect(await reason()).toContain("https://one.example.internal, did not answer when it was last looked at: it answers 502.");
  });

  test("to what was replaced before it was seen to answer says that", async () => {
    answer = { outcome: "silent", why: "it answers 502" };
    await report({ deploy_id: "s1", urls: { live: "https://one.example.internal" } });
    await report({ deploy_id: "s2" });
    await bench.clock.tick(200_000);
    await answered("!rollback shop");
    expect(await reason()).toContain("was never seen to answer");
  });
});
