/** Which files the repository holds, for the rules and the sanitisation gate. Paths are relative to its root, with forward slashes. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../..");

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Tracked files and those about to be: new and not ignored. In an unpacked archive, without git, all but what is installed. */
export function repositoryFiles(): string[] {
  const listed = existsSync(path.join(ROOT, ".git"))
    ? execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" }).split("\0")
    : globSync("**/*", { cwd: ROOT, exclude: ["node_modules", ".git"], withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
  // A file that is deleted but not yet committed so is still listed.
  return [...new Set(listed)].filter((file) => file !== "" && existsSync(path.join(ROOT, file))).toSorted();
}

export function readFiles(paths: readonly string[]): TextFile[] {
  return paths.map((file) => ({ path: file, text: readFileSync(path.join(ROOT, file), "utf8") }));
}

/** Everything that is program: TypeScript, the plain modules that run without it, and the scripts that run in a browser. */
export function sourceFiles(): TextFile[] {
  return readFiles(repositoryFiles().filter((file) => /\.(ts|mjs|js)$/.test(file)));
}
