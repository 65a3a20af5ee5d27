/** Set-ups of an app beside its deploys, as people see them: payments, a login. Domains are told in `life.test.ts`. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeployCard } from "../../../src/contract/message.ts";
import { type DeployNews, deployNews } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true, ask: true }, homes: [{ account: "chat", chat: "home" }] });
});
afterEach(() => bench.life().die());

async function report(told: Partial<DeployNews>): Promise<void> {
  await bench.life().hub.announce({ report: deployNews.parse({ app: "shop", ...told }), trace: "trc_test" }, "test");
  await bench.clock.settled();
}

/** What stands in the chat now: each message as it was changed last. */
function standing(): string[] {
  const shown = new Map<string, string>();
  bench.chat.calls.forEach(({ text, threadId, edits }, at) => {
    shown.set(edits?.messageId ?? `m${at + 1}`, threadId === undefined ? text : `(${threadId}) ${text}`);
  });
  return [...shown.values()];
}
const cards = (): DeployCard[] => bench.chat.calls.flatMap(({ card }) => (card?.type === "deploy" ? [card] : []));
const rows = () => bench.life().journal.store.find("deploys");

describe("a set-up", () => {
  const payments = { kind: "payments", name: "Baray" } as const;
  const url = "https://pay.example.internal/coffee-shop";
  test("is told step by step under the card of the deploy, which says how it stands; a step once", async () => {
    await report({ deploy_id: "1", state: "live" });
    for (const state of ["started", "credential", "credential", "done", "started"] as const)
      await report({ setup: { ...payments, state, ...(state === "credential" ? { url } : {}) } });
    const [card, ...steps] = standing();
    expect(steps).toEqual([
      "🔧 **Baray** (payments) is being set up.",
      `🟠 **Baray** (payments): a credential is missing or wrong. It is entered here; never post it in a chat.\n${url}`,
      "🟢 **Baray** (payments) is set up.",
    ]);
    expect(card).toContain("🟢 live");
    expect(card?.split("\n")).toContain("payments Baray: set up");
    expect(cards().map(({ setups }) => setups?.map(({ state }) => state).join())).toEqual([undefined, "started", "credential", "done"]);
    expect(await rows()).toMatchObject([{ state: "live", report: { app: "shop" } }]);
  });

  test.each([
    ["credential", "It is asked for elsewhere; never post it in a chat."],
    ["failed", "could not be set up"],
  ] as const)("that is %s is a warning", async (state, words) => {
    await report({ deploy_id: "1", state: "live" });
    await report({ setup: { ...payments, state, detail: "with API_KEY=hunter2hunter2" } });
    expect(bench.chat.calls.at(-1)).toMatchObject({ card: { type: "notice", level: "warning" }, text: expect.stringContaining(words) });
    expect(JSON.stringify([bench.chat.calls, await rows()])).not.toContain("hunter2");
  });

  test("and another, and a domain, each have a line of the same card", async () => {
    await report({ deploy_id: "1", state: "live" });
    await report({ setup: { ...payments, state: "credential", url } });
    await report({ domain: { name: "shop.example.com", state: "live" }, setup: { kind: "login", name: "KID", state: "failed" } });
    expect(standing()[0]?.split("\n").slice(1)).toEqual([
      `payments Baray: needs a credential, never in a chat: ${url}`,
      "domain shop.example.com: live with HTTPS",
      "login KID: could not be set up",
    ]);
  });

  test("goes on with the next deploy of its app and environment, and with no other", async () => {
    await report({ deploy_id: "1", state: "live" });
    await report({ setup: { ...payments, state: "credential", url } });
    await report({ deploy_id: "2", state: "live" });
    await report({ deploy_id: "3", environment: "preview", state: "live" });
    expect(cards().findLast(({ environment }) => environment === "preview")?.setups).toBeUndefined();
    expect(cards().findLast(({ state, environment }) => state === "live" && environment === "production")?.setups).toMatchObject([
      { ...payments, state: "credential" },
    ]);
    const before = bench.chat.calls.length;
    await report({ setup: { ...payments, state: "credential" } });
    expect(bench.chat.calls).toHaveLength(before);
    await report({ setup: { ...payments, state: "done" } });
    expect(standing().filter((text) => text.includes("payments Baray: set up"))).toEqual([expect.stringContaining("🟢 live")]);
  });

  test("of an app nobody has reported yet is told all the same, as the warning it is", async () => {
    await report({ setup: { ...payments, state: "credential", url } });
    expect(standing()).toEqual([expect.stringMatching(/^\*\*shop\*\*\n🟠 \*\*Baray\*\* \(payments\): a credential/)]);
    expect(bench.chat.calls).toMatchObject([{ card: { level: "warning" } }]);
    expect(await rows()).toEqual([]);
  });

  test("may be all that an agent reports, and is shown in its thread", async () => {
    await bench.say("ship it");
    for (const told of [{ state: "live" as const }, { setup: { ...payments, state: "started" as const } }])
      await bench.agent.report("ship it", { type: "deploy", report: deployNews.parse({ app: "shop", ...told }) });
    await bench.clock.settled();
    expect(standing().at(-1)).toBe("(t1) 🔧 **Baray** (payments) is being set up.");
  });

  test.each([
    ["with neither a state nor a set-up", {}],
    ["whose link is not https", { setup: { ...payments, state: "credential", url: "http://pay.example.internal" } }],
    ["of a kind that is no short word", { setup: { ...payments, kind: "**every**\n@all", state: "started" } }],
    ["in a state it cannot have", { setup: { ...payments, state: "live" } }],
  ])("is refused in a report %s", (_what, told) => {
    expect(deployNews.safeParse({ app: "shop", ...told }).success).toBe(false);
  });
});
