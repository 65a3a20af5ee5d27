/** A form of the agent's on all four platforms and the console: its card where it was asked for, looked at by link, answered as oneself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { threadList, threadPage } from "../../connectors/console/entry.ts";
import { type FivePlatforms, type Platform, PLATFORMS, startFivePlatforms } from "../support/five-platforms.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/hub-process.ts";
import { isRightEverywhere } from "../support/mirrored-stories.ts";
import type { Shown } from "../support/stands/stand.ts";
import { ANN, shownIn } from "../support/telegram-bench.ts";

const SLOWLY = { timeout: 300_000 };
/** A platform that takes twenty messages a minute in one chat. */
const PACED_MS = 150_000;
const LINK = /(http:\/\/127\.0\.0\.1:\d+)\/canvas\/(cnv_[\w-]+)#([\w-]{43})/;

let stage: FivePlatforms;
beforeAll(async () => {
  // Links need an address.
  const port = await freePort();
  stage = await startFivePlatforms({ environment: { MOS_HUB_PORT: `${port}`, MOS_HUB_PUBLIC_URL: `http://127.0.0.1:${port}` } });
}, SLOWLY.timeout);
afterAll(() => stage?.end());

/** In whatever thread it stands. */
async function shown(platform: Platform, what: string, isIt: (one: Shown) => boolean): Promise<Shown> {
  let found: Shown | undefined;
  const isShown = async (): Promise<boolean> => {
    found = (await stage.stands[platform].shown()).findLast(isIt);
    return found !== undefined;
  };
  await until(`${platform} shows ${what}`, isShown, PACED_MS);
  if (!found) throw new Error(what);
  return found;
}

const linkIn = ({ text, buttons }: Shown): string => LINK.exec([text, ...buttons.map(({ url }) => url)].join(" "))?.[0] ?? "";
const isCard = (one: Shown): boolean => one.text.includes("Your coffee") && linkIn(one) !== "";

/** As the page does it: by the link itself, or in a browser that is signed in. */
async function open(link: string, session = "") {
  const [, origin = "", id = "", secret = ""] = LINK.exec(link) ?? [];
  const call = (path: string, cookie: string, body?: unknown): Promise<Response> =>
    fetch(`${origin}/canvas/${id}/${path}`, {
      headers: { "content-type": "application/json", origin, cookie },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  const opened = await call("open", session, { link: session === "" ? secret : "" });
  const cookie = [session, opened.headers.get("set-cookie")?.split(";")[0]].filter(Boolean).join("; ");
  return {
    look: async () => (await call("view", cookie)).text(),
    send: (body: unknown) => call("submit", cookie, body),
    decide: (body: unknown) => call("decide", cookie, body),
  };
}

test.each(PLATFORMS)("the card and its link on %s", SLOWLY, async (platform) => {
  await stage.say(platform, "survey");
  const card = await shown(platform, "the card", isCard);
  const page = await open(linkIn(card));
  expect(await page.look()).toContain("open a link of your own");
  const answer = { id: crypto.randomUUID(), revision: 1, button: "Order", values: { coffee: "Mocha" } };
  expect((await page.send(answer)).status).toBe(403);
});

test.each(["discord", "slack"] as const)("answered as oneself after a press on %s: the thread shows who", SLOWLY, async (platform) => {
  const card = await shown(platform, "the card", isCard);
  await stage.press(platform, card, "Open as me");
  const own = await shown(platform, "a link for her alone", ({ text }) => text.includes("as Ann") && LINK.test(text));
  const page = await open(linkIn(own));
  expect(await page.look()).toContain("<strong>Ann</strong>");
  const answer = { id: crypto.randomUUID(), revision: 1, button: "Order", values: { coffee: `Mocha on ${platform}` } };
  expect((await page.send(answer)).status).toBe(204);
  await shown(
    platform,
    "who it was",
    ({ text, thread }) => text.includes(`Mocha on ${platform}`) && text.includes("Ann") && thread === card.thread,
  );
});

/** Of the console's card, which has no button for it. */
const codeShown = async (): Promise<string> =>
  /!canvas (\w{3}-\w{3})/.exec((await shown("console", "the card", isCard)).text)?.[1] ?? "no code";

/** Where each says that a person has a link of their own, or may have one elsewhere. */
const OWN_LINK: Readonly<Record<Platform, RegExp>> = {
  discord: /as Ann, to be opened/,
  slack: /as Ann, to be opened/,
  // A bot may write to nobody there who has not written to it.
  telegram: /^I could not tell you alone\. Write that to me in a direct message\.$/,
  matrix: /^Others read here too\. Write that to me in a direct message\.$/,
  console: /to be opened within ten minutes/,
};

test.each(PLATFORMS)("asked for by its code before others on %s, a link of one's own is no link for others", SLOWLY, async (platform) => {
  const code = await codeShown();
  const before = (await stage.stands[platform].shown()).map(({ id }) => id);
  await stage.say(platform, `!canvas ${code}`);
  await shown(platform, "the answer", ({ id, text }) => !before.includes(id) && OWN_LINK[platform].test(text));
  expect((await seenByOthers[platform]()).filter((text) => /to be opened within/.test(text))).toEqual([]);
});

test("who has written to the bot on Telegram gets it in private", SLOWLY, async () => {
  const alone = stage.stands.telegram.fake.addChat({ id: ANN.id, type: "private", title: "Ann" });
  await stage.say("telegram", `!canvas ${await codeShown()}`);
  await until("she has her link", async () => shownIn(alone).some(({ text }) => /as Ann, to be opened within/.test(text)));
  expect((await seenByOthers.telegram()).filter((text) => /to be opened within/.test(text))).toEqual([]);
});

/** What somebody else reads where Ann asked. */
const seenByOthers: Readonly<Record<Platform, () => Promise<string[]>>> = {
  async discord() {
    const { world } = stage.stands.discord.fake;
    const isInServer = (id: string): boolean => world.channels.get(id)?.guildId !== undefined;
    return world.messages.flatMap(({ channelId, onlyFor, content }) => (onlyFor === undefined && isInServer(channelId) ? [content] : []));
  },
  slack: async () => stage.stands.slack.fake.world.messages.flatMap(({ onlyFor, text }) => (onlyFor === undefined ? [text] : [])),
  telegram: async () => (await stage.stands.telegram.shown()).map(({ text }) => text),
  matrix: async () => (await stage.stands.matrix.shown()).map(({ text }) => text),
  async console() {
    const { url } = await stage.hub.address();
    const headers = { cookie: await stage.stands.console.signIn("Ann") };
    const read = async (path: string) => (await fetch(new URL(`/connectors/console/threads${path}`, url), { headers })).json();
    const { threads } = threadList.parse(await read(""));
    const pages = await Promise.all(threads.map(async ({ id }) => threadPage.parse(await read(`/${id}?limit=200`))));
    return pages.flatMap(({ messages }) => messages.map(({ text }) => text));
  },
};

test("revoked: the card says so on all five", SLOWLY, async () => {
  const [listed] = (await stage.hub.cli("canvas", "list")).events;
  const open = ((listed?.["canvases"] ?? []) as { id: string; state: string }[]).filter(({ state }) => state === "open");
  expect(open).toHaveLength(PLATFORMS.length);
  for (const { id } of open) expect((await stage.hub.cli("canvas", "revoke", id)).code).toBe(0);
  for (const platform of PLATFORMS) {
    const card = await shown(platform, "revoked", ({ text }) => text.includes("Your coffee") && text.includes("(revoked)"));
    expect([platform, linkIn(card), card.buttons]).toEqual([platform, "", []]);
  }
});

test.each(PLATFORMS)("an approval below a canvas on %s, decided on its page: each copy on all five says who", SLOWLY, async (platform) => {
  const asked = await stage.ask(platform, "review");
  const link = linkIn(await shown(platform, "the canvas", (one) => one.text.includes("The autumn menu") && linkIn(one) !== ""));
  const [, code = ""] = /approve (\w{3}-\w{3})/.exec(asked.console.text) ?? [];
  const [approval] = (await stage.hub.cli("approvals", "show", code)).events;
  const vote = { approval: approval?.["id"], verdict: "approve", reason: "good soup" };
  // Whoever has the link only sees it.
  expect((await (await open(link)).decide(vote)).status).toBe(401);
  const page = await open(link, await stage.stands.console.signIn("Ann"));
  expect((await page.decide(vote)).status).toBe(200);
  await stage.whenEach(asked, "it says who and why", ({ text }) => text.includes("✅ Approved by Ann: good soup."));
  await isRightEverywhere(stage, asked, platform);
});
