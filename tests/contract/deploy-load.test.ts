/** A busy minute: 1,000 reports of deploys, in any order and some twice, over 50 apps and 20 chats of two platforms. */
import { Keyv } from "keyv";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Address } from "../../src/contract/ids.ts";
import type { DeployState } from "../../src/contract/message.ts";
import { deployReport } from "../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { createRandom } from "../support/random.ts";
import { wireContext } from "../support/wire/context.ts";
import hookDefinition from "../support/wire/hook/connector.ts";
import { createHookPlatform, type HookPlatform } from "../support/wire/hook/platform.ts";

const TOKEN = "hook-token";
const APPS = 50;
const DEPLOYS = 5;
const STATES: readonly DeployState[] = ["queued", "building", "deploying", "live"];
const CHATS_EACH = 10;
/** Of the paced platform: so many calls in a chat in so long. */
const PACE = { count: 5, windowMs: 5000 };

let hook: HookPlatform;
let bench: HubBench;
const calls: { readonly chat: string; readonly at: number }[] = [];

const slowChats: Address[] = Array.from({ length: CHATS_EACH }, (_, at) => ({ account: "chat", chat: `slow-${at}` }));
const wireChats: Address[] = Array.from({ length: CHATS_EACH }, (_, at) => ({ account: "hook", chat: `wire-${at}` }));
const appName = (at: number): string => `app-${String(at).padStart(2, "0")}`;
const chatsOf = (app: number): Address[] =>
  [0, 3]
    .map((step) => (app + step) % CHATS_EACH)
    .flatMap((at) => [slowChats[at], wireChats[at]])
    .filter((chat) => chat !== undefined);

beforeEach(async () => {
  calls.length = 0;
  hook = await createHookPlatform({ token: TOKEN });
  const wire = hookDefinition.factory({ url: hook.url, answer_ms: 20_000 }, wireContext("hook", new Keyv(), TOKEN));
  const routes = Array.from({ length: APPS }, (_, at) => ({ app: appName(at), environment: "*", chats: chatsOf(at) }));
  const limits = {
    text: { max: 4000, unit: "utf16" as const },
    pace: { perChat: PACE },
    countsAsEvent: ["send" as const, "edit" as const],
  };
  bench = await createHubBench({
    limits,
    can: { edit: true },
    others: { hook: wire },
    settings: { deploys: { routes, checksUrls: false } },
  });
  bench.chat.script = ({ chatId = "" }) => (
    calls.push({ chat: chatId, at: bench.clock.now() }),
    { delivered: true, receipt: { messageId: `r${calls.length}` } }
  );
});
afterEach(async () => {
  bench.life().die();
  await hook.close();
  await bench.file.dispose();
});

test("each chat sees one card for each deploy of its apps, in its right last state, at the platform's pace", async () => {
  const random = createRandom(20_261_121);
  const reports = Array.from({ length: APPS * DEPLOYS * STATES.length }, (_, at) => ({
    app: appName(at % APPS),
    deploy_id: `d${Math.floor(at / APPS) % DEPLOYS}`,
    began_at: 1000 * (1 + (Math.floor(at / APPS) % DEPLOYS)),
    state: STATES[Math.floor(at / APPS / DEPLOYS)],
  }));
  expect(reports).toHaveLength(1000);
  const mixed = reports.map((report) => ({ report, place: random.below(1000) / 1000 })).sort((one, other) => one.place - other.place);
  for (const { report, place } of mixed) {
    const parsed = deployReport.parse(report);
    await bench.life().hub.announce({ report: parsed, trace: "trc_load" }, "test");
    if (place < 0.1) await bench.life().hub.announce({ report: parsed, trace: "trc_load" }, "test");
    await bench.clock.tick(60);
  }
  const waiting = async () => {
    await bench.clock.tick(5000);
    return bench.life().journal.store.count("outbox", { state: { in: ["queued", "sending", "unknown"] } });
  };
  await expect.poll(waiting, { timeout: 120_000, interval: 5 }).toBe(0);

  const rows = await bench.life().journal.store.find("deploys", { limit: 1000 });
  expect(rows).toHaveLength(APPS * DEPLOYS);
  for (const { report, state } of rows)
    expect([report.deploy_id, state]).toEqual([report.deploy_id, report.deploy_id === "d4" ? "live" : "superseded"]);

  for (const chat of [...slowChats, ...wireChats]) {
    const seen =
      chat.account === "chat" ? shownIn(chat.chat) : hook.ledger.kept.filter((one) => one.chat === chat.chat).map(({ text }) => text);
    const heads = seen.map((text) => text.split("\n")[0] ?? "");
    const mine = Array.from({ length: APPS }, (_, at) => at).filter((at) => chatsOf(at).some((one) => one.chat === chat.chat));
    expect(mine).toHaveLength(10);
    for (const at of mine) {
      const ofApp = heads.filter((head) => head.startsWith(`**${appName(at)}**`));
      expect(ofApp.filter((head) => head.includes("live"))).toHaveLength(1);
      expect(ofApp.filter((head) => head.includes("superseded")).length).toBe(ofApp.length - 1);
      expect(ofApp.length).toBeLessThanOrEqual(DEPLOYS);
    }
    expect(heads.every((head) => mine.some((at) => head.startsWith(`**${appName(at)}**`)))).toBe(true);
  }
  expect(mostInWindow()).toBeLessThanOrEqual(PACE.count);
}, 300_000);

/** What stands in a chat of the paced platform: each message as it was changed last. */
function shownIn(chat: string): string[] {
  const shown = new Map<string, string>();
  bench.chat.calls.forEach(({ text, chatId, edits }, at) => {
    if (chatId === chat) shown.set(edits?.messageId ?? `r${at + 1}`, text);
  });
  return [...shown.values()];
}

function mostInWindow(): number {
  return Math.max(
    ...calls.map(({ chat, at }) => calls.filter((other) => other.chat === chat && other.at >= at && other.at < at + PACE.windowMs).length),
  );
}
