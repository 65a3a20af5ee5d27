/** What an agent may have of the hub's machine: nothing, unless the configuration says so, and then nothing outside its workspace. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acpAgent, createBenches } from "../support/driver-bench.ts";

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
