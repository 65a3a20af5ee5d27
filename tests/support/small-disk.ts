/** A real file system of two megabytes, where this user may mount one. */
import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./stores.ts";

const SIZE_BYTES = 2 * 1024 * 1024;

function mountSmall(dir: string): boolean {
  return process.platform === "linux" && spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_BYTES}`, "tmpfs", dir]).status === 0;
}

function unmount(dir: string): void {
  // Lazily: a test that failed may have left a file open.
  spawnSync("umount", ["-l", dir]);
}

export function canMount(): boolean {
  const { dir, dispose } = temporaryFolder();
  const mounted = mountSmall(dir);
  if (mounted) unmount(dir);
  dispose();
  return mounted;
}

export async function onSmallDisk(work: (dir: string) => Promise<void>): Promise<void> {
  const { dir, dispose } = temporaryFolder();
  mountSmall(dir);
  try {
    await work(dir);
  } finally {
    unmount(dir);
    dispose();
  }
}

/** Leaves `spareBytes`, whatever was left before. */
export function fill(dir: string, spareBytes: number): void {
  empty(dir);
  const disk = statfsSync(dir);
  writeFileSync(join(dir, "ballast"), Buffer.alloc(Math.max(0, disk.bavail * disk.bsize - spareBytes)));
}

export function empty(dir: string): void {
  rmSync(join(dir, "ballast"), { force: true });
}
