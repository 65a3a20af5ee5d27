/** A headless Chromium of the system against a started hub, signed in as a person would be: with the link and the PIN. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { HubProcess } from "./hub-process.ts";

const EXECUTABLE = "/usr/bin/chromium";
/** As root, and without Chromium's own calls to the outside. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Why there is no browser here; undefined when there is one. */
export function whyNoBrowser(): string | undefined {
  if (process.env["MOS_HUB_REQUIRE_REAL"] === "1") return undefined;
  const works = existsSync(EXECUTABLE) && spawnSync(EXECUTABLE, ["--version"]).status === 0;
  return works ? undefined : `${EXECUTABLE} is not installed`;
}

export function launch(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: [...FLAGS, ...more] });
}

export interface Window {
  readonly page: Page;
  /** What the page complained of: errors of scripts, and what its content policy stopped. */
  readonly complaints: string[];
}

export async function openWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  return watch(await context.newPage());
}

/** Another window of the same person. */
export async function another({ page }: Window): Promise<Window> {
  return watch(await page.context().newPage());
}

function watch(page: Page): Window {
  // For a machine that is busy with something else, as the deadlines of the tests are.
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (said) => {
    // A connection that is cut on purpose is no fault of the page.
    if (said.type() === "error" && !/net::ERR|Failed to load resource/.test(said.text())) complaints.push(said.text());
  });
  return { page, complaints };
}

export async function linkOf(hub: HubProcess): Promise<string> {
  return String((await hub.cli("open")).events[0]?.["url"]);
}

export async function signIn({ page }: Window, hub: HubProcess, pin: string): Promise<void> {
  await page.goto(await linkOf(hub));
  await page.getByLabel("Your PIN").fill(pin);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/connectors\//);
}

export async function say({ page }: Window, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Serious and critical findings of axe, each in a line. */
export async function accessibility({ page }: Window): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}
