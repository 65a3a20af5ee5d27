/** The pages of deploys in a real browser against the started program: on a desk and on a phone, changing while they are looked at, without script. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHubClient, type HubClient } from "../../src/cli/hub-client.ts";
import { systemClock } from "../../src/clock.ts";
import { accessibility, another, launch, openWindow, say, signIn, whyNoBrowser, type Window } from "../support/browser.ts";
import type { HubProcess } from "../support/hub-process.ts";
import { startPublicHub } from "../support/public-hub.ts";

const PIN = "739215";
const missing = whyNoBrowser();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const RECORDS = ["CNAME coffee.example.org coffee.example.internal", "TXT _check.coffee.example.org 8f1d"];
const repository = "https://git.example.internal/coffee";

let hub: HubProcess;
let client: HubClient;
let browser: Browser;
let desk: Window;
let origin: string;

type News = Parameters<HubClient["deploys"]["report"]>[0];
const report = (news: Omit<News, "app">) => client.deploys.report({ app: "coffee", ...news });

async function show({ page }: Window, path: string): Promise<void> {
  const stream = page.waitForResponse(`${origin}/deploys/changes`);
  await page.goto(`${origin}${path}`);
  await stream;
}

/** What is pressed by a finger and has less than 44 px for it; links within a sentence apart. */
async function smallTargets({ page }: Window): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("button, a, input, summary")]
    .filter((element) => element.checkVisibility() && !element.closest(".tie"))
    .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 44 || height < 44)
    .map(([html, { width, height }]) => html + ": " + width + " x " + height)`);
}

async function isTooWide({ page }: Window): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > innerWidth");
}

describe.skipIf(missing !== undefined)(`pages of deploys (${missing ?? "in Chromium"})`, () => {
  beforeAll(async () => {
    ({ hub, url: origin } = await startPublicHub({ MOS_HUB_PIN: PIN, REHEARSAL_PACE_MS: "40" }));
    client = openHubClient({ dataDir: hub.dataDir, clock: systemClock });
    browser = await launch();
    desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
  });

  test("the first deploy appears on the empty page while it is looked at, goes live in place, and is said aloud", async () => {
    const { page } = desk;
    await show(desk, "/deploys");
    await page.getByText("No deploys yet").waitFor();
    expect(await accessibility(desk)).toEqual([]);
    await page.evaluate("window.isTheSame = true");
    await report({ deploy_id: "1", state: "building", revision: { sha: "aaaaaaaaaaaa", subject: "Menu in Khmer", repository } });
    const place = page.locator(".place", { hasText: "coffee" });
    await place.getByText("building").waitFor();
    await place.getByRole("link", { name: "coffee production" }).focus();
    await report({ deploy_id: "1", state: "live" });
    await page.locator(".place.live").waitFor();
    expect(await page.locator("#told").textContent()).toBe("coffee, production: live.");
    expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("coffee production");
    expect(await page.evaluate("window.isTheSame")).toBe(true);
  });

  test("a history grows while it is read: ties lead there, what was folded stays folded", async () => {
    const { page } = desk;
    await page.getByRole("link", { name: "coffee production" }).press("Enter");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await report({ deploy_id: "2", state: "failed", failure_tail: "TS2339: no total", revision: { sha: "bbbbbbbbbbbb", repository } });
    const failed = page.locator(".timeline > li.failed");
    await failed.getByText("TS2339").waitFor();
    await failed.getByText("The last lines of the failure").press("Enter");
    await failed.getByText("TS2339").waitFor({ state: "hidden" });
    await report({ deploy_id: "3", state: "live", revision: { sha: "cccccccccccc", repository } });
    await failed.getByText("This failure was ended by").waitFor();
    expect(await failed.getByText("TS2339").isVisible()).toBe(false);
    await failed.getByRole("link", { name: /^cccccccccc of/ }).click();
    await page.locator(".timeline > li.live:target").waitFor();
    expect(await page.locator(".timeline > li:target").getByRole("link", { name: "difference" }).getAttribute("href")).toBe(
      `${repository}/compare/aaaaaaaaaaaa...cccccccccccc`,
    );
    expect(await accessibility(desk)).toEqual([]);
  });

  test("records to be set come and are copied; once the domain is live they are gone", async () => {
    const { page } = desk;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await report({ domain: { name: "coffee.example.org", state: "records", records: RECORDS } });
    await page.getByRole("button", { name: /^Copy\s+Records of coffee\.example\.org/ }).press("Enter");
    await page.getByRole("button").getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(RECORDS.join("\n"));
    expect(await accessibility(desk)).toEqual([]);
    await report({ domain: { name: "coffee.example.org", state: "live" } });
    await page.getByRole("link", { name: "https://coffee.example.org" }).waitFor();
    expect(await page.getByText("CNAME").count()).toBe(0);
  });

  test("a deploy that was asked for in a conversation leads back to it", async () => {
    const { page } = desk;
    await page.goto(`${origin}/connectors/console/t/main`);
    await say(desk, "deploy shop");
    const card = page.locator(".card.deploy.live", { hasText: /shop\s+production/ });
    await card.waitFor();
    await page.goto(`${origin}/deploys?app=shop`);
    await page.getByRole("link", { name: "Conversation", exact: true }).click();
    await card.waitFor();
    expect(new URL(page.url()).pathname).toBe("/connectors/console/t/main");
  });

  test("on a phone nothing is cut off and everything is large enough for a finger, light and dark", async () => {
    await report({
      setup: { kind: "payments", name: "Baray", state: "credential", url: `https://pay.example.internal/${"k".repeat(120)}` },
    });
    await report({ deploy_id: "4", state: "failed", failure_tail: "x".repeat(300), urls: { logs: "https://logs.example.internal/4" } });
    for (const colorScheme of ["light", "dark"] as const) {
      const phone = await openWindow(browser, { ...PHONE, colorScheme });
      await signIn(phone, hub, PIN);
      for (const path of ["/deploys", "/deploys?app=coffee", "/deploys?app=shop", "/deploys?app=nobody"]) {
        await show(phone, path);
        expect(await accessibility(phone), `${colorScheme} ${path}`).toEqual([]);
        expect(await smallTargets(phone), path).toEqual([]);
        expect(await isTooWide(phone), path).toBe(false);
      }
      expect(phone.complaints).toEqual([]);
      await phone.page.context().close();
    }
  });

  test("without script it is all there, and looked at again by itself", async () => {
    const cookies = await desk.page.context().cookies();
    const plain = await openWindow(browser, { javaScriptEnabled: false });
    await plain.page.context().addCookies(cookies);
    await plain.page.goto(`${origin}/deploys`);
    await plain.page.getByRole("link", { name: "coffee production" }).click();
    await plain.page.getByText("This failure was ended by").waitFor();
    await plain.page.getByText("The last lines of the failure").first().click();
    expect(await plain.page.getByRole("button").count()).toBe(0);
    expect(await plain.page.locator("noscript meta[http-equiv=refresh]").count()).toBe(1);
    await plain.page.context().close();
  });

  test("a hub that is away is said to be, and its page goes on once it is back", async () => {
    const { page } = desk;
    await show(desk, "/deploys");
    await hub.kill();
    await page.getByText("The hub cannot be reached just now").waitFor();
    await hub.start();
    await report({ deploy_id: "5", state: "live" });
    await page.locator(".place.live", { hasText: "coffee" }).waitFor();
    await expect.poll(() => page.getByText("The hub cannot be reached just now").isVisible()).toBe(false);
  });

  test("who signs out in another tab sees nothing of it any longer", async () => {
    const window = await openWindow(browser);
    await signIn(window, hub, PIN);
    await show(window, "/deploys");
    const other = await another(window);
    await other.page.goto(`${origin}/`);
    await other.page.getByRole("button", { name: "Sign out" }).click();
    await window.page.waitForURL(/\/sign-in/);
    expect([...window.complaints, ...other.complaints]).toEqual([]);
  });

  test("no browser complained", () => {
    expect(desk.complaints).toEqual([]);
  });
});
