/** A site's life as all four platforms and the console see it, with a real server behind its address: from the first build to the way back. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FivePlatforms, type OnEach, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { until } from "../support/hub-process.ts";
import type { Shown } from "../support/stands/stand.ts";
import { cloudDomain, deliver, deploymentStatus, GITHUB, KOOMPI, SECRET } from "../support/webhook-deliveries.ts";

const SLOWLY = { timeout: 240_000 };
/** A platform that takes twenty messages a minute in one chat. */
const PACED_MS = 120_000;
const HERE = "127.0.0.1";

let stage: FivePlatforms;
let site: Server;
let address: string;
/** What holds the site's answer back. */
let opening: Promise<void> = Promise.resolve();

beforeAll(async () => {
  site = createServer((_request, response) => void opening.then(() => response.end("coffee")));
  await new Promise<void>((resolve) => site.listen(0, HERE, resolve));
  address = `http://${HERE}:${(site.address() as AddressInfo).port}/`;
  stage = await startFivePlatforms({
    environment: { SITE_WEBHOOK_SECRET: SECRET },
    config: (chats) => ({
      deploys: {
        check_urls: true,
        allow_private: [HERE],
        routes: [{ chats }],
        webhooks: {
          github: { shape: "github", secret_env: "SITE_WEBHOOK_SECRET", app: "shop" },
          cloud: { shape: "koompi", secret_env: "SITE_WEBHOOK_SECRET", app: "shop" },
        },
      },
    }),
  });
}, SLOWLY.timeout);
afterAll(async () => {
  await stage?.end();
  site.closeAllConnections();
  site.close();
});

const announce = (state: string, ...more: string[]) => stage.hub.cli("deploy", "announce", "--app", "shop", "--state", state, ...more);

async function post(webhook: typeof GITHUB, payload: unknown, id: string): Promise<number> {
  const { headers, body } = deliver(webhook, payload, { id });
  const url = new URL(`/webhooks/${webhook.name}`, (await stage.hub.address()).url);
  return (await fetch(url, { method: "POST", headers, body })).status;
}

async function everywhere(what: string, words: RegExp): Promise<void> {
  for (const platform of PLATFORMS)
    await until(
      `${platform} says ${what}`,
      async () => (await stage.stands[platform].shown()).some(({ text }) => words.test(text)),
      PACED_MS,
    );
}

/** The newest card of a home chat. */
async function newest(platform: Platform): Promise<Shown> {
  const card = (await stage.cardsOn(platform, "shop")).findLast(({ text }) => /(production)\W*: /.test(text));
  if (!card) throw new Error(`${platform} shows no card`);
  return card;
}
const newestOnEach = async (): Promise<OnEach<Shown>> =>
  Object.fromEntries(await Promise.all(PLATFORMS.map(async (platform) => [platform, await newest(platform)]))) as OnEach<Shown>;

test("queued, building, and live only once its address has answered", SLOWLY, async () => {
  await announce("queued", "--sha", "a".repeat(40));
  const cards = await stage.oneOnEach("shop");
  await announce("building");
  await stage.whenEach(cards, "the card says building", ({ text }) => text.includes("building"));
  let open = (): void => {};
  opening = new Promise((resolve) => (open = resolve));
  await announce("live", "--url", address);
  const looked = await stage.whenEach(cards, "its address is looked at", ({ text }) => text.includes("its address is being looked at"));
  for (const platform of PLATFORMS) expect(looked[platform].text).not.toContain("🟢 live");
  open();
  await stage.whenEach(cards, "the card says live", ({ text }) => text.includes("🟢 live"));
  expect(await stage.oneOnEach("shop")).toBeDefined();
});

test("a failure is said aloud everywhere, and in the thread that asked", SLOWLY, async () => {
  await stage.say("discord", "deploy shop fail");
  const told = await stage.oneOnEach("failed to deploy");
  for (const platform of PLATFORMS) expect([platform, told[platform].text]).toEqual([platform, expect.stringContaining("exit code 2")]);
  await everywhere("the reason", /Build failed with exit code 2/);
  await until("the thread hears of it", async () =>
    (await stage.stands.discord.shown()).some(({ thread, text }) => thread !== undefined && text.includes("failed to deploy")),
  );
});

test("what a service reports ends it; the same delivery again says nothing more", SLOWLY, async () => {
  const at = new Date().toISOString();
  const live = deploymentStatus("success", { id: 7, url: address, at });
  expect(await post(GITHUB, deploymentStatus("in_progress", { id: 7, at }), "1")).toBe(202);
  expect(await post(GITHUB, live, "2")).toBe(202);
  const ended = await stage.oneOnEach("is live again");
  for (const again of ["2", "3"]) expect(await post(GITHUB, live, again)).toBe(202);
  const forged = { ...GITHUB, name: "cloud" };
  expect(await post(forged, live, "4")).toBe(401);
  await announce("queued", "--environment", "elsewhere");
  await everywhere("something later", /elsewhere/);
  expect(await stage.oneOnEach("is live again")).toEqual(ended);
});

test("the way back is asked for on one platform, approved on another, and returns to every card", SLOWLY, async () => {
  const cards = await newestOnEach();
  const inThread = async () => (await stage.stands.discord.shown()).filter(({ thread }) => thread !== undefined).length;
  const before = await inThread();
  await stage.press("telegram", cards.telegram, "Roll back…");
  const asked = await stage.oneOnEach("Roll back shop (production)");
  await stage.whenEach(cards, "the card says who asks", ({ text }) => text.includes("asks to roll back"));
  await stage.press("slack", asked.slack, "Approve");
  await stage.whenEach(asked, "it is approved", ({ text }) => /✅ Approved by \S/.test(text));
  await stage.whenEach(cards, "it is carried out", ({ text }) => text.includes("carries it out"));
  await until("the agent was told, and answers in its conversation", async () => (await inThread()) > before);
  await stage.hub.cli("deploy", "update", "github-7", "--state", "rolled_back");
  await stage.whenEach(cards, "it is rolled back", ({ text }) => text.includes("rolled back") && text.includes("Back to"));
  expect((await stage.oneOnEach("was rolled back")).matrix.text).toContain("shop");
});

test("a preview has a card of its own", SLOWLY, async () => {
  expect(await post(GITHUB, deploymentStatus("success", { id: 8, url: address, preview: true }), "5")).toBe(202);
  const cards = await stage.oneOnEach("Preview feature/menu");
  const live = await stage.whenEach(cards, "the preview is live", ({ text }) => text.includes("🟢 live"));
  for (const platform of PLATFORMS) expect(live[platform].text).toContain(address);
});

test("a domain of one's own, from its records to its certificate", SLOWLY, async () => {
  for (const [at, state] of ["records", "conflict", "records", "pending_certificate", "active"].entries())
    expect(await post(KOOMPI, cloudDomain(state, { detail: `step ${at}` }), `d${at}`)).toBe(202);
  await everywhere("the records", /CNAME coffee\.example\.com coffee-shop\.koompi\.cloud\s+TXT/);
  await everywhere("the conflict", /belongs to another site/);
  await everywhere("the certificate", /certificate is on the way/);
  await everywhere("that it is live", /live with HTTPS/);
});
