/** Whoever reads the output goes away, as in `mos-hub … | head`: no stack trace, and nothing that works stops working. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const BIN = join(ROOT, "src/cli/mos-hub.mjs");

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mos-hub-unread-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** The command, with what it prints to nobody from the start or, where it is read at all, from its first letters on. */
function runUnread(args: readonly string[], { stream }: { readonly stream: "stdout" | "stderr" | "both" }) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: dataDir, MOS_HUB_DATA_DIR: dataDir, MOS_HUB_PORT: "0" };
  const child = spawn(process.execPath, [BIN, ...args], { env });
  let read = "";
  for (const name of ["stdout", "stderr"] as const) {
    if (stream === "both" || stream === name) child[name].destroy();
    else child[name].setEncoding("utf8").on("data", (text: string) => (read += text));
  }
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number, read })) };
}

test("what only prints ends as a shell expects it to", async () => {
  expect(await runUnread(["--help"], { stream: "stdout" }).ended).toEqual({ code: 141, read: "" });
  expect((await runUnread(["no-such-command"], { stream: "stderr" }).ended).code).toBe(141);
});

test("the hub goes on", async () => {
  const { child, ended } = runUnread(["start"], { stream: "both" });
  const isUp = (): boolean => child.exitCode !== null || existsSync(join(dataDir, "run.json"));
  await until("the hub is up", isUp);
  const health = await runUnread(["health", "--json"], { stream: "stderr" }).ended;
  expect(health.code).toBe(0);
  expect(JSON.parse(health.read)).toMatchObject({ type: "health", ready: true });
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});
