/** Makes the pictures of docs/pictures from the started program: `npm run pictures`. To be looked at before they are kept. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, openWindow, say, signIn, type Window } from "./browser.ts";
import { createHubProcess } from "./hub-process.ts";
import { ROOT } from "./repository.ts";

const PIN = "739215";
const FOLDER = join(ROOT, "docs/pictures");
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const hub = await createHubProcess({ MOS_HUB_PIN: PIN });
const browser = await launch();
try {
  await mkdir(FOLDER, { recursive: true });
  await hub.start();
  const desk = await openWindow(browser, { ...DESKTOP, colorScheme: "light" });
  await signIn(desk, hub, PIN);
  const home = desk.page.url();
  await say(desk, "Build me a landing page for my coffee shop");
  await desk.page.locator(".card.deploy.live").first().waitFor();
  await desk.page.getByPlaceholder("New thread").fill("Prices of the autumn");
  await desk.page.getByRole("button", { name: "Begin" }).click();
  await desk.page.getByRole("heading", { name: "Prices of the autumn" }).first().waitFor();
  await desk.page.goto(home);
  await say(desk, "go live");
  await desk.page.locator(".card.approval.pending").waitFor();
  await picture(desk, "desktop-light");
  for (const [name, options] of [
    ["desktop-dark", { ...DESKTOP, colorScheme: "dark" }],
    ["phone-light", { ...PHONE, colorScheme: "light" }],
    ["phone-dark", { ...PHONE, colorScheme: "dark" }],
  ] as const) {
    const window = await openWindow(browser, options);
    await signIn(window, hub, PIN);
    await window.page.locator(".card.approval.pending").waitFor();
    await picture(window, name);
  }
} finally {
  await browser.close();
  await hub.end();
}

async function picture({ page }: Window, name: string): Promise<void> {
  await page.locator("#end").scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
