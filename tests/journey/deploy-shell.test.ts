/** `mos-hub deploy list` and `show`, as a person and as a program read them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess, type HubProcess, type Said } from "../support/hub-process.ts";

const SECRET = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
const DAY_AND_TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;

let hub: HubProcess;
beforeAll(async () => {
  hub = await createHubProcess();
  await hub.start();
}, 240_000);
afterAll(() => hub.end());

const announce = (app: string, environment: string, id: string, state: string): Promise<Said> =>
  hub.cli("deploy", "announce", "--app", app, "--environment", environment, "--id", id, "--state", state);

async function listed(...more: string[]): Promise<unknown[]> {
  const [found] = (await hub.cli("deploy", "list", ...more)).events;
  return ((found?.["deploys"] ?? []) as { app: string; environment: string; state: string }[]).map(({ app, environment, state }) =>
    [app, environment, state].join(" "),
  );
}

test("a failed command is shown with its masked last lines and its course", { timeout: 240_000 }, async () => {
  const script = `for n in 1 2 3; do echo step $n; done; echo token ${SECRET}; exit 3`;
  const wrapped = ["deploy", "wrap", "--app", "shop", "--id", "release-1", "--sha", "0123456789abcdef", "--", "sh", "-c", script];
  expect((await hub.shell(...wrapped)).code).toBe(3);

  const [shown] = (await hub.cli("deploy", "show", "release-1")).events;
  expect(shown).toMatchObject({ type: "deploy", app: "shop", environment: "production", state: "failed", deploy_id: "release-1" });
  expect(shown?.["course"]).toEqual(["queued", "building", "failed"].map((state) => expect.objectContaining({ state })));
  expect(shown?.["failureTail"]).toMatch(/step 3\ntoken \S+$/);
  expect(JSON.stringify(shown)).not.toContain(SECRET);
  expect((await hub.cli("deploy", "show", String(shown?.["id"]))).events).toEqual([shown]);

  const { code, stdout, stderr } = await hub.shell("deploy", "show", "release-1");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/shop/);
  expect(stdout).toContain("step 3");
  expect(stdout).not.toContain(SECRET);
  expect(stdout).toMatch(new RegExp(`\\n${DAY_AND_TIME}  queued\\n${DAY_AND_TIME}  building\\n${DAY_AND_TIME}  failed\\n$`));
});

test("the list is the history of an app in an environment, newest first, or the latest of all", { timeout: 240_000 }, async () => {
  await announce("blog", "production", "1", "live");
  await announce("blog", "staging", "2", "live");
  await announce("blog", "production", "3", "live");
  await announce("blog", "production", "4", "building");
  const production = ["blog production building", "blog production live", "blog production superseded"];
  expect(await listed("--app", "blog", "--environment", "production")).toEqual(production);
  expect(await listed("--app", "blog", "--environment", "staging")).toEqual(["blog staging live"]);
  const all = ["blog production building", "blog production live", "blog staging live", "blog production superseded"];
  expect(await listed("--app", "blog")).toEqual(all);
  expect((await listed()).slice(0, 4)).toEqual(all);

  const lines = (await hub.shell("deploy", "list", "--app", "blog")).stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(9);
  expect(lines[0]).toMatch(/blog \(production\): building/);
  expect(lines[1]).toMatch(/^  \d{4}-\d\d-\d\d \d\d:\d\d UTC  4  dep_\w+$/);
  expect(lines[2]).toMatch(/^  live now: 3 of \d{4}-\d\d-\d\d \d\d:\d\d UTC  3  dep_\w+$/);
  await announce("blog", "production", "3", "rolled_back");
  expect(await listed("--app", "blog", "--environment", "production")).toEqual([
    "blog production building",
    "blog production rolled_back",
    "blog production live",
  ]);
  expect((await hub.shell("deploy", "show", "3")).stdout).toMatch(/\nlive now: 1 of .* UTC  1  dep_\w+\n/);
  expect((await hub.shell("deploy", "show", "1")).stdout).toMatch(/live.*Live again, in place of 3 of /s);
  expect((await hub.shell("deploy", "list", "--app", "nothing")).stdout).toBe("No deploys yet.\n");
});

test("a report that comes too late, or says nothing new, says so; each names the deploy", { timeout: 240_000 }, async () => {
  const announced = (state: string) => hub.shell("deploy", "announce", "--app", "late", "--id", "l1", "--state", state);
  expect((await announced("live")).stdout).toMatch(/^late \(production\): live is announced\.\n  l1  dep_\w+\n$/);
  expect((await announced("live")).stdout).toContain("late (production): it is live already; nothing is announced.");
  const late = await hub.shell("deploy", "update", "l1", "--state", "failed");
  expect([late.code, late.stdout]).toEqual([
    0,
    expect.stringContaining("late (production) is live: failed comes too late, and is not announced."),
  ]);
  const told = (await hub.cli("deploy", "update", "l1", "--state", "building")).events;
  expect(told).toMatchObject([{ type: "deploy_announced", deploy_id: "l1", state: "live", changed: false }]);
  const preview = await hub.shell("deploy", "announce", "--app", "late", "--preview", "https://pr-7.example.internal", "--state", "live");
  expect(preview.stdout).toContain("late (preview pr-7.example.internal): live is announced.");
  expect(await listed("--app", "late")).toEqual(["late preview pr-7.example.internal live", "late production live"]);
});

test("an id there is not, and one of two, are said in words and by code", { timeout: 240_000 }, async () => {
  expect(await hub.cli("deploy", "show", "no-such-deploy")).toMatchObject({ events: [{ type: "error", code: "not_found" }] });
  const unknown = await hub.shell("deploy", "show", "no-such-deploy");
  expect([unknown.code === 0, unknown.stdout]).toEqual([false, ""]);
  expect(unknown.stderr).toContain("There is no deploy no-such-deploy.");
  await announce("blog", "production", "twice", "live");
  await announce("shop", "production", "twice", "live");
  const [refused] = (await hub.cli("deploy", "show", "twice")).events;
  expect(refused).toMatchObject({ type: "error", code: "ambiguous_id" });
});
