/**
 * A busy minute on four platforms: 1,000 reports of deploys, in any order and some twice, over 50 apps and 20 chats, by the real connectors of the
 * started program. Each fake refuses what comes faster than its platform allows, and none refuses anything.
 *
 * Each app is deployed five times in four reports. In a chat stand five cards of each of its apps and a word for each failure, and what is shown before
 * its end is changed once more at least. So that all is said within minutes, of five chats on each platform
 * - Discord's hear of ten apps each: 52 or 53 messages at five in five seconds are a minute, changes are counted apart;
 * - Telegram's of five: some 26 messages and 20 changes at twenty a minute are two to three minutes;
 * - Slack's of five: 130 messages in all at one a second in each, and as many changes at fifty a minute are three minutes;
 * - Matrix's of one: 28 messages in all, and a few changes, at ten at once and then twelve a minute are three minutes.
 */
import { setTimeout as pause } from "node:timers/promises";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";
import { createRandom } from "../support/random.ts";
import { createDiscordStand } from "../support/stands/discord.ts";
import { createMatrixStand } from "../support/stands/matrix.ts";
import { createSlackStand } from "../support/stands/slack.ts";
import { type BusyStand, several, type Shown } from "../support/stands/stand.ts";
import { createTelegramStand } from "../support/stands/telegram.ts";

const [APPS, DEPLOYS, CHATS] = [50, 5, 5];
const STATES = ["queued", "building", "deploying", "live"];
/** The nth chat of a platform hears of so many apps, the first of which is `from + nth * step`. */
const HEARS: Readonly<Record<string, { readonly from: number; readonly step: number; readonly apps: number }>> = {
  discord: { from: 0, step: 10, apps: 10 },
  telegram: { from: 0, step: 5, apps: 5 },
  slack: { from: 25, step: 5, apps: 5 },
  matrix: { from: 0, step: 10, apps: 1 },
};
/** The reports are spread over a little less than a minute. */
const SPREAD_MS = 50_000;
/** From the first report until the last card is right. */
const SETTLED_MS = 300_000;
const LOOK_MS = 500;

interface Report {
  readonly app: string;
  readonly deploy_id: string;
  readonly began_at: number;
  readonly state: string;
  readonly revision: { readonly ref: string };
}

let stands: Readonly<Record<string, BusyStand>>;
let hub: HubProcess;

const appName = (at: number): string => `app-${String(at).padStart(2, "0")}`;
const appsOf = (platform: string, nth: number): string[] => {
  const { from, step, apps } = HEARS[platform] ?? { from: 0, step: 0, apps: 0 };
  return several(apps, (at) => appName(from + nth * step + at));
};
/** The last deploy of some apps fails. */
const fails = (app: string, deploy: number): boolean => deploy === DEPLOYS - 1 && Number(app.slice(-2)) % 4 === 0;

beforeAll(async () => {
  const options = { chats: CHATS, isStrict: true };
  const [discord, telegram, slack, matrix] = await Promise.all([
    createDiscordStand(options),
    createTelegramStand(options),
    createSlackStand(options),
    createMatrixStand(options),
  ]);
  stands = { discord, telegram, slack, matrix };
  const all = Object.entries(stands);
  hub = await createHubProcess(Object.assign({}, ...all.map(([, { environment }]) => environment)));
  const file = join(hub.dataDir, "hub.yaml");
  const routes = all.flatMap(([account, { chats }]) =>
    chats.flatMap((chat, nth) => appsOf(account, nth).map((app) => ({ app, chats: [{ account, chat }] }))),
  );
  const config = {
    orchestrator: { driver: "rehearsal" },
    accounts: Object.fromEntries(all.map(([platform, { account }]) => [platform, account])),
    deploys: { routes },
    limits: { requests_per_second: 100_000 },
  };
  await writeFile(file, stringify(config));
  await hub.start({ MOS_HUB_CONFIG: file });
  await hub.ready();
});
afterAll(async () => {
  await hub?.end();
  await Promise.all(Object.values(stands ?? {}).map((stand) => stand.close()));
});

/**
 * As they come: the reports of one deploy in any order, mixed with those of the deploys around it, and every seventh once more. None is so late that
 * a newer deploy is live before anything was heard of it, which would have no card.
 */
function mixedReports(): Report[] {
  const random = createRandom(20_261_121);
  const reports = several(APPS, appName).flatMap((app) =>
    several(DEPLOYS, (deploy) => deploy).flatMap((deploy) =>
      STATES.map((state) => ({
        place: deploy + 1.5 * (random.below(1000) / 1000),
        report: {
          app,
          deploy_id: `d${deploy}`,
          began_at: 1000 * (1 + deploy),
          state: state === "live" && fails(app, deploy) ? "failed" : state,
          revision: { ref: `${app}-v${deploy}` },
        },
      })),
    ),
  );
  const again = reports.filter((_, at) => at % 7 === 0).map(({ place, report }) => ({ place: place + random.below(1000) / 1000, report }));
  return [...reports, ...again].toSorted((one, other) => one.place - other.place).map(({ report }) => report);
}

async function post(reports: readonly Report[]): Promise<void> {
  const { url, token } = await hub.address();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const began = Date.now();
  for (const [at, report] of reports.entries()) {
    await pause(Math.max(0, began + (at * SPREAD_MS) / reports.length - Date.now()));
    const answer = await fetch(`${url}/v1/deploys`, { method: "POST", headers, body: JSON.stringify(report) });
    if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
}

/** What is to stand there in the end, the failures that are said aloud among it. */
const expectedIn = (platform: string, nth: number): string[] =>
  appsOf(platform, nth)
    .flatMap((app) => several(DEPLOYS, (deploy) => endOf(app, deploy)).flat())
    .toSorted();

function endOf(app: string, deploy: number): string[] {
  const ref = `${app}-v${deploy}`;
  if (fails(app, deploy)) return [ref, `${ref} failed`];
  const isLatest = deploy === DEPLOYS - 1 || (deploy === DEPLOYS - 2 && fails(app, DEPLOYS - 1));
  return [`${ref} ${isLatest ? "live" : "superseded"}`];
}

const CARD = /^\W*app-\d\d\W* \(production\)\W*: \W*(\w+)[^\n]*\n(app-\d\d-v\d)$/m;
const TOLD = /app-\d\d\W* \(production\) failed to deploy \((app-\d\d-v\d)\)/;

/** `app-00-v4 live` for a card, the same without a state for a failure that is said aloud, and what is neither as it is. */
function inShort({ text }: Shown): string {
  const [, state, ref] = CARD.exec(text) ?? [];
  return state ? `${ref} ${state}` : (TOLD.exec(text)?.[1] ?? text);
}

async function waiting(): Promise<{ outbox: number; dead: number }> {
  const { url, token } = await hub.address();
  const answer = await fetch(`${url}/v1/health`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { waiting: { outbox: number; dead: number } }).waiting;
}

test("each chat sees one card for each deploy, right in the end, at its platform's pace", { timeout: 480_000 }, async () => {
  const reports = mixedReports();
  expect(new Set(reports.map((report) => JSON.stringify(report))).size).toBe(1000);
  const began = Date.now();
  await post(reports);
  expect(Date.now() - began).toBeLessThan(60_000);
  await until("all is said", async () => (await pause(LOOK_MS), (await waiting()).outbox === 0), SETTLED_MS);
  expect((await waiting()).dead).toBe(0);
  // The library of Discord refuses by itself what its server would.
  expect(hub.output()).not.toContain("was not delivered");

  for (const [platform, { chats, shown, calledAt, refused }] of Object.entries(stands)) {
    const seen = Object.groupBy(await shown(), ({ chat }) => chat);
    for (const [nth, chat] of chats.entries())
      expect([platform, chat, seen[chat]?.map(inShort).toSorted()]).toEqual([platform, chat, expectedIn(platform, nth)]);
    expect([platform, refused()]).toEqual([platform, 0]);
    // Each of these reports is another state: said one by one they would be as many calls.
    const changes = chats.flatMap((_, nth) => appsOf(platform, nth)).length * DEPLOYS * STATES.length;
    expect([platform, calledAt().length / changes < 0.75]).toEqual([platform, true]);
  }
});
