/** The folder of files: what is kept is whole, what is not is not there. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBlobs } from "../../../src/blobs/blobs.ts";
import type { Files } from "../../../src/contract/connector.ts";
import { canMount, empty, fill, onSmallDisk } from "../../support/small-disk.ts";
import { temporaryFolder } from "../../support/stores.ts";

const LOOP = fileURLToPath(new URL("../../support/keep-loop.ts", import.meta.url));

let dir: string;
let dispose: () => void;
let files: Files;
beforeEach(() => {
  ({ dir, dispose } = temporaryFolder());
  files = createBlobs({ dir, maxBytes: 1000 });
});
afterEach(() => dispose());

async function* of(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
const keep = (text: string, name = "a.txt") => files.keep(of(text), { name });
const read = async (file: Parameters<Files["open"]>[0]): Promise<string> => new Response(await files.open(file)).text();
const hashOf = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
/** Every file there is, the half written too. */
const everything = (folder = dir): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

describe("a file", () => {
  test("comes out as it went in, under its content's name and with a safe one", async () => {
    const kept = await files.keep(of("hel", "lo"), { name: "../x/menu.md" });
    const hash = hashOf("hello");
    expect(kept).toEqual({ name: "menu.md", mimeType: "text/markdown", sizeBytes: 5, path: join(dir, hash.slice(0, 2), hash) });
    expect(await read(kept)).toBe("hello");
    expect(statSync(kept.path).mode & 0o077, "nobody else reads it").toBe(0);
  });

  test("may be empty", async () => expect(await read(await keep(""))).toBe(""));

  test("kept twice is there once", async () => {
    const [one, two] = await Promise.all([keep("same", "one.txt"), keep("same", "two.txt")]);
    expect(two).toEqual({ ...one, name: "two.txt" });
    expect(everything()).toEqual([one?.path]);
  });

  test("larger than allowed is refused with the limit, and nothing of it stays", async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(400);
      } finally {
        isEnded = true;
      }
    }
    await expect(files.keep(endless(), { name: "big.iso" })).rejects.toMatchObject({
      code: "file_too_large",
      message: 'The file "big.iso" is larger than 1000 bytes, the most that is taken.',
    });
    expect(isEnded, "its source was told that nobody reads on").toBe(true);
    expect(everything()).toEqual([]);
    await expect(keep("x".repeat(1000))).resolves.toMatchObject({ sizeBytes: 1000 });
  });

  test("whose content breaks off is not kept", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("connection lost");
    }
    await expect(files.keep(broken(), { name: "a" })).rejects.toThrow("connection lost");
    expect(everything()).toEqual([]);
  });

  test("half written by a former life is removed before the next is kept", async () => {
    mkdirSync(join(dir, "incoming"), { recursive: true });
    writeFileSync(join(dir, "incoming", "left-over"), "half");
    const { path } = await keep("new");
    expect(everything()).toEqual([path]);
  });
});

describe("nothing else is opened:", () => {
  const about = { name: "x", mimeType: "text/plain", sizeBytes: 1 };

  test.each(["/etc/passwd", "../../etc/passwd", "", "\0", `${"a".repeat(64)}/../../x`, "A".repeat(64), "x".repeat(10_000)])(
    "%j",
    async (path) => {
      await expect(files.open({ ...about, path })).rejects.toMatchObject({ code: "not_found" });
    },
  );

  test("a hash without a file, a folder or a link in its place", async () => {
    const [gone = "", folder = "", link = ""] = ["a", "b", "c"].map((letter) => letter.repeat(64));
    mkdirSync(join(dir, "bb", folder), { recursive: true });
    mkdirSync(join(dir, "cc"));
    symlinkSync("/etc/passwd", join(dir, "cc", link));
    for (const path of [gone, folder, link]) await expect(files.open({ ...about, path })).rejects.toMatchObject({ code: "not_found" });
  });

  test("but a file whose folder has moved is found by its name", async () => {
    const kept = await keep("moved");
    expect(await read({ ...kept, path: kept.path.replace(dir, "/somewhere/else") })).toBe("moved");
  });
});

describe.skipIf(!canMount())("on a full disk (needs the right to mount a small one)", () => {
  test("it says so, keeps nothing half, and goes on once there is space", async () => {
    await onSmallDisk(async (disk) => {
      const onDisk = createBlobs({ dir: join(disk, "files"), maxBytes: 10_000_000 });
      const big = (): AsyncGenerator<Uint8Array> => of(..."abcdefgh".split("").map((letter) => letter.repeat(100_000)));
      for (const spareBytes of [0, 4096, 300_000]) {
        fill(disk, spareBytes);
        await expect(onDisk.keep(big(), { name: "a" }), `${spareBytes} bytes left`).rejects.toMatchObject({ code: "store_full" });
        expect(existsSync(join(disk, "files")) ? everything(join(disk, "files")) : []).toEqual([]);
      }
      empty(disk);
      expect(await onDisk.keep(big(), { name: "a" })).toMatchObject({ sizeBytes: 800_000 });
    });
  });
});

test("killed while it keeps: what it said is kept is there, and all that is there is whole", { timeout: 60_000 }, async () => {
  let kept = 0;
  for (let kill = 0; kill < 8; kill += 1) {
    const child = spawn(process.execPath, [LOOP, dir], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = new Promise<string | null>((resolve) => child.once("close", (_code, signal) => resolve(signal)));
    const paths: string[] = [];
    for await (const path of createInterface({ input: child.stdout })) {
      if (paths.length === 0) setTimeout(() => child.kill("SIGKILL"), 40 + ((kill * 37) % 150));
      paths.push(path);
    }
    expect(await closed).toBe("SIGKILL");
    for (const path of paths) expect(existsSync(path)).toBe(true);
    kept += paths.length;
  }
  const served = everything().filter((path) => dirname(path) !== join(dir, "incoming"));
  for (const path of served) expect(hashOf(readFileSync(path)), path).toBe(path.slice(-64));
  expect(served.length).toBeGreaterThan(8);
  expect(kept).toBeGreaterThan(8);
});
