/** How much of the machine's memory a process holds. */
import { execFileSync } from "node:child_process";

export function residentMegabytes(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;
}
