/** Approvals below a canvas, in a real browser against the started program: decided by who is signed in, by nothing else on the page. */
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CanvasShare } from "../../src/contract/canvas.ts";
import { accessibility, another, launch, openWindow, say, signIn, whyNoBrowser, type Window } from "../support/browser.ts";
import { type HubProcess, until } from "../support/hub-process.ts";
import { startPublicHub } from "../support/public-hub.ts";

const PIN = "739215";
const missing = whyNoBrowser();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** After that long a person has seen what moved. */
const SEEN_MS = 600;
const JUST_MOVED = "This has just moved, so nothing was decided.";

let hub: HubProcess;
let browser: Browser;
let threads = 0;

describe.skipIf(missing !== undefined)(`approvals below a canvas (${missing ?? "in Chromium"})`, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    ({ hub } = await startPublicHub({ MOS_HUB_PIN: PIN }));
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
  });

  /** A canvas of whatever waits, and below it what the agent asks then. `decided` resolves with what the agent says of it. */
  async function waiting(content: CanvasShare["content"] = {}, asks = "permission") {
    const thread = `t${(threads += 1)}`;
    const share = JSON.stringify({ title: "What waits", content: { ...content, approvals: "waiting" } });
    const shown = await hub.cli("chat", "--once", `show ${share}`, "--thread", thread);
    const cards = shown.events.map(({ card }) => card as { type?: string; url?: string } | undefined);
    const link = cards.find((card) => card?.type === "canvas")?.url ?? "";
    const decided = hub.cli("chat", "--once", asks, "--thread", thread);
    return { link, decided };
  }

  async function signedIn(link: string): Promise<Window> {
    const desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
    await desk.page.goto(link);
    await desk.page.getByRole("button", { name: "Approve" }).waitFor();
    return desk;
  }

  /** As a person does: once what moved has been seen, and again where the page says that it has moved since. */
  async function press(page: Page, name: string, how: "click" | "dblclick" = "click"): Promise<void> {
    do {
      await pause(SEEN_MS);
      await page.getByRole("button", { name })[how]();
    } while (await page.getByText(JUST_MOVED).isVisible());
  }

  const state = (page: Page, words: string) => page.locator(".card .state", { hasText: words }).waitFor();
  /** What the audit log has of one approval. */
  async function recorded(code: string): Promise<string[]> {
    const [said] = (await hub.cli("approvals", "show", code)).events;
    const [listed] = (await hub.cli("audit", "list", "--limit", "500")).events;
    const entries = listed?.["entries"] as { what: string; subject: string; facts: Record<string, unknown> }[];
    return entries
      .filter(({ subject, what }) => subject === said?.["id"] && what === "approval.approved")
      .map(({ what, facts }) => `${what} ${String(facts["via"])}`);
  }

  test("decided by a double click of who is signed in: the agent goes on, every copy follows, and a link's holder only sees it", async () => {
    const desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
    await say(desk, "review");
    const card = desk.page.getByRole("link", { name: "The autumn menu" });
    await card.waitFor();
    const { page, complaints } = await another(desk);
    await page.goto(new URL((await card.getAttribute("href")) ?? "", desk.page.url()).href);
    await page.getByRole("heading", { name: "Put the autumn menu online" }).waitFor();
    expect(await page.getByLabel("The exact action").textContent()).toContain("command[1]: deploy");
    expect(await accessibility({ page, complaints })).toEqual([]);
    const code = (await page.locator(".card .kind code").textContent()) ?? "";
    await page.getByLabel("Reason").fill("good soup");
    await press(page, "Approve", "dblclick");
    await state(page, "approved");
    await desk.page.getByText("It was approved by").first().waitFor();
    await desk.page.locator(".card.approval:is(.approved, .consumed)").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
    expect(await recorded(code)).toEqual(["approval.approved canvas"]);
    expect(complaints).toEqual([]);
    await desk.page.context().close();
  });

  test("who has a link sees it come, reads what to type, and sees what became of it; a vote with their cookie is refused", async () => {
    const { link, decided } = await waiting({ markdown: "The change." });
    const { page, complaints } = await openWindow(browser, PHONE);
    await page.goto(link);
    await page.getByText("To decide, write").waitFor();
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await accessibility({ page, complaints })).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const approval = await page.locator(".card").getAttribute("id");
    const forged = await page.evaluate(
      `fetch(location.pathname + "/decide", { method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify({ approval: "${approval}", verdict: "approve" }) }).then((answer) => answer.status)`,
    );
    expect(forged).toBe(401);
    const desk = await signedIn(link);
    await state(page, "waits");
    // What cannot be taken back is not approved by a press in passing.
    await press(desk.page, "Approve");
    await desk.page.getByText("is approved only with its code typed").waitFor();
    await state(page, "waits");
    await desk.page.getByLabel(/^Type/).fill((await desk.page.locator(".card .kind code").textContent()) ?? "");
    await press(desk.page, "Approve");
    await state(page, "approved");
    expect((await decided).stdout).toContain("I was allowed to, once.");
    expect(complaints).toEqual([]);
    await page.context().close();
    await desk.page.context().close();
  });

  test("an agent's own page above an approval cannot decide it, by message, script, form or by being led there", async () => {
    const html = `<p id="said">no</p><button id="lead">Look at this</button>
      <script>
        const tried = [];
        const at = location.href.replace(/\\/page\\/.*/, "");
        const attempt = (name, work) => { try { const done = work(); if (done?.then) done.then(() => tried.push(name + " REACHED"), () => {}); tried.push(name); } catch { tried.push(name + " refused"); } };
        const vote = JSON.stringify({ approval: "apr_which_an_agent_knows", verdict: "approve" });
        attempt("fetch", () => fetch(at + "/decide", { method: "POST", credentials: "include", mode: "no-cors", body: vote }));
        attempt("beacon", () => navigator.sendBeacon(at + "/decide", vote));
        attempt("xhr", () => { const x = new XMLHttpRequest(); x.open("POST", at + "/decide"); x.send(vote); });
        attempt("message", () => parent.postMessage(vote, "*"));
        attempt("press", () => parent.document.querySelector("button[value=approve]").click());
        attempt("form", () => { const f = document.createElement("form"); f.method = "post"; f.action = at + "/decide"; document.body.append(f); f.submit(); });
        attempt("lead", () => { parent.location = at + "/decide"; });
        document.getElementById("said").textContent = "ran: " + tried.join(", ");
        document.getElementById("lead").addEventListener("click", () => { location.href = at + "/decide"; });
      </script>`;
    const { link, decided } = await waiting({ html });
    const desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
    const answered: string[] = [];
    // What the policy of the frame stops is sent and never answered.
    desk.page.on("response", (response) => response.request().method() === "POST" && answered.push(new URL(response.url()).pathname));
    await desk.page.goto(link);
    const frame = desk.page.frameLocator("iframe").first();
    const said = await frame.locator("#said", { hasText: /^ran:/ }).textContent();
    expect(said).toMatch(/ran: .*press refused.*form.*lead refused/);
    await desk.page.getByRole("button", { name: "Approve" }).waitFor();
    await frame.locator("#lead").click();
    await until("the frame was kept from going elsewhere", () =>
      desk.page.frames().some((one) => one.url().startsWith("chrome-error:") || one.url().endsWith("/decide")),
    );
    expect(answered.filter((path) => path.endsWith("/decide"))).toEqual([]);
    await state(desk.page, "waits");
    await press(desk.page, "Deny");
    await state(desk.page, "denied");
    expect((await decided).stdout).toContain("I was not allowed to.");
    await desk.page.context().close();
  });

  test("what has just moved under the pointer decides nothing", async () => {
    const { link, decided } = await waiting({ markdown: "The change." }, "approve red");
    const { page } = await signedIn(link);
    await page.getByLabel("Reason").fill("soon");
    // As a new version above it does, and a press that was already on its way.
    await page.evaluate(`new Promise((done) => {
      const main = document.querySelector("main");
      const press = () => document.querySelector("button[value=approve]").dispatchEvent(new MouseEvent("click", { detail: 1, bubbles: true, cancelable: true }));
      let isMoved = false;
      new ResizeObserver(() => {
        if (isMoved) done(press());
        else setTimeout(() => { isMoved = true; main.style.minHeight = main.offsetHeight + 300 + "px"; });
      }).observe(main);
    })`);
    await page.getByText(JUST_MOVED).waitFor();
    await state(page, "waits");
    await pause(SEEN_MS);
    await page.getByLabel("Reason").press("Enter");
    await state(page, "waits");
    expect(await page.getByLabel("Reason").inputValue()).toBe("soon");
    await press(page, "Deny");
    await state(page, "denied");
    expect((await decided).stdout).toContain("It was denied: soon.");
    await page.context().close();
  });
});
