/** Files on the page, each way a person gives them: a real browser, the started program, a real agent process and what lies in its workspace. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibility, launch, openWindow, say, signIn, whyNoBrowser, type Window } from "../support/browser.ts";
import { freePort } from "../support/free-port.ts";
import { createHubProcess, type HubProcess, until } from "../support/hub-process.ts";

const PIN = "739215";
const FILE_BYTES = 2_000_000;
/** The smallest picture there is. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const missing = whyNoBrowser();

let hub: HubProcess;
let browser: Browser;
let desk: Window;

interface Prompt {
  readonly event: string;
  readonly text: string;
  readonly files?: readonly { readonly name: string; readonly mimeType: string; readonly sizeBytes: number }[];
}

/** What the agent was given, prompt by prompt. */
function prompts(): Prompt[] {
  const file = join(hub.dataDir, "agents", "rehearsal-ledger.jsonl");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line) as Prompt).filter(({ event }) => event === "prompt");
}

async function promptWith(name: string): Promise<Prompt> {
  const find = (): Prompt | undefined => prompts().find(({ files = [] }) => files.some((file) => file.name === name));
  await until(`the agent has ${name}`, () => find() !== undefined);
  return find() as Prompt;
}

/** The files of this name in the agent's workspace. */
function inWorkspace(name: string): Buffer[] {
  const folder = join(hub.dataDir, "agents", "workspace");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => path.endsWith(`/${name}`)).map((path) => readFileSync(join(folder, path)));
}

const chosen = () => desk.page.getByRole("list", { name: "Files to send" }).getByRole("listitem");
const ready = (count: number) => until(`${count} are ready`, async () => (await chosen().getByText("ready to send").count()) === count);
const send = () => desk.page.getByRole("button", { name: "Send", exact: true }).click();

/** A drag with these files over and onto what is at the selector. */
async function drop(selector: string, files: readonly { name: string; type: string; base64: string }[]): Promise<void> {
  await desk.page.evaluate(
    `(() => {
      const data = new DataTransfer();
      for (const { name, type, base64 } of ${JSON.stringify(files)})
        data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
      const target = document.querySelector(${JSON.stringify(selector)});
      for (const kind of ["dragenter", "dragover", "drop"])
        target.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    })()`,
  );
}

describe.skipIf(missing !== undefined)(`files on a page (${missing ?? "in Chromium"})`, () => {
  beforeAll(async () => {
    // The same over a restart.
    hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_PORT: `${await freePort()}` });
    writeFileSync(join(hub.dataDir, "hub.yaml"), `limits: { file_bytes: ${FILE_BYTES} }\n`);
    await hub.start();
    browser = await launch();
    desk = await openWindow(browser, { permissions: ["clipboard-read", "clipboard-write"] });
    await signIn(desk, hub, PIN);
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.end();
  });

  test("dropped onto the conversation, several at once, with a text", async () => {
    const bytes = randomBytes(300_000);
    await drop("#conversation", [
      { name: "plan.bin", type: "application/octet-stream", base64: bytes.toString("base64") },
      { name: "two.txt", type: "text/plain", base64: btoa("two") },
    ]);
    await ready(2);
    expect(await accessibility(desk)).toEqual([]);
    await say(desk, "both of these");
    const { text, files = [] } = await promptWith("plan.bin");
    expect([text, files.map(({ name }) => name)]).toEqual(["both of these", ["plan.bin", "two.txt"]]);
    expect(inWorkspace("plan.bin")).toEqual([bytes]);
    await until("nothing is left to be sent", async () => (await chosen().count()) === 0);
    await desk.page.locator(".message.mine .files a", { hasText: "plan.bin" }).waitFor();
  });

  test("a picture pasted, sent without a word", async () => {
    await desk.page.evaluate(
      `navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([Uint8Array.from(atob("${PIXEL}"), (letter) => letter.charCodeAt(0))], { type: "image/png" }) })])`,
    );
    await desk.page.getByLabel("Message", { exact: true }).focus();
    await desk.page.keyboard.press("Control+V");
    await ready(1);
    await send();
    const { text, files } = await promptWith("image.png");
    expect([text, files?.[0]?.mimeType]).toEqual(["", "image/png"]);
    await desk.page.locator(".message.mine", { hasText: "image.png" }).waitFor();
    expect(await desk.page.locator(".message.mine", { hasText: "image.png" }).locator(".text").count()).toBe(0);
  });

  test("chosen by the keyboard alone; one is taken back", async () => {
    const { page } = desk;
    // The browser is told now to hand choosers over, and not only as one opens.
    page.on("filechooser", () => {});
    await page.getByLabel("Message", { exact: true }).focus();
    await page.keyboard.press("Shift+Tab");
    await page.waitForFunction("document.activeElement.type === 'file'");
    const opened = page.waitForEvent("filechooser");
    await page.keyboard.press("Enter");
    await (
      await opened
    ).setFiles([
      { name: "keys.txt", mimeType: "text/plain", buffer: Buffer.from("keys") },
      { name: "not-this.txt", mimeType: "text/plain", buffer: Buffer.from("no") },
    ]);
    await ready(2);
    await page.getByRole("button", { name: "Remove not-this.txt" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    expect((await promptWith("keys.txt")).files?.map(({ name }) => name)).toEqual(["keys.txt"]);
  });

  test("a name that is markup is a name", async () => {
    const name = '<img src=x onerror="window.pwned=1">.txt';
    await drop("body", [{ name, type: "text/plain", base64: btoa("evil") }]);
    await ready(1);
    expect(await chosen().innerText()).toContain("<img src=x");
    await say(desk, "markup");
    await until("the agent has it", () => prompts().some(({ text, files }) => text === "markup" && files?.length === 1));
    await desk.page.locator(".message.mine", { hasText: "markup" }).locator(".files a").waitFor();
    expect(await desk.page.evaluate("window.pwned")).toBeUndefined();
    expect(desk.complaints).toEqual([]);
  });

  test("one too large says so at once, is not sent up, and holds the message back until it is removed", async () => {
    await desk.page.setInputFiles("#files", [
      { name: "big.iso", mimeType: "application/octet-stream", buffer: Buffer.alloc(FILE_BYTES + 1) },
      { name: "small.txt", mimeType: "text/plain", buffer: Buffer.from("small") },
    ]);
    await chosen().getByText("has 1.9 MiB; at most 1.9 MiB are taken.").waitFor();
    await ready(1);
    await say(desk, "with a large one");
    await desk.page.getByText("Not sent: a file could not be taken.").waitFor();
    expect(await desk.page.getByLabel("Message", { exact: true }).inputValue()).toBe("with a large one");
    await desk.page.getByRole("button", { name: "Remove big.iso" }).click();
    await send();
    const { text, files } = await promptWith("small.txt");
    expect([text, files?.length]).toEqual(["with a large one", 1]);
  });

  test("on a slow line: how far it is is shown; with the hub killed in the middle it says so and is tried again; the message goes once", async () => {
    const { page } = desk;
    const line = await page.context().newCDPSession(page);
    const slow = { offline: false, latency: 200, downloadThroughput: 50_000, uploadThroughput: 200_000 };
    await line.send("Network.enable");
    await line.send("Network.emulateNetworkConditions", slow);
    await page.setInputFiles("#files", { name: "slow.bin", mimeType: "application/octet-stream", buffer: randomBytes(1_000_000) });
    await until("it is on its way", async () => /[1-9]\d? %/.test(await chosen().innerText()));
    expect(Number(await page.getByRole("progressbar").getAttribute("value"))).toBeGreaterThan(0);
    await hub.kill();
    await chosen().getByText("was not sent: the hub does not answer.").waitFor();
    await hub.start();
    await page.getByRole("button", { name: "Try slow.bin again" }).click();
    await say(desk, "slowly but whole");
    await page.getByText("Sent as soon as the files are up.").waitFor();
    // Impatience sends nothing twice.
    await page.getByLabel("Message", { exact: true }).press("Enter");
    const { files } = await promptWith("slow.bin");
    expect(files).toHaveLength(1);
    await line.send("Network.emulateNetworkConditions", { ...slow, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await page.locator(".message.hub", { hasText: "Echo: slowly but whole" }).waitFor();
    expect(prompts().filter(({ text }) => text === "slowly but whole")).toHaveLength(1);
    expect(inWorkspace("slow.bin").map(({ length }) => length)).toEqual([1_000_000]);
  });

  test("without scripts: a file alone", async () => {
    const plain = await openWindow(browser, { javaScriptEnabled: false });
    await signIn(plain, hub, PIN);
    await plain.page.setInputFiles("#files", { name: "plain.txt", mimeType: "text/plain", buffer: Buffer.from("plain") });
    await plain.page.getByRole("button", { name: "Send", exact: true }).click();
    expect((await promptWith("plain.txt")).text).toBe("");
    await plain.page.locator(".message.mine", { hasText: "plain.txt" }).waitFor();
    await plain.page.getByRole("button", { name: "Send", exact: true }).click();
    await plain.page.getByText("neither a text nor a file").waitFor();
    await plain.page.context().close();
  });
});
