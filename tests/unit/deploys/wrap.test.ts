import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startInProcess, type InProcessHub } from "../../support/in-process-hub.ts";

const PROGRAM = fileURLToPath(new URL("../../../src/cli/mos-hub.mjs", import.meta.url));
const TOKEN = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");

let hub: InProcessHub;
beforeAll(async () => {
  hub = await startInProcess();
}, 60_000);
afterAll(() => hub.end());

function start(script: string, args: readonly string[] = [], dataDir = hub.dataDir) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: dataDir, MOS_HUB_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [PROGRAM, "deploy", "wrap", "--app", "shop", ...args, "--", process.execPath, "-e", script], {
    env,
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  const ended = once(child, "close").then(([code]) => ({ code: code as number, out, err }));
  return { child, ended, output: () => out };
}

describe("a wrapped command", () => {
  test("that goes well is live; its output is its own", async () => {
    const { code, out } = await start('console.log("built 3 pages")', ["--id", "ok", "--url", "https://shop.example.internal"]).ended;
    expect({ code, out }).toEqual({ code: 0, out: "built 3 pages\n" });
    const found = await hub.client.deploys.get("ok");
    expect(found).toMatchObject({ state: "live", urls: { live: "https://shop.example.internal" } });
    expect(found.course.map(({ state }) => state)).toEqual(["queued", "building", "live"]);
  }, 60_000);

  test("that fails keeps its exit code, and its tail is masked where it is kept", async () => {
    const { code, err } = await start(`console.error("token ${TOKEN}"); process.exit(37)`, ["--id", "bad"]).ended;
    expect({ code, err }).toEqual({ code: 37, err: `token ${TOKEN}\n` });
    const { state, failureTail } = await hub.client.deploys.get("bad");
    expect(state).toBe("failed");
    expect(failureTail).toMatch(/^token \[redacted/);
  }, 60_000);

  test("gets the signals, and ends as it ends", async () => {
    const script =
      'process.on("SIGTERM", () => { console.log("cleaning up"); process.exit(5); }); console.log("up"); setInterval(() => {}, 1000);';
    const { child, ended, output } = start(script, ["--id", "stopped"]);
    await expect.poll(output, { timeout: 30_000 }).toContain("up");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 5, out: "up\ncleaning up\n" });
    expect((await hub.client.deploys.get("stopped")).state).toBe("failed");
  }, 60_000);

  test("ended by a signal has the code a shell gives it", async () => {
    const { code } = await start('process.kill(process.pid, "SIGKILL")', ["--id", "killed"]).ended;
    expect(code).toBe(137);
    expect((await hub.client.deploys.get("killed")).failureTail).toBe("ended by SIGKILL");
  }, 60_000);

  test("whose output nobody reads any more finds that out itself, and is reported", async () => {
    const script =
      'process.stdout.on("error", ({ code }) => { console.error(code); process.exit(9); }); setInterval(() => console.log("more"), 20);';
    const { child, ended, output } = start(script, ["--id", "unread"]);
    await expect.poll(output, { timeout: 30_000 }).toContain("more");
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 9, err: "EPIPE\n" });
    expect(await hub.client.deploys.get("unread")).toMatchObject({
      state: "failed",
      failureTail: expect.stringContaining("EPIPE") as string,
    });
  }, 60_000);

  test("that fails without a word says how it ended", async () => {
    expect(await start("process.exit(4)", ["--id", "mute"]).ended).toMatchObject({ code: 4, out: "", err: "" });
    expect((await hub.client.deploys.get("mute")).failureTail).toBe("It printed nothing; its exit code is 4.");
  }, 60_000);

  test("keeps letters whole that come in two pieces", async () => {
    const script =
      'const b = Buffer.from("ü"); process.stderr.write(b.subarray(0, 1), () => setTimeout(() => process.stderr.write(b.subarray(1), () => process.exit(3)), 200));';
    expect(await start(script, ["--id", "pieces"]).ended).toMatchObject({ code: 3 });
    expect((await hub.client.deploys.get("pieces")).failureTail).toBe("ü");
  }, 60_000);

  test("runs all the same when there is no hub", async () => {
    const { code, out, err } = await start('console.log("done")', [], "/nonexistent-hub").ended;
    expect({ code, out }).toEqual({ code: 0, out: "done\n" });
    expect(err).toContain("queued was not reported");
  }, 60_000);
});
