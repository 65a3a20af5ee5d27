/** An agent that wants its own request approved, over the started program: as another user, and as the hub's own. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const PIN = "739215";
const SECRET = "an-upstream-secret-the-hub-holds";
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const canChangeUser = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;
const needsUser = canChangeUser || process.env["MOS_HUB_REQUIRE_REAL"] === "1";

const attempt = z.object({ what: z.string(), status: z.number(), text: z.string() });
const refusal = z.object({ refused: z.string() });
const seenByAgent = z.object({
  env: z.record(z.string(), z.string()),
  raised: z.object({ approval_id: z.string(), code: z.string() }),
  routes: z.array(attempt),
  forged: z.array(attempt),
  tools: z.object({ reAsked: z.string(), relabelled: z.enum(["pending", "approved"]) }),
  commands: z.array(attempt),
  beneath: z.object({
    runJson: z.union([z.literal("read"), refusal]),
    database: z.union([z.literal("opened for writing"), refusal]),
    hubEnvironment: z.union([z.array(z.string()), refusal]),
    inherited: z.union([z.array(z.string()), refusal]),
  }),
  local: z.object({ routes: z.array(attempt), signIn: z.array(z.number()), newPin: z.number(), guesses: z.array(z.string()) }).optional(),
  inTheEnd: z.object({ state: z.string() }),
});
type Seen = z.infer<typeof seenByAgent>;

let folder: string;
let shop: string;
let hub: HubProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mos-hub-hostile-"));
  // The other user has to reach its own program and leave its report; nothing else of ours is opened for it.
  await chmod(folder, 0o755);
  await mkdir(join(folder, "out"));
  await chmod(join(folder, "out"), 0o777);
  shop = join(folder, "out", "shop");
  await writeFile(shop, "coffee");
  for (const file of ["hostile.mjs", "json-lines.mjs"]) await copyFile(join(ROOT, "tests/support/agents", file), join(folder, file));
});
afterEach(async () => {
  await hub.end();
  await rm(folder, { recursive: true, force: true });
});

/** `as`: what goes before the agent's command. */
async function attack(as: readonly string[]): Promise<Seen> {
  const config = join(folder, "hub.yaml");
  hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_CONFIG: config, UPSTREAM_TOKEN: SECRET });
  expect(as.length === 0 || canChangeUser, "this user can become another").toBe(true);
  const report = join(folder, "out", "seen.json");
  const command = [...as, process.execPath, join(folder, "hostile.mjs"), report, hub.dataDir, join(ROOT, "src/cli/mos-hub.mjs"), shop];
  await writeFile(config, JSON.stringify({ orchestrator: { driver: "acp", alias: "Mallory", command, cwd: join(folder, "out") } }));
  await hub.start();
  const said = await hub.cli("chat", "--once", "attack", "--thread", "main", "--timeout", "60");
  expect(said.events.at(-1), said.stdout + said.stderr).toMatchObject({ type: "turn_end", outcome: "done" });
  return seenByAgent.parse(JSON.parse(await readFile(report, "utf8")));
}

const auditLog = async (): Promise<string> => (await hub.cli("audit", "list", "--limit", "500")).stdout;

/** Whatever was tried: the request waits, nothing was done or says otherwise, and the log of decisions is whole. */
async function nothingHappened({ raised, inTheEnd, env, forged, routes, tools }: Seen): Promise<void> {
  expect(inTheEnd.state).toBe("pending");
  expect(tools.reAsked, "calling the same action harmless changes nothing").toBe("pending");
  expect(existsSync(shop), "the gated action has not run").toBe(true);
  expect((await hub.cli("approvals", "show", raised.code)).events[0]).toMatchObject({ state: "pending" });
  expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
  expect(await auditLog()).not.toContain("approval.approved");
  for (const { what, status } of [...routes, ...forged]) expect([401, 403], what).toContain(status);
  for (const path of ["/decide", "/v1/tokens", "/v1/people/pin", "/v1/audit", "/console/messages"])
    expect(
      routes.some(({ what }) => what.includes(path)),
      `tried ${path}`,
    ).toBe(true);
  expect(JSON.stringify(env)).not.toContain(SECRET);
  expect(JSON.stringify(env)).not.toContain(PIN);
  expect(Object.keys(env).filter((name) => /MOS|HUB|TOKEN/.test(name))).toEqual([]);
}

describe.skipIf(!needsUser)("as another user (skipped where this user cannot become another)", () => {
  test("nothing of the hub can be read, nothing is decided, and the operator still can", async () => {
    const seen = await attack(NOBODY);
    await nothingHappened(seen);
    expect(seen.beneath).toEqual({
      runJson: { refused: "EACCES" },
      database: { refused: "EACCES" },
      hubEnvironment: { refused: "EACCES" },
      inherited: [],
    });
    for (const { what, status } of seen.commands) expect(status, what).toBe(69);

    const approved = await hub.cli("approvals", "approve", seen.raised.code, "--pin", PIN);
    expect(approved.code, approved.stdout).toBe(0);
    await hub.cli("chat", "--once", "go on", "--thread", "main", "--timeout", "60");
    expect(existsSync(shop), "approved by a person, the action runs").toBe(false);
    expect(await auditLog()).toContain("approval.approved");
  });
});

describe("as the hub's own user", () => {
  let attacked: Seen | undefined;

  test("it can talk as the operator's machine does; the hub still takes no decision without the PIN, and guessing locks it", async () => {
    const seen = (attacked = await attack([]));
    await nothingHappened(seen);
    const deciding = seen.local?.routes.filter(({ what }) => what.includes("/decide")) ?? [];
    expect(deciding.length).toBeGreaterThan(0);
    for (const { status, what } of deciding) expect(status, what).toBe(403);
    const talking = seen.local?.routes.filter(({ what }) => what.includes("/console/messages")) ?? [];
    for (const { status, what } of talking) expect(status, what).toBe(202);
    expect(seen.local?.signIn.every((status) => status === 403)).toBe(true);
    expect(seen.local?.newPin).toBe(403);
    expect(new Set(seen.local?.guesses)).toEqual(new Set(["pin_wrong", "pin_locked"]));
    expect(seen.local?.guesses.at(-1)).toBe("pin_locked");
    const locked = await hub.cli("approvals", "approve", seen.raised.code, "--pin", PIN);
    expect(locked.code).toBe(77);
    expect(locked.stderr).toContain("locked");
  });

  test("a deletion the agent itself calls green waits for a person", () => {
    expect(attacked?.tools.relabelled).toBe("pending");
  });

  test.skipIf(process.platform !== "linux")(
    "beneath the hub nothing is hidden from it, the PIN in the environment neither: doctor says so (the way to look is Linux's)",
    async () => {
      const { beneath } = await attack([]);
      expect(beneath).toMatchObject({ runJson: "read", database: "opened for writing", inherited: [] });
      expect(beneath.hubEnvironment).toEqual(expect.arrayContaining([`MOS_HUB_PIN=${PIN}`, `UPSTREAM_TOKEN=${SECRET}`]));
      const doctor = await hub.cli("doctor");
      expect(doctor.code).toBe(0);
      const checks = z.array(z.looseObject({ name: z.string(), ok: z.boolean() })).parse(doctor.events[0]?.["checks"]);
      expect(checks.find(({ name }) => name.endsWith("agent user"))).toMatchObject({
        isWarning: true,
        detail: expect.stringContaining("decide its own requests") as string,
        remedy: expect.stringContaining("a user of its own") as string,
      });
    },
    60_000,
  );
});
