/**
 * `npm run bench:page`: how soon the page of a console with 1,000 threads and a thread of 5,000 messages is painted, in Chromium, and how
 * large its scripts are. The log is filled through the console's own store before the hub starts.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SCRIPTS } from "../../connectors/console/page/assets.ts";
import { createMessageLog } from "../../connectors/console/log.ts";
import { createKeyv } from "../../src/store/keyv.ts";
import { openStore } from "../../src/store/open.ts";
import { launch, openWindow, signIn } from "../support/browser.ts";
import { createHubProcess, until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";
import { takeFence } from "../support/stores.ts";

const PIN = "739215";
const THREADS = 1000;
const MESSAGES = 5000;
const LOADS = 5;
const LIMITS = { paintMs: 500, scriptBytes: 60_000 };

const hub = await createHubProcess({ MOS_HUB_PIN: PIN });
const browser = await launch();
try {
  await fill(hub.dataDir);
  await hub.start();
  const desk = await openWindow(browser);
  await signIn(desk, hub, PIN);
  const paints: number[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    await desk.page.goto(new URL("/connectors/console/t/big", desk.page.url()).href);
    const paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
    await until("it is painted", async () => (await desk.page.evaluate(paint)) !== undefined);
    paints.push(Math.round(Number(await desk.page.evaluate(paint))));
  }
  const sizes = await Promise.all(SCRIPTS.map(async (name) => (await stat(join(ROOT, "connectors/console/page", name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.log(
    `paint    ${paints.join(", ")} ms until the first content of ${THREADS} threads and ${MESSAGES} messages (limit ${LIMITS.paintMs} ms)`,
  );
  console.log(`scripts  ${bytes} bytes (limit ${LIMITS.scriptBytes})`);
  if (Math.max(...paints) > LIMITS.paintMs || bytes > LIMITS.scriptBytes) process.exitCode = 1;
} finally {
  await browser.close();
  await hub.end();
}

async function fill(dataDir: string): Promise<void> {
  const store = await openStore({ url: undefined, dataDir });
  const fence = await takeFence(store);
  const origin = () => ({ tenantId: "local", host: "bench", actorId: "hub", at: Date.now() });
  const log = createMessageLog(
    createKeyv(store, () => fence, origin, "connector/console"),
    { keepEntries: 20_000 },
  );
  const head = { trace: null, at: Date.now() };
  for (let number = 0; number < THREADS; number += 1)
    await log.append({ ...head, type: "thread", threadId: `t-${number}`, title: `Thread ${number}` });
  for (let number = 0; number < MESSAGES; number += 1)
    await log.append({
      ...head,
      type: "message",
      from: "hub",
      threadId: "big",
      text: `Message **${number}** with a [link](https://example.org).`,
    });
  await log.idle();
  await store.releaseLease(fence);
  await store.close();
}
