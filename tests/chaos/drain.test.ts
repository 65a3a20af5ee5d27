/** `SIGTERM` while hundreds of messages are on their way, as a deploy of the hub does it: the program ends in time, and the next goes on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { createRandom } from "../support/random.ts";
import { reckonAll } from "./chaos.ts";
import { createPeople, type People } from "./people.ts";
import { createWorld, type World } from "./world.ts";

const MESSAGES = 640;
/** Of all the work after the start, on a busy machine. */
const PATIENCE_MS = 150_000;
/** What a service manager waits before it kills. */
const LONGEST_END_MS = 10_000;

let world: World;
let hub: HubProcess;
let people: People;
beforeEach(async () => {
  world = await createWorld({ kinds: { hook: "tests/support/wire/hook/connector.ts", line: "tests/support/wire/line/connector.ts" } });
  hub = await createHubProcess(world.env);
});
afterEach(async () => {
  people.stop();
  await hub.end();
  await world.end();
});

async function start(): Promise<void> {
  await hub.start();
  const { url } = JSON.parse(readFileSync(join(hub.dataDir, "run.json"), "utf8")) as { url: string };
  world.hook.hookUrl = `${url}/connectors/hook/events`;
}

test("nothing of 500 messages in flight is lost, nothing comes twice", { timeout: 2 * PATIENCE_MS }, async () => {
  await start();
  people = createPeople(world, createRandom(7), { messages: MESSAGES, threads: 30, ahead: MESSAGES });
  people.enough();
  await waitFor(() => confirmed() >= 100);
  expect(people.waiting()).toBeGreaterThanOrEqual(500);
  const begun = Date.now();
  expect(await hub.terminate()).toBe(0);
  expect(Date.now() - begun).toBeLessThan(LONGEST_END_MS);

  await start();
  await people.allSaid;
  await waitFor(() => people.waiting() === 0 && reckonAll(world, people).lost.length === 0);
  const { lost, takenTwice, shownTwice, outOfOrder } = reckonAll(world, people);
  expect({ lost, takenTwice, shownTwice, outOfOrder }).toEqual({ lost: [], takenTwice: [], shownTwice: [], outOfOrder: [] });
});

const confirmed = (): number => world.hook.ledger.confirmed.size + world.line.ledger.confirmed.size;

async function waitFor(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !isSo() && Date.now() < end;) await pause(50);
}
