/** The main job on the page: a real browser, the started program, a real agent process. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibility, another, launch, linkOf, openWindow, say, signIn, whyNoBrowser, type Window } from "../support/browser.ts";
import { freePort } from "../support/free-port.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const PIN = "739215";
const missing = whyNoBrowser();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What is pressed by a finger and has less than 44 px for it; links within a text apart. */
async function smallTargets({ page }: Window): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("button, a, input:not([type=radio]), select, textarea, summary, label.choice")]
    .filter((element) => element.checkVisibility() && !element.closest(".aloud, .skip, .text, .facts"))
    .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 44 || height < 44)
    .map(([html, { width, height }]) => html + ": " + width + " x " + height)`);
}

let hub: HubProcess;
let browser: Browser;
let desk: Window;

describe.skipIf(missing !== undefined)(`on a page (${missing ?? "in Chromium"})`, () => {
  beforeAll(async () => {
    // The port is the same over a restart.
    hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_PORT: `${await freePort()}`, REHEARSAL_PACE_MS: "40" });
    await hub.start();
    browser = await launch();
    desk = await openWindow(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
  });

  test("a link and the PIN sign in, once; a used or wrong link says so and nothing else", async () => {
    const link = await linkOf(hub);
    await desk.page.goto(link);
    expect(await accessibility(desk)).toEqual([]);
    await desk.page.getByLabel("Your PIN").fill("000000");
    await desk.page.getByRole("button", { name: "Sign in" }).click();
    await desk.page.getByText("tries left").waitFor();
    expect(await accessibility(desk)).toEqual([]);
    await signIn(desk, hub, PIN);
    const stranger = await openWindow(browser);
    await stranger.page.goto(`${link.slice(0, -3)}xyz`);
    await stranger.page.getByText("not valid").waitFor();
    expect(await stranger.page.getByRole("button").count()).toBe(0);
    expect(await accessibility(stranger)).toEqual([]);
    await stranger.page.goto(new URL("/", link).href);
    await stranger.page.getByText("mos-hub open").waitFor();
    await stranger.page.context().close();
  });

  test("an answer grows in place", async () => {
    // Noted by the page itself: looking from outside may come too late.
    await desk.page.evaluate(`
      window.grown = [];
      new MutationObserver(() => window.grown.push(document.querySelector("#under-way").textContent.trim().length))
        .observe(document.querySelector("#under-way"), { subtree: true, childList: true, characterData: true });
    `);
    await say(desk, "stream");
    await desk.page.locator("#conversation .hub .text").first().waitFor();
    const lengths = new Set((await desk.page.evaluate("window.grown")) as number[]);
    lengths.delete(0);
    expect(lengths.size).toBeGreaterThanOrEqual(2);
  });

  test("two threads side by side never mix", async () => {
    const side = await another(desk);
    await side.page.goto(desk.page.url());
    await side.page.getByPlaceholder("New thread").fill("blue things");
    await side.page.getByRole("button", { name: "Begin" }).click();
    await side.page.getByRole("heading", { name: "blue things" }).first().waitFor();
    await Promise.all([say(desk, "the colour is red"), say(side, "the colour is blue")]);
    await desk.page.getByText("Echo: the colour is red", { exact: true }).waitFor();
    await side.page.getByText("Echo: the colour is blue", { exact: true }).waitFor();
    expect(await desk.page.locator("#conversation").innerText()).not.toContain("blue");
    expect(await side.page.locator("#conversation").innerText()).not.toContain("red");
    await side.page.close();
  });

  test("a gated action is approved by a press, another denied with a reason, and each card says so", async () => {
    await say(desk, "approve red");
    await desk.page.getByRole("button", { name: "Approve" }).waitFor();
    expect(await accessibility(desk)).toEqual([]);
    await desk.page.getByRole("button", { name: "Approve" }).click();
    await desk.page.locator(".card.approval.approved, .card.approval.consumed").waitFor();
    await say(desk, "approve yellow_external");
    const pending = desk.page.locator(".card.approval.pending");
    await pending.getByLabel("Reason").fill("<img src=x onerror=alert(1)> not today");
    await pending.getByRole("button", { name: "Deny" }).click();
    await desk.page.locator(".card.approval.denied").waitFor();
    expect(await desk.page.locator(".card.approval.denied").innerText()).toContain("not today");
  });

  test("a question is answered in its form", async () => {
    await say(desk, "ask");
    const form = desk.page.locator(".card.question.pending form");
    await form.waitFor();
    for (const field of await form.locator("input[type=text], input:not([type]), textarea").all()) await field.fill("Ada");
    for (const field of await form.locator("input[type=number]").all()) await field.fill("3");
    for (const field of await form.locator("select").all()) await field.selectOption({ index: 1 });
    const radios = form.locator("input[type=radio]");
    if ((await radios.count()) > 0) await radios.first().check();
    await form.getByRole("button", { name: "Answer" }).click();
    await desk.page.locator(".card.question.answered").waitFor();
    expect(await desk.page.locator(".card.question").innerText()).toContain("Ada");
  });

  test("a deploy goes live and another fails; a page is shared; the coffee shop is built", async () => {
    await say(desk, "deploy shop");
    await desk.page.locator(".card.deploy.live").first().waitFor();
    await say(desk, "deploy shop fail");
    await desk.page.locator(".card.deploy.failed").first().waitFor();
    await say(desk, "canvas");
    await desk.page.locator(".card.canvas").first().waitFor();
    await say(desk, "Build me a landing page for my coffee shop");
    await desk.page.locator(".has-progress .progress").first().waitFor();
    const live = desk.page.locator(".card.deploy.live", { hasText: "coffee-shop" });
    await live.first().waitFor();
    await say(desk, "go live");
    await desk.page.locator(".card.approval.pending").getByRole("button", { name: "Approve" }).click();
    await desk.page.locator(".card.approval.pending").waitFor({ state: "detached" });
    await say(desk, "use mycoffeeshop.com");
    await desk.page.locator(".card.approval.pending").getByRole("button", { name: "Approve" }).click();
    await desk.page.locator(".card.approval.pending").waitFor({ state: "detached" });
    await desk.page.getByText("mycoffeeshop.com").first().waitFor();
    expect(await accessibility(desk)).toEqual([]);
  });

  test("two windows and a reload show the same", async () => {
    const other = await another(desk);
    await other.page.goto(desk.page.url());
    await say(desk, "for both windows");
    for (const { page } of [desk, other]) await page.getByText("Echo: for both windows", { exact: true }).waitFor();
    const shownIn = (window: Window): Promise<string> => window.page.locator("#conversation").innerText();
    await until("both show the same", async () => (await shownIn(desk)) === (await shownIn(other)));
    const before = await shownIn(desk);
    await desk.page.reload();
    await desk.page.getByText("Echo: for both windows", { exact: true }).waitFor();
    // A reload shows the latest messages only; what both have must be the same, once its times are those of here.
    await expect.poll(async () => before.endsWith((await shownIn(desk)).slice(-500))).toBe(true);
    await other.page.close();
  });

  test("what is written while the network is away, and while the hub is dead, arrives once", async () => {
    await desk.page.context().setOffline(true);
    await say(desk, "written offline");
    await desk.page.context().setOffline(false);
    await desk.page.getByText("Echo: written offline", { exact: true }).waitFor();

    await hub.kill();
    await say(desk, "written to a dead hub");
    await hub.start();
    await desk.page.getByText("Echo: written to a dead hub", { exact: true }).waitFor();
    const prompts = await hub.prompts();
    for (const text of ["written offline", "written to a dead hub"]) {
      expect(prompts.filter((given) => given === text)).toHaveLength(1);
      expect(await desk.page.locator(".message.mine", { hasText: text }).count()).toBe(1);
    }
  });

  test("no text anybody can write runs as a script", async () => {
    const evil = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">[x](javascript:window.pwned=1)';
    await say(desk, evil);
    await desk.page.getByPlaceholder("New thread").fill(evil.slice(0, 100));
    await desk.page.getByRole("button", { name: "Begin" }).click();
    await desk.page.getByRole("heading", { name: "<script>" }).first().waitFor();
    await say(desk, `${evil} here`);
    await desk.page.locator(".message.hub", { hasText: "here" }).waitFor();
    await hub.cli("deploy", "announce", "--app", evil.slice(0, 90), "--state", "live", "--ref", evil.slice(0, 90));
    await desk.page.getByRole("searchbox").fill(evil.slice(0, 60));
    await desk.page.keyboard.press("Enter");
    await desk.page.waitForURL(/q=/);
    expect(await desk.page.evaluate("window.pwned")).toBeUndefined();
    await desk.page.goto(new URL("/", desk.page.url()).href);
    expect(await desk.page.evaluate("window.pwned")).toBeUndefined();
    expect(desk.complaints).toEqual([]);
  });

  test("on a phone, by touch: talk, approve, go to another thread; dark, too", async () => {
    const phone = await openWindow(browser, { ...PHONE, colorScheme: "dark" });
    await signIn(phone, hub, PIN);
    await say(phone, "approve red");
    const waiting = phone.page.locator(".card.approval.pending").getByRole("button", { name: "Approve" });
    await waiting.last().waitFor();
    await waiting.last().tap();
    await until("no approval waits", async () => (await waiting.count()) === 0);
    expect(await accessibility(phone)).toEqual([]);
    expect(await smallTargets(phone)).toEqual([]);
    const width = await phone.page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(390);
    await phone.page.getByRole("link", { name: "Threads" }).tap();
    await phone.page.getByRole("link", { name: /blue things/ }).tap();
    await phone.page.getByText("Echo: the colour is blue", { exact: true }).waitFor();
    await phone.page.context().close();
  });

  test("with the keyboard alone: a thread, a message, an approval", async () => {
    const keys = await another(desk);
    await keys.page.goto(new URL("/", desk.page.url()).href);
    const { page } = keys;
    const tabTo = async (name: string): Promise<void> => {
      for (let step = 0; step < 80; step += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(`(document.activeElement?.textContent ?? "").trim() === ${JSON.stringify(name)}`)) return;
      }
      throw new Error(`the Tab key never reached ${name}`);
    };
    await page.getByLabel("Message", { exact: true }).focus();
    await page.keyboard.type("approve red");
    await page.keyboard.press("Enter");
    await page.locator(".card.approval.pending").waitFor();
    await page.locator("body").press("Home");
    await page.getByRole("searchbox").focus();
    await tabTo("Approve");
    await page.keyboard.press("Enter");
    await page.locator(".card.approval.pending").waitFor({ state: "detached" });
    expect(await page.locator(".card.approval").last().innerText()).toContain("approved");
    await page.close();
  });

  test("without scripts: read, say, deny", async () => {
    const plain = await openWindow(browser, { javaScriptEnabled: false });
    await signIn(plain, hub, PIN);
    const home = plain.page.url();
    await say(plain, "approve red");
    await until("the card is there", async () => {
      await plain.page.goto(home);
      return (await plain.page.locator(".card.approval.pending").count()) > 0;
    });
    await plain.page.locator(".card.approval.pending").last().getByRole("button", { name: "Deny" }).click();
    await until("it is denied", async () => {
      await plain.page.goto(home);
      return (await plain.page.locator(".card.approval.pending").count()) === 0;
    });
    expect(await plain.page.locator(".card.approval").last().innerText()).toContain("denied");
    await plain.page.context().close();
  });

  test("signing out in one window ends the others", async () => {
    const other = await another(desk);
    await other.page.goto(new URL("/", desk.page.url()).href);
    await other.page.getByRole("button", { name: "Sign out" }).click();
    await other.page.getByText("mos-hub open").waitFor();
    await desk.page.getByText("mos-hub open").waitFor();
    expect(await desk.page.locator("#conversation").count()).toBe(0);
  });
});
