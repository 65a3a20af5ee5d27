/** A hub killed with -9 leaves its agent behind; the next one ends it, and only it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { Keyv } from "keyv";
import { startMark } from "../../src/orchestrators/acp/process-facts.ts";
import { acpAgent, createBenches, eventually, isAlive } from "../support/driver-bench.ts";
import { fileState } from "../support/driver-holder.ts";

const HOLDER = fileURLToPath(new URL("../support/driver-holder.ts", import.meta.url));
const benches = createBenches();
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await benches.clear();
});

/** Runs a hub in small until its agent has spoken, then kills it with -9. */
async function killedHub(
  config: object,
  text: string,
  dies?: "with its agent",
): Promise<{ dir: string; pid: number; agentSessionId: string; said: string }> {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-driver-"));
  const holder = spawn(process.execPath, [HOLDER, dir, JSON.stringify(config), text], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(holder);
  let printed = "";
  holder.stdout.on("data", (chunk) => (printed += chunk));
  await eventually(() => printed.includes("\n"), "the agent's first words");
  holder.kill("SIGKILL");
  const facts = JSON.parse(printed);
  if (dies) process.kill(-facts.pid, "SIGKILL");
  await new Promise((resolve) => holder.once("exit", resolve));
  if (dies) await eventually(async () => !(await isRunning(facts.pid)), "the end of the agent");
  return { dir, ...facts };
}

const isRunning = async (pid: number): Promise<boolean> => (await startMark(pid)) !== undefined;

test("an orphan that nothing else stops is ended by the next life of the hub, with its helpers", async () => {
  const orphan = await killedHub(acpAgent("stubborn"), "who are you");
  const { helper } = JSON.parse(orphan.said);
  expect(await isRunning(orphan.pid)).toBe(true);
  const bench = await benches.make(acpAgent("stubborn"), { dir: orphan.dir, state: fileState(orphan.dir) });
  await bench.open("a");
  expect(await isRunning(orphan.pid)).toBe(false);
  await eventually(async () => !(await isRunning(helper)), "the end of the helper");
  expect(bench.logged.join()).toContain("left over from a former run was ended");
  const own = Number((await bench.driver.health()).facts?.["pid"]);
  expect(await isRunning(own)).toBe(true);
});

test("a command that ran for an agent is ended by the next life of the hub, also where the agent ended by itself", async () => {
  const create = ["terminal/create", { command: "sh", args: ["-c", "trap '' TERM; while :; do sleep 1; done"] }];
  const config = acpAgent("asks", { terminal: true });
  const orphan = await killedHub(config, JSON.stringify(create));
  const state = fileState(orphan.dir);
  const [command] = (await state.get("agent-commands")) as { pid: number }[];
  const pid = command?.pid ?? 0;
  await eventually(async () => !(await isRunning(orphan.pid)), "the end of the agent");
  expect(await isRunning(pid)).toBe(true);
  const bench = await benches.make(config, { dir: orphan.dir, state });
  await bench.open("a");
  expect(await isRunning(pid)).toBe(false);
  expect(bench.logged.join()).toContain("a command left over from a former run was ended");
  expect(await state.get("agent-commands")).toBeUndefined();
});

test("the rehearsal ends by itself when its hub is gone, and the next hub resumes its conversation", async () => {
  const orphan = await killedHub({ driver: "rehearsal" }, "slow 60");
  await eventually(async () => !(await isRunning(orphan.pid)), "the end of the rehearsal");
  const bench = await benches.make({ driver: "rehearsal" }, { dir: orphan.dir, state: fileState(orphan.dir) });
  expect(await bench.open("a", orphan.agentSessionId)).toEqual({ agentSessionId: orphan.agentSessionId, how: "resumed" });
  expect(bench.events).toEqual([]);
});

test("hub and agent die at the same moment in mid-turn: the next hub finds the conversation again", async () => {
  const lost = await killedHub({ driver: "rehearsal" }, "slow 60", "with its agent");
  expect(await isRunning(lost.pid)).toBe(false);
  const bench = await benches.make({ driver: "rehearsal" }, { dir: lost.dir, state: fileState(lost.dir) });
  expect(await bench.open("a", lost.agentSessionId)).toEqual({ agentSessionId: lost.agentSessionId, how: "resumed" });
  expect(await bench.talk("a", "still there")).toContain("Echo: still there");
});

test("a number that belongs to another process by now is left alone", async () => {
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  children.push(bystander);
  const state = new Keyv();
  await state.set("agent-process", { pid: bystander.pid, mark: "another start" });
  await state.set("agent-commands", [{ pid: bystander.pid, mark: "another start" }]);
  const bench = await benches.make(acpAgent("plain"), { state });
  await bench.open("a");
  expect(isAlive(bystander.pid ?? 0)).toBe(true);
  const own = Number((await bench.driver.health()).facts?.["pid"]);
  expect(await state.get("agent-process")).toEqual({ pid: own, mark: await startMark(own) });
  await bench.driver.close();
  expect(await state.get("agent-process")).toBeUndefined();
});
