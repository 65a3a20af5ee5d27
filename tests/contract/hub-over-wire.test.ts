/** The hub over a platform on a real wire: what the steps promise, seen from the platform's side. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { update } from "../../src/contract/store.ts";
import type { Rig } from "../../src/testing/kit.ts";
import { hookHarness } from "../support/harnesses/hook.ts";
import { createHubBench, type HubBench } from "../support/hub-bench.ts";
import { HOOK_CHAT } from "../support/wire/hook/platform.ts";

const SOON = { timeout: 60_000, interval: 20 };
let first: Rig;
let rig: Rig;
let bench: HubBench;

beforeEach(async () => {
  first = rig = await hookHarness().setUp();
  const others = {
    get hook() {
      return rig.connector;
    },
  };
  bench = await createHubBench({ others, homes: [{ account: "hook", chat: HOOK_CHAT }] });
  const { journal } = bench.life();
  const ann = await journal.store.get("people", "per_ann");
  if (!ann) throw new Error("nobody is there");
  const accounts = [...ann.accounts, { account: "hook", sender: "ann" }];
  await journal.commit({ actorId: "test", scope: "hub", writes: [update("people", ann, { accounts })] });
});
afterEach(async () => {
  await first.end();
  await bench.file.dispose();
});

const shown = async () => (await rig.shown()).map(({ text, threadId }) => [text, threadId]);
const turns = () => bench.agent.turns.map(({ text }) => text);

test("a mention gets its thread, and the answer is shown there", async () => {
  // The platform is impatient and delivers again, as platforms do.
  if (!(await rig.say("deploy the shop")).acknowledged)
    await expect.poll(async () => (await rig.say("deploy the shop", { again: true })).acknowledged, SOON).toBe(true);
  await expect.poll(turns, SOON).toEqual(["deploy the shop"]);
  await bench.agent.report("deploy", { type: "text", text: "done" });
  await expect.poll(shown, SOON).toEqual([["done", "thread-hook-1"]]);
});

test("what was said while the hub was away is fetched and answered, and the home chat is told of the gap", async () => {
  await rig.say("before", { threadId: "t1" });
  await expect.poll(turns, SOON).toEqual(["before"]);
  await bench.agent.end("before");
  await bench.clock.settled();
  bench.life().die();
  await rig.sayWhileAway?.("missed");
  await bench.clock.tick(600_000);
  rig = await rig.restart();
  await bench.restart();
  await expect.poll(shown, SOON).toEqual([["I was away 10 min; 1 message fetched.", undefined]]);
  await expect.poll(turns, SOON).toEqual(["before", "missed"]);
  await bench.agent.report("missed", { type: "text", text: "answer" });
  await expect.poll(shown, SOON).toContainEqual(["answer", "thread-hook-2"]);
});
