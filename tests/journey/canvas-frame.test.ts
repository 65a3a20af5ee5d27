/** An agent's own HTML in a real browser: it works as a page does, and nothing that a browser knows to do reaches anybody from there. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, openWindow, whyNoBrowser } from "../support/browser.ts";
import { type HubProcess, until } from "../support/hub-process.ts";
import { startPublicHub } from "../support/public-hub.ts";
import { ROOT } from "../support/repository.ts";

const missing = whyNoBrowser();
/** Long enough for what a browser does once it is idle. */
const REST_MS = 2000;

let hub: HubProcess;
let browser: Browser;
/** Somebody else's computer, on every way there is to it: whatever comes has got out. */
const came: string[] = [];
const http = createHttpServer((request, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end(request.url === "/free" ? free : "");
});
const tcp = createServer((socket) => void (came.push("tcp"), socket.destroy()));
const udp = createSocket("udp4", () => void came.push("udp"));
/** What that computer shows without any policy. */
let free = "";

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

describe.skipIf(missing !== undefined)(`an agent's own page (${missing ?? "in Chromium"})`, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    ({ hub } = await startPublicHub({}));
    browser = await launch();
    for (const server of [http, tcp]) await once(server.listen(0, "127.0.0.1"), "listening");
    await once(udp.bind(0, "127.0.0.1"), "listening");
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
    http.close();
    tcp.close();
    udp.close();
  });

  /** The link of a canvas with this page. */
  async function show(html: string): Promise<string> {
    const said = await hub.cli("chat", "--once", `show ${JSON.stringify({ title: "A page", content: { html } })}`, "--thread", "shown");
    return String(said.events.map(({ card }) => card as { url?: string } | undefined).find((card) => card?.url)?.url);
  }

  /** What the page's element `#said` says once it begins with `rested`; it is left once `isSeen`. */
  async function rested(link: string, on = browser, isSeen = () => true): Promise<string> {
    const { page } = await openWindow(on);
    // A name that nobody answers for may keep the rest of the page waiting.
    await page.goto(link, { waitUntil: "domcontentloaded" });
    const said = link.endsWith("/free") ? page.locator("#said") : page.frameLocator("iframe").locator("#said");
    await said.filter({ hasText: /^rested/ }).waitFor();
    const text = (await said.textContent()) ?? "";
    await until("what it does is seen", isSeen);
    await page.context().close();
    return text;
  }

  test("its frame is as tall as what stands in it, and never taller than the hub lets it", async () => {
    /** How tall its frame is once the page has told a height that is the last one. */
    const heightOf = async (html: string, isLast: (told: number) => boolean): Promise<number> => {
      const { page } = await openWindow(browser);
      await page.goto(await show(html));
      const frame = page.locator("iframe");
      await until("the page has told its height", async () => isLast(Number((await frame.getAttribute("data-height")) ?? Number.NaN)));
      const height = (await frame.boundingBox())?.height ?? 0;
      await page.context().close();
      return height;
    };
    const tallest = 600;
    const short = await heightOf("<p>One line.</p><p>Another.</p>", (told) => told > 0);
    expect(short).toBeGreaterThan(60);
    expect(short).toBeLessThan(200);
    const grown = `<p>One line.</p><script>setTimeout(() => document.body.append(...Array.from({ length: 9 }, () => document.createElement("hr"))), 500)</script>`;
    const more = await heightOf(grown, (told) => told > short);
    expect(more).toBeGreaterThan(short);
    expect(more).toBeLessThan(tallest);
    const lies = `<p>x</p><script>for (const said of ["1e9", {}, NaN, -1, 1e9]) parent.postMessage(said, "*")</script>`;
    expect(await heightOf(lies, (told) => told === 1e9)).toBe(tallest);
  });

  test("its scripts know each other, its handlers know them, and what it writes and listens for comes as on any page", async () => {
    const link = await show(`<!doctype html><html lang="en"><head><title>Shop</title><script>
        const cups = { count: 1 };
        function more(by) { cups.count += by; return cups.count; }
        document.addEventListener("DOMContentLoaded", () => order.push("ready"));
        addEventListener("load", () => order.push("load"));
        var order = ["head"];
      </script></head><body onload="order.push('body')"><p id="wrote">[<script>document.write("<b>" + (document.currentScript ? "here" : "lost") + "</b>");</script>]</p>
      <script>this is not JavaScript</script>
      <script type="application/json" id="data">{"cups": 3}</script>
      <script>const step = JSON.parse(document.getElementById("data").textContent).cups; let later = () => more(step); // the end</script>
      <script type="module">await undefined; order.push("module " + (this === undefined));</script>
      <button id="old" onclick="this.textContent = later() + ' ' + event.type; return false">0</button><div id="here"></div><p id="said">no</p>
      <script>
        document.getElementById("here").innerHTML = '<button id="new" onclick="this.textContent = more(1)">0</button>';
        setInterval(() => { document.getElementById("said").textContent = "so far " + order.join(", "); }, 50);
      </script></body></html>`);
    const { page } = await openWindow(browser);
    await page.goto(link);
    const frame = page.frameLocator("iframe");
    await frame.getByText("so far head, module true, ready, load, body", { exact: true }).waitFor();
    expect(await frame.locator("#wrote").innerText()).toBe("[here]");
    await frame.locator("#old").click();
    await frame.locator("#old", { hasText: /^4 click$/ }).waitFor();
    await frame.locator("#new").click();
    await frame.locator("#new", { hasText: /^5$/ }).waitFor();
    await page.context().close();
  });

  /** Tries to reach that computer by WebRTC, and says what it has for it. */
  const call = (from: string): string => `(() => {
    const has = typeof RTCPeerConnection + " " + typeof webkitRTCPeerConnection;
    ${from === "page" ? "window" : "parent"}.postMessage("${from} ran: " + has, "*");
    const line = new RTCPeerConnection({ iceServers: [
      { urls: "stun:127.0.0.1:${portOf(udp)}" }, { urls: "stun:rtc-${from}.leak.example" },
      { urls: "turn:127.0.0.1:${portOf(tcp)}?transport=tcp", username: "a", credential: "b" }] });
    line.createDataChannel("out");
    line.createOffer().then((offer) => line.setLocalDescription(offer));
  })()`;

  /** That page, and every way to a page within it whose scripts nobody has looked at. `own`: the script of the frame itself. */
  function caller(own: string): string {
    const inner = (from: string, before = ""): string => JSON.stringify(`${before}<script>${call(from)}</script>`).replaceAll("<", "\\x3c");
    return `<p id="said">no</p><script>
      const said = [];
      let resting;
      const rest = () => { document.getElementById("said").textContent = "rested: " + said.sort().join("; "); };
      const heard = (one) => { said.push(one); clearTimeout(resting); resting = setTimeout(rest, ${REST_MS}); };
      addEventListener("message", ({ data }) => heard(data));
      const add = (tag, set) => document.body.append(Object.assign(document.createElement(tag), set));
      const html = (text) => "data:text/html," + encodeURIComponent(text);
      add("iframe", { srcdoc: ${inner("srcdoc")} });
      add("iframe", { srcdoc: ${inner("behind", `<script>${own}</script>`)} });
      add("iframe", { srcdoc: ${JSON.stringify(`<img src="data:," onerror="${call("handler").replaceAll('"', "&quot;")}">`)} });
      add("iframe", { srcdoc: ${JSON.stringify(`<svg><script>${call("svg")}</script></svg>`).replaceAll("<", "\\x3c")} });
      add("iframe", { src: ${JSON.stringify(`javascript:${call("address")}`)} });
      add("iframe", { src: html(${inner("data")}) });
      add("iframe", { src: URL.createObjectURL(new Blob([${inner("blob")}], { type: "text/html" })) });
      add("object", { data: html(${inner("object")}) });
      add("embed", { src: html(${inner("embed")}) });
      for (const one of document.querySelectorAll("iframe")) try { new one.contentWindow.RTCPeerConnection(); heard("lent"); } catch {}
      try { ${call("page")}; } catch (thrown) { heard(thrown.name); }
    </script>`;
  }

  test("no call leaves it by WebRTC, which heeds no policy: not from the page, and not from any page within it", async () => {
    const own = await readFile(join(ROOT, "src/api/canvas/frame-script.js"), "utf8");
    expect(await rested(await show(caller(own)))).toBe(
      "rested: ReferenceError; behind ran: undefined undefined; page ran: undefined undefined",
    );
    expect(came).toEqual([]);
    // The same without a policy does call.
    free = caller("");
    const isCalled = () => came.includes("udp") && came.includes("tcp");
    const said = await rested(`http://127.0.0.1:${portOf(http)}/free`, browser, isCalled);
    expect(said).toContain("page ran: function function; srcdoc ran: function function");
  });

  test("no name is looked up, neither ahead nor for what is refused", async () => {
    const rels = ["dns-prefetch", "preconnect", "prefetch", "prerender", "preload", "modulepreload", "icon", "next"];
    const at = (name: string): string => `https://${name}.leak.example/`;
    const rules = { source: "list", urls: [at("speculated")], eagerness: "immediate" };
    const html = (
      restMs: number,
    ) => `<meta http-equiv="x-dns-prefetch-control" content="on">${rels.map((rel) => `<link rel="${rel}" as="image" href="${at(`link-${rel}`)}">`).join("")}
      <script type="speculationrules">${JSON.stringify({ prefetch: [rules], prerender: [rules] })}</script>
      <a href="${at("anchor")}">foreseen</a><img src="${at("image")}"><iframe src="${at("frame")}"></iframe>
      <iframe srcdoc='<meta http-equiv="refresh" content="0;url=${at("refresh")}">'></iframe><p id="said">no</p>
      <script>
        const heard = () => {};
        for (const rel of ${JSON.stringify(rels)})
          document.head.append(Object.assign(document.createElement("link"), { rel, as: "image", href: "https://script-" + rel + ".leak.example/" }));
        const tries = [() => fetch("${at("fetch")}").catch(() => {}), () => new WebSocket("wss://socket.leak.example/"), () => new EventSource("${at("events")}"),
          () => navigator.sendBeacon("${at("beacon")}"), () => new WebTransport("${at("transport")}"), () => import("${at("import")}").catch(() => {}),
          () => { ${call("page")} }];
        for (const one of tries) try { one(); } catch {}
        setTimeout(() => { document.getElementById("said").textContent = "rested"; }, ${restMs});
      </script>`;
    // What has to be seen is given longer than what must not be.
    free = html(3 * REST_MS);
    const look = async (link: string): Promise<string[]> => {
      const file = join(hub.dataDir, "net-log.json");
      const watched = await launch([`--log-net-log=${file}`]);
      await rested(link, watched).finally(() => watched.close());
      return [...new Set((await readFile(file, "utf8")).match(/[\w-]+(?=\.leak\.example)/g))].toSorted();
    };
    expect(await look(await show(html(REST_MS)))).toEqual([]);
    expect(await look(`http://127.0.0.1:${portOf(http)}/free`)).toEqual(
      expect.arrayContaining(["fetch", "frame", "image", "refresh", "rtc-page", "socket"]),
    );
  });
});
