/** What an agent may have of the hub's machine: nothing, unless the configuration says so, and then nothing outside its workspace. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync, existsSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTerminals } from "../../src/orchestrators/acp/terminals.ts";
import { acpAgent, type Bench, createBenches, eventually, isAlive } from "../support/driver-bench.ts";

const benches = createBenches();
let work = "";
let outside = "";
beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "mos-hub-host-"));
  work = join(dir, "work");
  outside = join(dir, "outside");
  for (const folder of [work, outside]) mkdirSync(folder);
  writeFileSync(join(outside, "secret.txt"), "not for the agent");
  writeFileSync(join(work, "notes.txt"), "one\ntwo\nthree\n");
  symlinkSync(join(outside, "secret.txt"), join(work, "link.txt"));
  symlinkSync(outside, join(work, "door"));
});
afterEach(async () => {
  await benches.clear();
  rmSync(join(work, ".."), { recursive: true, force: true });
});

/** What the agent is told when it asks. */
async function ask(config: object, method: string, params: object): Promise<unknown> {
  const bench = await benches.make(acpAgent("asks", { cwd: work, ...config }));
  await bench.open("a");
  await bench.deliver("a", JSON.stringify([method, params]));
  await bench.until("a", "turn_end");
  return JSON.parse(bench.text("a"));
}

const read = (config: object, path: string, more: object = {}): Promise<unknown> =>
  ask(config, "fs/read_text_file", { path: path.startsWith("/") ? path : join(work, path), ...more });
const write = (config: object, path: string, content = "new"): Promise<unknown> =>
  ask(config, "fs/write_text_file", { path: path.startsWith("/") ? path : join(work, path), content });

describe("commands", () => {
  /** Several requests of one agent, one after the other; `$` in later ones is the terminal of the first. */
  async function run(config: object, first: object, ...then: string[]): Promise<{ answers: Record<string, unknown>[]; bench: Bench }> {
    const bench = await benches.make(acpAgent("asks", { cwd: work, ...config }), {
      baseEnv: { PATH: process.env["PATH"], OWN_TOKEN: "s3cret" },
      withheld: ["OWN_TOKEN"],
    });
    await bench.open("a");
    const answers: Record<string, unknown>[] = [];
    const ask = async (method: string, params: object): Promise<void> => {
      const before = bench.text("a").length;
      await bench.deliver("a", JSON.stringify([method, params]), { turnId: `t${answers.length}` });
      await bench.until("a", "turn_end", ({ turnId }) => turnId === `t${answers.length}`);
      answers.push(JSON.parse(bench.text("a").slice(before)));
    };
    await ask("terminal/create", first);
    for (const method of then) await ask(method, { terminalId: answers[0]?.["terminalId"] });
    return { answers, bench };
  }
  /** A file is there before anything is in it. */
  const numberIn = (file: string): Promise<number> =>
    eventually(
      () =>
        (existsSync(join(work, file)) && Number(/^(\d+)\n/.exec(readFileSync(join(work, file), "utf8"))?.[1] ?? Number.NaN)) || undefined,
      file,
    );
  const shell = (line: string, more: object = {}): object => ({ command: "sh", args: ["-c", line], ...more });

  test("are off unless configured", async () => {
    expect((await run({}, shell("true"))).answers[0]).toMatchObject({ code: -32601 });
  });

  test("run in the workspace, and say what they printed and how they ended", async () => {
    const { answers } = await run(
      { terminal: true },
      shell("pwd; exit 3"),
      "terminal/wait_for_exit",
      "terminal/output",
      "terminal/release",
      "terminal/output",
    );
    expect(answers[1]).toEqual({ exitCode: 3, signal: null });
    expect(answers[2]).toMatchObject({ output: `${realpathSync(work)}\n`, truncated: false, exitStatus: { exitCode: 3 } });
    expect(answers[4]).toMatchObject({ code: -32002 });
  });

  test("get no secret of the hub, whatever they ask for, and no folder outside", async () => {
    const env = [
      { name: "MINE", value: "1" },
      { name: "MOS_HUB_X", value: "2" },
      { name: "OWN_TOKEN", value: "3" },
    ];
    const { answers } = await run({ terminal: true }, { command: "env", env }, "terminal/wait_for_exit", "terminal/output");
    expect(
      String(answers[2]?.["output"])
        .split("\n")
        .map((line) => line.split("=")[0])
        .filter((name) => /^[A-Z_]+$/.test(name ?? "") && name !== "PWD")
        .sort(),
    ).toEqual(["MINE", "PATH"]);
    expect((await run({ terminal: true }, shell("true", { cwd: join(work, "door") }))).answers[0]).toMatchObject({ code: -32602 });
  });

  test("print as much as they like: the end of it is kept, whole characters only", async () => {
    const { answers } = await run(
      { terminal: true },
      shell("yes é | head -c 300000", { outputByteLimit: 10 }),
      "terminal/wait_for_exit",
      "terminal/output",
    );
    expect(answers[2]).toMatchObject({ truncated: true });
    expect(String(answers[2]?.["output"])).toMatch(/^\n?(?:é\n)+é?$/);
  });

  test("that do not exist are an exit of 127", async () => {
    const { answers } = await run({ terminal: true }, { command: "no-such-program-here" }, "terminal/wait_for_exit");
    expect(answers[1]).toEqual({ exitCode: 127, signal: null });
  });

  test("end when they are killed, and with the agent", async () => {
    const first = await run({ terminal: true }, shell("sleep 600"), "terminal/kill", "terminal/wait_for_exit");
    expect(first.answers[2]).toEqual({ exitCode: null, signal: "SIGKILL" });
    const { bench } = await run({ terminal: true }, shell("echo $$ > pid; sleep 600"));
    const pid = await numberIn("pid");
    await bench.driver.close();
    await eventually(() => !isAlive(pid), "the end of the command");
  });

  test("take with them what they left in the background", async () => {
    const line = "sleep 600 > /dev/null 2>&1 & echo $! > background";
    const { bench, answers } = await run({ terminal: true }, shell(line), "terminal/wait_for_exit");
    expect(answers[1]).toEqual({ exitCode: 0, signal: null });
    const pid = await numberIn("background");
    expect(isAlive(pid)).toBe(true);
    await bench.driver.close();
    await eventually(() => !isAlive(pid), "the end of what was left in the background");
  });

  test("that are asked for as the agent ends do not begin", async () => {
    const record = { add: async () => {}, remove: async () => {} };
    const terminals = createTerminals({ workspace: work, env: { PATH: process.env["PATH"] ?? "" }, isForbidden: () => false, record });
    const asked = terminals.create({ sessionId: "s", command: "sh", args: ["-c", "echo $$ > late; sleep 600"] });
    terminals.endAll();
    await expect(asked).rejects.toThrow("the agent has ended");
  });

  test("that cannot be written down do not run", async () => {
    const record = { add: () => Promise.reject(new Error("the disk is full")), remove: async () => {} };
    const terminals = createTerminals({ workspace: work, env: { PATH: process.env["PATH"] ?? "" }, isForbidden: () => false, record });
    const asked = terminals.create({ sessionId: "s", command: "sh", args: ["-c", "sleep 600; touch ran"] });
    await expect(asked).rejects.toThrow("the disk is full");
  });
});

describe("files", () => {
  test("are off unless configured, and reading is not writing", async () => {
    expect(await read({}, "notes.txt")).toMatchObject({ code: -32601 });
    expect(await write({}, "notes.txt")).toMatchObject({ code: -32601 });
    expect(await write({ fs: "read" }, "notes.txt")).toMatchObject({ code: -32601 });
    expect(readFileSync(join(work, "notes.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  test("of the workspace are read, whole or some lines of them", async () => {
    expect(await read({ fs: "read" }, "notes.txt")).toEqual({ content: "one\ntwo\nthree\n" });
    expect(await read({ fs: "read" }, "notes.txt", { line: 2, limit: 1 })).toEqual({ content: "two" });
  });

  test.each(["link.txt", "door/secret.txt", "../outside/secret.txt", "/etc/passwd", "door", "nothing.txt"])(
    "%s is not read",
    async (path) => {
      expect(await read({ fs: "write" }, path)).toMatchObject({ code: -32002 });
    },
  );

  test("of the workspace are written, with their folders", async () => {
    expect(await write({ fs: "write" }, "deep/down/new.txt")).toEqual({});
    expect(readFileSync(join(work, "deep/down/new.txt"), "utf8")).toBe("new");
  });

  test.each(["door/new.txt", "../outside/new.txt", "/tmp/mos-hub-never.txt"])("%s is not written", async (path) => {
    expect(await write({ fs: "write" }, path)).toMatchObject({ code: -32602 });
    expect(existsSync(join(outside, "new.txt"))).toBe(false);
    expect(existsSync("/tmp/mos-hub-never.txt")).toBe(false);
  });

  test("a link that stands where is written is replaced, not followed", async () => {
    expect(await write({ fs: "write" }, "link.txt")).toEqual({});
    expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("not for the agent");
    expect(readFileSync(join(work, "link.txt"), "utf8")).toBe("new");
  });
});
