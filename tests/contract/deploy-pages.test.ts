/** The pages of deploys at the started hub's door: who sees them, what they say of places, histories and set-ups, and that words stay words. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InProcessHub, startInProcess } from "../support/in-process-hub.ts";

let hub: InProcessHub;
let cookie: string;
beforeAll(async () => {
  hub = await startInProcess("limits: { requests_per_second: 100000 }\ndeploys: { check_urls: false }\n");
  cookie = await signedIn();
});
afterAll(() => hub.end());

async function signedIn(): Promise<string> {
  const { origin, searchParams } = new URL(await hub.hub.signInLink());
  const entered = await fetch(`${origin}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin, "content-type": "application/x-www-form-urlencoded" },
    body: `link=${searchParams.get("link")}`,
  });
  return String(entered.headers.get("set-cookie")).split(";")[0] ?? "";
}

/** With every run of spaces as one. */
async function see(path: string): Promise<string> {
  const response = await fetch(`${hub.url}${path}`, { headers: { cookie } });
  expect(response.status, path).toBe(200);
  return (await response.text()).replace(/\s+/g, " ");
}

const report = (news: Parameters<typeof hub.client.deploys.report>[0]) => hub.client.deploys.report(news);
const placesIn = (text: string): number => text.match(/<li id="place-dep_/g)?.length ?? 0;
const deploysIn = (text: string): string[] => [...text.matchAll(/<li id="(dep_\w+)"/g)].map(([, id = ""]) => id);

test("before the first deploy the page says how one gets there", async () => {
  const text = await see("/deploys");
  expect(text).toContain("No deploys yet");
  expect(text).toContain("mos-hub deploy wrap");
  expect(placesIn(text)).toBe(0);
});

describe("who may look", () => {
  test("nobody is led to the sign-in, and gets no stream", async () => {
    const page = await fetch(`${hub.url}/deploys?app=secret-app`, { redirect: "manual" });
    expect([page.status, page.headers.get("location"), await page.text()]).toEqual([303, "/sign-in", ""]);
    expect((await fetch(`${hub.url}/deploys/changes`)).status).toBe(401);
  });

  test("a token needs the scope read", async () => {
    const statuses = async (scopes: ("deploys" | "read")[]) => {
      const { token } = await hub.client.tokens.create({ name: `ci ${scopes.length}`, scopes });
      const headers = { authorization: `Bearer ${token}` };
      const stream = await fetch(`${hub.url}/deploys/changes`, { headers });
      await stream.body?.cancel();
      return [(await fetch(`${hub.url}/deploys`, { headers })).status, stream.status];
    };
    expect(await statuses(["deploys"])).toEqual([403, 403]);
    expect(await statuses(["deploys", "read"])).toEqual([200, 200]);
  });

  test("the stream says that there is something new, not what, and ends with the sign-out", async () => {
    const other = await signedIn();
    const stream = await fetch(`${hub.url}/deploys/changes`, { headers: { cookie: other } });
    const said: string[] = [];
    const ended = (async () => {
      for await (const piece of stream.body ?? []) said.push(Buffer.from(piece).toString());
    })();
    const news = () => said.join("").match(/data: deploys\n\n/g)?.length ?? 0;
    await expect.poll(news).toBe(1);
    await report({ app: "streamed", state: "live" });
    await expect.poll(news).toBeGreaterThan(1);
    expect(said.join("")).not.toContain("streamed");
    await fetch(`${hub.url}/sign-out`, { method: "POST", redirect: "manual", headers: { cookie: other, origin: hub.url } });
    await ended.catch(() => {});
    expect((await fetch(`${hub.url}/deploys/changes`, { headers: { cookie: other } })).status).toBe(401);
  });
});

test("what makers wrote is text, wherever it stands", async () => {
  const evil = `"><script>alert(1)</script> \u202egnp.exe`;
  const marked = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; ⟨U+202E⟩gnp.exe";
  const app = `evil ${evil}`;
  const base = { app, environment: evil, deploy_id: evil, revision: { sha: evil, ref: evil, subject: evil, author: evil } };
  await report({ ...base, state: "live", urls: { live: "https://page.example.internal/?<script>=%22" } });
  await report({ ...base, deploy_id: "2", state: "failed", failure_tail: evil });
  await report({ ...base, domain: { name: evil, state: "records", records: [evil], detail: evil } });
  await report({ ...base, setup: { kind: "payments", name: evil, state: "credential", detail: evil } });
  const query = new URLSearchParams({ app, environment: evil });
  for (const path of ["/deploys", `/deploys?q=${encodeURIComponent(evil)}`, `/deploys?${query}`, `/deploys?${query}&before=1`]) {
    const text = await see(path);
    expect(text).not.toContain("<script>");
    expect(text).not.toContain("\u202e");
    expect(text).toContain(marked);
  }
});

test("a path that no page has is refused in words", async () => {
  for (const query of ["app=", `app=${"x".repeat(101)}`, "app=a&before=0", "app=a&before=x", `q=${"x".repeat(201)}`])
    expect((await fetch(`${hub.url}/deploys?${query}`, { headers: { cookie } })).status, query).toBe(400);
  expect(await see("/deploys?app=unheard-of")).toContain("No deploy is known here.");
});

test("style and script come from the hub, under an address that changes with them, and nothing is inline", async () => {
  const response = await fetch(`${hub.url}/deploys`, { headers: { cookie } });
  const text = await response.text();
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(text).not.toMatch(/ style=| on\w+=|<style/);
  const files = [...text.matchAll(/(?:href|src)="(\/deploys\.(?:css|js)\?[\w-]{12})"/g)].map(([, path]) => path);
  expect(files).toHaveLength(2);
  for (const path of files) expect((await fetch(`${hub.url}${path}`)).headers.get("content-type")).toMatch(/^text\/(css|javascript)/);
});

test("a failure and what ended it lead to each other, and so do what is live and what it took the place of", async () => {
  const repository = "https://git.example.internal/shop";
  const deploy = (deploy_id: string, state: "building" | "failed" | "live", sha: string) =>
    report({ app: "tied", deploy_id, state, revision: { sha, repository }, urls: { logs: `https://logs.example.internal/${deploy_id}` } });
  await deploy("one", "live", "aaaaaaaaaaaa");
  await deploy("two", "building", "bbbbbbbbbbbb");
  await deploy("two", "failed", "bbbbbbbbbbbb");
  await deploy("three", "live", "cccccccccccc");
  const text = await see("/deploys?app=tied");
  const [three, two, one] = deploysIn(text);
  expect(text).toMatch(new RegExp(`This failure was ended by <a href="#${three}"`));
  expect(text).toMatch(new RegExp(`Ended the failure of <a href="#${two}"`));
  expect(text).toMatch(new RegExp(`Superseded by <a href="#${three}"`));
  expect(text).toMatch(new RegExp(`Live before it: <a href="#${one}"`));
  expect(text).toMatch(new RegExp(`Replaces <a href="#${one}">aaaaaaaaaa of`));
  expect(text).toContain(`href="${repository}/compare/aaaaaaaaaaaa...cccccccccccc"`);
  expect(text).toContain('href="https://logs.example.internal/two"');
  expect(text).toMatch(/building <span>(?:under 1|\d+) s<\/span> ?<\/li> ?<li class="failed"> ?failed/);
  expect(text).toContain("Of these 3, 1 failed.");
  expect(await see("/deploys?q=tied")).toContain("Of the last 3, 1 failed");
  await report({ app: "tied", deploy_id: "three", state: "rolled_back" });
  expect(await see("/deploys?app=tied")).toMatch(new RegExp(`Back to <a href="#${one}"`));
});

test("a set-up shows its steps, what is to be copied, and where it goes on; the list of places names what waits for somebody", async () => {
  const records = ["CNAME tied.example.org tied.example.internal", "TXT _check.tied.example.org 8f1d"];
  await report({ app: "set-up", state: "live" });
  await report({ app: "set-up", domain: { name: "tied.example.org", state: "records", records, detail: "It may take an hour." } });
  await report({
    app: "set-up",
    setup: { kind: "payments", name: "Baray", state: "credential", url: "https://pay.example.internal/keys" },
  });
  await report({ app: "set-up", setup: { kind: "login", name: "Google", state: "done" } });
  const text = await see("/deploys?app=set-up");
  expect(text).toMatch(/<li class="next" aria-current="step">.{0,60} Records<\/li>/);
  expect(text).toContain(`<code>${(await hub.client.deploys.list({ app: "set-up" })).deploys[0]?.setups?.[0]?.records?.join(" ")}</code>`);
  expect(text).toContain("It may take an hour.");
  expect(text).toContain('href="https://pay.example.internal/keys"');
  expect(text).toMatch(/Google <small>login<\/small>.{0,80}set up/);
  const overview = await see("/deploys?q=set-up");
  expect(overview).toMatch(/href="\/deploys\?app=set-up&amp;environment=production#setups" ?>tied\.example\.org: set these records/);
  expect(overview).toContain("Baray (payments): needs a credential");
  expect(overview).not.toContain("Google");

  await report({ app: "set-up", state: "building", deploy_id: "next" });
  await report({ app: "set-up", domain: { name: "tied.example.org", state: "live" } });
  const after = await see("/deploys?app=set-up");
  expect(after).toContain('href="https://tied.example.org"');
  expect(after).not.toContain("CNAME");
});

test("50 apps of 20 deploys are a short list, narrowed by name; a history comes in pages", { timeout: 240_000 }, async () => {
  for (let app = 0; app < 50; app += 1)
    for (let n = 0; n < 20; n += 1)
      await report({ app: `many-${app}`, deploy_id: `d${n}`, state: n % 7 === 3 ? "failed" : "live", revision: { sha: `${n}`.repeat(8) } });
  await report({ app: "many-7", deploy_id: "one-more", state: "queued" });
  const began = performance.now();
  const all = await see("/deploys");
  console.log(`1,001 deploys: ${Math.round(performance.now() - began)} ms, ${all.length} bytes`);
  expect(all.length).toBeLessThan(150_000);
  expect(placesIn(all)).toBeGreaterThanOrEqual(50);
  expect(deploysIn(all)).toEqual([]);
  expect(all).toMatch(/· \d on the way/);
  expect(placesIn(await see("/deploys?q=MANY-7"))).toBe(1);
  expect(await see("/deploys?q=nothing-like-it")).toContain("No app and no environment has “nothing-like-it” in its name.");

  const first = await see("/deploys?app=many-7");
  expect(deploysIn(first)).toHaveLength(20);
  const older = /href="([^"]*before=\d+)"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const second = await see(older);
  expect(deploysIn(second)).toHaveLength(1);
  expect(second).not.toContain("before=");
  expect(second).toContain("Latest deploys");
});

test("of more places than a page holds it says how many more there are", { timeout: 120_000 }, async () => {
  for (let app = 0; app < 61; app += 1) await report({ app: "crowd", environment: `preview-${app}`, state: "live" });
  const text = await see("/deploys?q=crowd");
  expect(placesIn(text)).toBe(60);
  expect(text).toContain("1 more place: find them by name above.");
});

test("a place is headed by what is live again after a rollback, and a failure names what is still live", async () => {
  const deploy = (deploy_id: string, state: "failed" | "live" | "rolled_back", sha?: string) =>
    report({
      app: "standing",
      deploy_id,
      state,
      revision: sha === undefined ? undefined : { sha },
      urls: { live: `https://${deploy_id}.example.internal` },
    });
  await deploy("one", "live", "aaaaaaaaaaaa");
  await deploy("two", "live");
  await deploy("two", "rolled_back");
  const [two, one] = deploysIn(await see("/deploys?app=standing"));
  const row = await see("/deploys?q=standing");
  expect(row).toMatch(new RegExp(`<li id="place-${one}" class="place live" data-said="standing, production: live">`));
  expect(row).toMatch(
    /aaaaaaaaaa<\/p>.*Live again, in place of two of <time[^>]*>[^<]* UTC<\/time>\..*href="https:\/\/one\.example\.internal"/,
  );
  const place = await see("/deploys?app=standing");
  expect(place).toMatch(/aria-label="Now">.*live<\/strong>.*aaaaaaaaaa<\/p> ?<p>Live again, in place of two of/);
  expect(place).toMatch(
    new RegExp(`<li id="${two}" class="rolled_back".*<p class="revision">two</p>.*Back to <a href="#${one}">aaaaaaaaaa of`),
  );
  expect(place).toMatch(new RegExp(`<li id="${one}" class="live".*Live again, in place of <a href="#${two}">two of`));

  expect(place).toContain("Of these 2, none failed.");
  expect(place).not.toContain("It usually takes");

  for (let n = 0; n < 12; n += 1) await deploy(`failed-${n}`, "failed");
  const failed = await see("/deploys?q=standing");
  expect(failed).toMatch(/class="place failed".*failed<\/strong>.*Live now: aaaaaaaaaa of <time.*href="https:\/\/one\.example\.internal"/);
  expect(await see("/deploys?app=standing")).toMatch(/aria-label="Now">.*failed<\/strong>.*Live now: aaaaaaaaaa of/);
  const { deploys } = await hub.client.deploys.list({ app: "standing" });
  expect(deploys.map(({ live }) => live?.id)).toEqual([one, ...deploys.slice(1).map(() => undefined)]);
  expect(deploys[0]?.live).toMatchObject({ deploy_id: "one", words: expect.stringMatching(/^live now: `aaaaaaaaaa` of .* UTC$/) });
  expect(deploys.at(-1)?.state).toBe("live");
  expect((await hub.client.deploys.get("two")).live?.id).toBe(one);
  expect((await hub.client.deploys.get("one")).live).toBeUndefined();
});
