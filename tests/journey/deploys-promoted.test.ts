/**
 * From staging to production on all four platforms and the console: asked for in a chat, approved there, carried out by a service, and told on the card
 * of what was promoted, on every platform.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Carrier, createCarrier } from "../support/carrier.ts";
import { type FivePlatforms, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { until } from "../support/hub-process.ts";

const SLOWLY = { timeout: 240_000 };
/** A platform that takes twenty messages a minute in one chat. */
const PACED_MS = 150_000;
/** Words stand for buttons there. */
const NO_BUTTONS: readonly Platform[] = ["matrix"];

let stage: FivePlatforms;
let ci: Carrier;
beforeAll(async () => {
  ci = await createCarrier();
  stage = await startFivePlatforms({
    environment: { CI_SECRET: ci.secret },
    config: (chats) => ({
      deploys: { routes: [{ chats }], carriers: [{ environment: "production", post: ci.url, secret_env: "CI_SECRET" }] },
    }),
  });
}, SLOWLY.timeout);
afterAll(async () => {
  await stage?.end();
  ci?.close();
});

const announce = (app: string, environment: string, sha: string) =>
  stage.hub.cli("deploy", "announce", "--app", app, "--environment", environment, "--state", "live", "--sha", sha);

test.each(PLATFORMS)("asked for and approved on %s", SLOWLY, async (platform) => {
  const [app, sha] = [`shop-${platform}`, platform.charCodeAt(0).toString(16).repeat(20)];
  await announce(app, "staging", sha);
  const staged = await stage.oneOnEach(app);
  for (const one of PLATFORMS)
    if (!NO_BUTTONS.includes(one)) expect([one, staged[one].buttons]).toEqual([one, [expect.objectContaining({ label: "Promote…" })]]);

  await stage.say(platform, `!promote ${app} staging`);
  const asked = await stage.oneOnEach(`Promote ${app} from staging to production`);
  await stage.whenEach(staged, "the card says who asks", ({ text }) => /\S asks to promote/.test(text));
  expect(ci.taken.some(({ action }) => action.app === app)).toBe(false);

  await stage.press(platform, asked[platform], "Approve");
  await stage.whenEach(asked, "it is approved", ({ text, buttons }) => /✅ Approved by \S/.test(text) && buttons.length === 0);
  const handed = () => ci.taken.filter(({ action }) => action.app === app);
  await until("the service has it", () => handed().length > 0);
  await stage.whenEach(staged, "the card says who has it", ({ text }) => text.includes("carries it out"));
  const action = { do: "deploy.promote", app, revision: sha, from: "staging", to: "production" };
  expect(handed().map((one) => one.action)).toEqual([expect.objectContaining(action)]);
  expect(ci.forged).toEqual([]);

  await announce(app, "production", sha);
  await stage.whenEach(staged, "its result is on the card", ({ text }) => text.includes("Promoted to production: live."));
  await productionOnEach(app);
});

/** One card of it in each home chat. */
async function productionOnEach(app: string): Promise<void> {
  for (const platform of PLATFORMS) {
    const cards = async () => (await stage.cardsOn(platform, app)).filter(({ text }) => /\(production\)\W*: 🟢 live/.test(text));
    await until(`${platform} shows it in production`, async () => (await cards()).length === 1, PACED_MS);
  }
}
