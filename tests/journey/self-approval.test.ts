/** An agent that wants its own request approved, over the started program: as another user, and as the hub's own. */
import { spawnSync } from "node:child_process";
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
const seenByAgent = z.object({
  env: z.record(z.string(), z.string()),
  raised: z.object({ approval_id: z.string(), code: z.string() }),
  routes: z.array(attempt),
  forged: z.number(),
  commands: z.array(attempt),
  files: z.object({ runJson: z.unknown(), database: z.unknown() }),
  local: z.object({ routes: z.array(attempt), signIn: z.array(z.number()), newPin: z.number(), guesses: z.array(z.number()) }).optional(),
  inTheEnd: z.object({ state: z.string() }),
});
type Seen = z.infer<typeof seenByAgent>;

let folder: string;
let hub: HubProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mos-hub-hostile-"));
  // The other user has to reach its own program and leave its report; nothing else of ours is opened for it.
  await chmod(folder, 0o755);
  await mkdir(join(folder, "out"));
  await chmod(join(folder, "out"), 0o777);
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
  const report = join(folder, "out", "seen.json");
  const command = [...as, process.execPath, join(folder, "hostile.mjs"), report, hub.dataDir, join(ROOT, "src/cli/mos-hub.mjs")];
  await writeFile(config, JSON.stringify({ orchestrator: { driver: "acp", alias: "Mallory", command, cwd: join(folder, "out") } }));
  await hub.start();
  const said = await hub.cli("chat", "--once", "attack", "--thread", "main", "--timeout", "60");
  expect(said.events.at(-1), said.stdout + said.stderr).toMatchObject({ type: "turn_end", outcome: "done" });
  return seenByAgent.parse(JSON.parse(await readFile(report, "utf8")));
}

/** Whatever was tried: the request waits, nothing says otherwise, and the log of decisions is whole. */
async function nothingHappened({ raised, inTheEnd, env, forged }: Seen): Promise<void> {
  expect(inTheEnd.state).toBe("pending");
  expect(forged).toBeGreaterThanOrEqual(401);
  const [shown] = (await hub.cli("approvals", "show", raised.code)).events;
  expect(shown).toMatchObject({ state: "pending" });
  expect((await hub.cli("audit", "verify")).events[0]).toMatchObject({ ok: true });
  const listed = (await hub.cli("audit", "list", "--limit", "500")).stdout;
  expect(listed).not.toContain("approval.approved");
  expect(JSON.stringify(env)).not.toContain(SECRET);
  expect(JSON.stringify(env)).not.toContain(PIN);
  expect(Object.keys(env).filter((name) => name.startsWith("MOS_HUB_"))).toEqual([]);
}

describe.skipIf(!needsUser)("as another user (skipped where this user cannot become another)", () => {
  test("nothing of the hub can be read, nothing is decided, and the operator still can", async () => {
    const seen = await attack(NOBODY);
    await nothingHappened(seen);
    expect(seen.files).toEqual({ runJson: { refused: "EACCES" }, database: { refused: "EACCES" } });
    for (const { what, status } of [...seen.routes, ...seen.commands.map((one) => ({ ...one, status: one.status === 0 ? 200 : 401 }))])
      expect(status, what).toBeGreaterThanOrEqual(400);
    const approved = await hub.cli("approvals", "approve", seen.raised.code, "--pin", PIN);
    expect(approved.code, approved.stdout).toBe(0);
    expect((await hub.cli("approvals", "show", seen.raised.code)).events[0]).toMatchObject({
      state: expect.stringMatching(/approved|consumed/) as string,
    });
  }, 60_000);
});

describe("as the hub's own user", () => {
  test("it can talk as the operator's machine does, and still not decide: each way ends at the PIN, and guessing locks it", async () => {
    const seen = await attack([]);
    await nothingHappened(seen);
    // What remains where the user is shared: run.json can be read, and with it the hub be talked to.
    expect(seen.files).toEqual({ runJson: "read", database: "read" });
    const deciding = seen.local?.routes.filter(({ what }) => what.includes("/decide")) ?? [];
    expect(deciding.length).toBeGreaterThan(0);
    for (const { status, what } of deciding) expect(status, what).toBe(403);
    expect(seen.local?.signIn.every((status) => status === 403)).toBe(true);
    expect(seen.local?.newPin).toBe(403);
    expect(seen.local?.guesses).not.toContain(200);
    expect(seen.local?.guesses.at(-1)).toBe(429);
    const locked = await hub.cli("approvals", "approve", seen.raised.code, "--pin", PIN);
    expect(locked.code).toBe(77);
    expect(locked.stderr).toContain("locked");
  }, 60_000);
});
