/**
 * The story people expect, on all four platforms and the console: "Build me a landing page for my coffee shop", "go live", "add payments", a login,
 * and a domain of one's own that meets a conflict and a wrong credential on its way. Of each deploy one card, each step told once, no secret.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FivePlatforms, type OnEach, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { until } from "../support/hub-process.ts";
import type { Shown } from "../support/stands/stand.ts";
import { cloudDomain, deliver, KOOMPI, SECRET } from "../support/webhook-deliveries.ts";

const SLOWLY = { timeout: 300_000 };
/** A platform that takes twenty messages a minute in one chat. */
const PACED_MS = 150_000;
/** The thread it was asked in hears of it beside the home chat. */
const ASKED_ON: Platform = "discord";
const DOMAIN = "mycoffeeshop.com";
const RECORDS = [{ type: "CNAME", name: DOMAIN, value: "coffee-shop.koompi.cloud" }];
const BEGAN = Date.parse("2026-05-15T15:00:00Z");
/** What somebody puts where it does not belong. */
const KEY = ["sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_");

let stage: FivePlatforms;
let card: OnEach<Shown>;

beforeAll(async () => {
  stage = await startFivePlatforms({
    environment: { SITE_WEBHOOK_SECRET: SECRET },
    config: (chats) => ({
      deploys: { routes: [{ chats }], webhooks: { cloud: { shape: "koompi", secret_env: "SITE_WEBHOOK_SECRET" } } },
      approvals: { policies: [{ name: "everywhere", when: { class: ["red"] }, chats }] },
    }),
  });
}, SLOWLY.timeout);
afterAll(() => stage?.end());

/** Some show what is bold with its stars. */
const shownOn = async (platform: Platform, words: string): Promise<readonly Shown[]> =>
  (await stage.stands[platform].shown()).filter(({ text }) => text.replaceAll("*", "").includes(words));

/** How often it is there once it is told in every place that hears of it. */
const placesOn = (platform: Platform): number => (platform === ASKED_ON ? 2 : 1);

/** Waits until every platform has told it, wherever it is to. */
async function told(words: string): Promise<void> {
  for (const platform of PLATFORMS)
    await until(`${platform} says "${words}"`, async () => (await shownOn(platform, words)).length >= placesOn(platform), PACED_MS);
}

async function expectToldOnce(words: string): Promise<void> {
  await told(words);
  for (const platform of PLATFORMS)
    expect([platform, words, (await shownOn(platform, words)).length]).toEqual([platform, words, placesOn(platform)]);
}

/** The cloud reports where the domain stands, `minute` minutes after it began, each time in other words. */
async function domainIs(state: string, minute: number, more: object = {}): Promise<void> {
  const at = new Date(BEGAN + minute * 60_000).toISOString();
  const delivered = deliver(KOOMPI, cloudDomain(state, { name: DOMAIN, records: RECORDS, at, ...more }), { id: `${state} ${minute}` });
  const url = new URL("/webhooks/cloud", (await stage.hub.address()).url);
  expect((await fetch(url, { method: "POST", ...delivered })).status).toBe(202);
}

const loginIs = (state: string, ...more: string[]) =>
  stage.hub.cli("deploy", "setup", "login", "KID", "--app", "coffee-shop", "--state", state, ...more);

test("built by Archon, Prism and Forge, and shown as a preview", SLOWLY, async () => {
  await stage.say(ASKED_ON, "Build me a landing page for my coffee shop");
  const preview = await stage.oneOnEach("(preview)");
  const live = await stage.whenEach(preview, "the preview is live", ({ text }) => text.includes("🟢 live"));
  for (const platform of PLATFORMS) expect(live[platform].text).toContain("https://coffee-shop.koompi.cloud");
  for (const name of ["Archon", "Prism", "Forge"])
    await until(`${name} is at work`, async () => (await shownOn(ASKED_ON, name)).some(({ thread }) => thread !== undefined), PACED_MS);
});

test("live once somebody has approved it on another platform", SLOWLY, async () => {
  await stage.say(ASKED_ON, "go live");
  const asked = await stage.oneOnEach("Publish coffee-shop for everybody");
  await stage.press("telegram", asked.telegram, "Approve");
  card = await stage.oneOnEach("(production)");
  const live = await stage.whenEach(card, "the card says live", ({ text }) => text.includes("🟢 live"));
  for (const platform of PLATFORMS) expect(live[platform].text).toContain("https://coffee-shop.koompi.cloud");
});

test("payments: started, a credential that is entered elsewhere, done", SLOWLY, async () => {
  await stage.say("matrix", "add payments");
  await told("Baray (payments) is set up");
  await stage.whenEach(card, "the card says that it is set up", ({ text }) => text.includes("payments Baray: set up"));
  for (const words of ["Baray (payments) is being set up", "https://baray.example.internal/keys", "Baray (payments) is set up"])
    await expectToldOnce(words);
});

test("a login: a wrong credential is asked for again by its link, and never shown", SLOWLY, async () => {
  const url = "https://id.example.internal/coffee-shop";
  await loginIs("credential", "--url", url);
  await loginIs("credential");
  await stage.whenEach(
    card,
    "the card says where it is entered",
    ({ text }) => text.includes("KID: needs a credential") && text.includes(url),
  );
  await loginIs("failed", "--detail", `${KEY} was refused`);
  await told("KID (login) could not be set up");
  await loginIs("done");
  await told("KID (login) is set up");
  for (const words of ["KID (login): a credential", "KID (login) could not be set up", "KID (login) is set up"])
    await expectToldOnce(words);
});

test("a domain of one's own: records, a conflict, a wrong credential, its certificate, live with HTTPS", SLOWLY, async () => {
  await domainIs("records", 0);
  await domainIs("conflict", 1);
  await stage.whenEach(card, "the card says that there is a conflict", ({ text }) => text.includes("belongs to another site"));
  await domainIs("wrong_credential", 2, { detail: `the registrar does not take ${KEY}` });
  await stage.whenEach(card, "the card says that it needs a credential", ({ text }) => text.includes(`${DOMAIN}: needs a credential`));
  await domainIs("pending_certificate", 3);
  await domainIs("active", 4);
  await told("is live with HTTPS");
  // Late, and once more.
  await domainIs("conflict", 2.5, { detail: "said late" });
  await domainIs("active", 5, { detail: "said again" });
  await loginIs("credential");
  await stage.whenEach(card, "what came later is on the card", ({ text }) => text.includes("login KID: needs a credential"));
  const once = [
    "set these records where",
    `${DOMAIN} belongs to another site`,
    `${DOMAIN}: a credential`,
    "its certificate is on",
    "is live with HTTPS",
  ];
  for (const words of once) await expectToldOnce(words);
});

test("in the end there is one card of it on each, with everything on it, and the key nowhere", SLOWLY, async () => {
  const last = await stage.whenEach(card, "its domain is live on the card", ({ text }) => text.includes(`${DOMAIN}: live with HTTPS`));
  for (const platform of PLATFORMS) {
    expect((await stage.cardsOn(platform, "(production)")).map(({ id }) => id)).toEqual([card[platform].id]);
    for (const line of ["🟢 live", "payments Baray: set up", "login KID: needs a credential"]) expect(last[platform].text).toContain(line);
    const everything = JSON.stringify(await stage.stands[platform].shown());
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain(SECRET);
  }
  expect(stage.hub.output()).not.toContain(KEY);
});
