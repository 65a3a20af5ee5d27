/** The border of an agent's workspace, attacked with links, pipes and dots. */
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openInside, writeInside } from "../../../src/orchestrators/acp/workspace.ts";
import { temporaryFolder } from "../../support/stores.ts";

let dir: string;
let dispose: () => void;
let workspace: string;
let secret: string;
beforeEach(() => {
  ({ dir, dispose } = temporaryFolder());
  workspace = join(dir, "workspace");
  secret = join(dir, "secret.txt");
  mkdirSync(join(workspace, "deep"), { recursive: true });
  mkdirSync(join(dir, "workspace-2"));
  writeFileSync(secret, "secret");
  writeFileSync(join(dir, "workspace-2", "a.txt"), "neighbour");
  writeFileSync(join(workspace, "deep", "a.txt"), "mine");
});
afterEach(() => dispose());

async function readInside(path: string): Promise<string | undefined> {
  const file = await openInside(workspace, path);
  try {
    return await file?.readFile("utf8");
  } finally {
    await file?.close();
  }
}
async function* of(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
const write = (text: string, folders = ["attachments", "turn-1"], name = "a.txt") => writeInside(workspace, { folders, name }, of(text));

describe("is read:", () => {
  test("a file inside, by its whole path, a relative one, or a link that stays inside", async () => {
    symlinkSync(join(workspace, "deep", "a.txt"), join(workspace, "link.txt"));
    symlinkSync(workspace, join(dir, "door"));
    for (const path of [
      join(workspace, "deep", "a.txt"),
      "deep/a.txt",
      "deep/../deep/a.txt",
      "link.txt",
      join(dir, "door", "deep", "a.txt"),
    ])
      expect(await readInside(path), path).toBe("mine");
  });

  test("nothing outside, however it is named", async () => {
    symlinkSync(secret, join(workspace, "link.txt"));
    symlinkSync(dir, join(workspace, "folder"));
    symlinkSync("link.txt", join(workspace, "link-to-link.txt"));
    const paths = [secret, "../secret.txt", "link.txt", "link-to-link.txt", "folder/secret.txt", "../workspace-2/a.txt", "/etc/passwd"];
    for (const path of paths) expect(await readInside(path), path).toBeUndefined();
  });

  test("nothing that is no file, and nobody waits for it", async () => {
    symlinkSync("loop", join(workspace, "loop"));
    spawnSync("mkfifo", [join(workspace, "pipe")]);
    for (const path of [".", "deep", "loop", "pipe", "absent", "a\0b", "/dev/zero", "", "x".repeat(5000)])
      expect(await readInside(path), path).toBeUndefined();
  });
});

describe("is written:", () => {
  test("a file inside, and again in its place", async () => {
    const path = await write("one");
    expect(path).toBe(join(workspace, "attachments", "turn-1", "a.txt"));
    await write("two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(join(workspace, "attachments", "turn-1"))).toEqual(["a.txt"]);
  });

  test.each([
    ["the folder of attachments", "attachments"],
    ["the folder of the turn", "attachments/turn-1"],
  ])("nothing when %s leads elsewhere", async (_what, folder) => {
    const elsewhere = join(dir, "elsewhere");
    mkdirSync(elsewhere);
    mkdirSync(join(workspace, folder, ".."), { recursive: true });
    symlinkSync(elsewhere, join(workspace, folder));
    await expect(write("x")).rejects.toThrow("leads out of the workspace");
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("nothing through a link, hard or not, that has the file's name", async () => {
    mkdirSync(join(workspace, "attachments", "turn-1"), { recursive: true });
    symlinkSync(secret, join(workspace, "attachments", "turn-1", "a.txt"));
    linkSync(secret, join(workspace, "attachments", "turn-1", "b.txt"));
    await write("x");
    await write("x", undefined, "b.txt");
    expect(readFileSync(secret, "utf8")).toBe("secret");
  });

  test("nothing half", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("lost");
    }
    await expect(writeInside(workspace, { folders: ["attachments"], name: "a.txt" }, broken())).rejects.toThrow("lost");
    expect(existsSync(join(workspace, "attachments")) && readdirSync(join(workspace, "attachments"))).toEqual([]);
  });
});
