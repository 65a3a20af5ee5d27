/** A platform's socket goes silent without closing: the started program says so, and makes up for it by itself when the platform speaks again. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { createWorld, type World } from "./world.ts";

let world: World;
let hub: HubProcess;
beforeEach(async () => {
  world = await createWorld({ kinds: { hook: "tests/support/wire/hook/connector.ts", line: "tests/support/wire/line/connector.ts" } });
  hub = await createHubProcess(world.env);
  await hub.start();
});
afterEach(async () => {
  await hub.end();
  await world.end();
});

const lineIsWell = async (): Promise<boolean> => {
  const report = (await hub.cli("health")).events.at(-1) as { connectors: { account: string; ok: boolean }[] } | undefined;
  return report?.connectors.find(({ account }) => account === "line")?.ok ?? false;
};
const shown = (message: number): number => {
  const serials = world.agentLines().flatMap((line) => (line.event === "prompt" && line.message === message ? [line.serial] : []));
  return world.line.ledger.kept.filter(({ text }) => serials.some((serial) => text.includes(`tok-${serial}-1.`))).length;
};

test("a silent socket is unhealthy, and what was said meanwhile is taken when it speaks again", { timeout: 120_000 }, async () => {
  world.line.insist();
  world.line.say("msg-1 plain");
  await until("the first is answered", () => shown(1) === 1);
  expect(await lineIsWell()).toBe(true);
  world.line.silence(true);
  world.line.say("msg-2 plain");
  await until("the silence is said", async () => !(await lineIsWell()));
  world.line.silence(false);
  await until("the second is answered", () => shown(2) === 1);
  expect(await lineIsWell()).toBe(true);
  expect(shown(1)).toBe(1);
});
