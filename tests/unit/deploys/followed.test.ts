/** Whom a failure calls by name, and where, when several places of one account hear of it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { deployReport } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => {
  const chats = [{ account: "chat", chat: "ops" }];
  const settings = { deploys: { routes: [{ app: "*", environment: "*", chats }], checksUrls: false } };
  bench = await createHubBench({ can: { edit: true, ask: true }, homes: [{ account: "chat", chat: "home" }], settings });
});
afterEach(() => bench.file.dispose());

async function fail(id: string): Promise<void> {
  const report = deployReport.parse({ app: "shop", deploy_id: id, state: "failed" });
  await bench.life().hub.announce({ report, trace: "trc_test" }, "test");
  await bench.clock.settled();
}

/** Where the failure was told, and who was called there. */
const told = () =>
  bench.chat.calls
    .filter(({ text }) => text.includes("failed to deploy"))
    .map(({ chatId, threadId, mentions = [] }) => [threadId ?? chatId, mentions.map(({ name }) => name)]);

test("a follow beside a route calls once, where it was said; both places hear of it", async () => {
  await bench.say("!follow shop", "t9");
  await fail("1");
  expect(told().toSorted()).toEqual([
    ["ops", []],
    ["t9", ["ann"]],
  ]);
});

test("who follows in two places of an account is called in one of them", async () => {
  await bench.say("!follow shop", "t8");
  await bench.say("!follow shop", "t9");
  await fail("1");
  expect(told().flatMap(([, names]) => names)).toEqual(["ann"]);
});
