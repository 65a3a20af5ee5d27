import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTyped, programName } from "../../src/cli/program-name.ts";

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "mos-hub-name-"))));
afterEach(() => rmSync(root, { recursive: true }));

function folder(...parts: string[]): string {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
function withProgram(path: string): string {
  writeFileSync(join(path, "mos-hub"), "");
  return path;
}

describe("the program is called", () => {
  const place = () => ({ searchPath: "", cwd: folder("home"), script: "/opt/mos-hub.mjs", packageDir: folder("clone") });

  test("by its name where the shell finds it", () =>
    expect(programName({ ...place(), searchPath: ["/nowhere", withProgram(folder("bin"))].join(delimiter) })).toBe("mos-hub"));

  test("through npx below the clone, which npm's own folders do not change", () => {
    const searchPath = withProgram(folder("clone", "node_modules", ".bin"));
    expect(programName({ ...place(), searchPath, cwd: folder("clone", "docs") })).toBe("npx mos-hub");
  });

  test("through npx beside an installed package", () => {
    withProgram(folder("project", "node_modules", ".bin"));
    expect(programName({ ...place(), cwd: folder("project") })).toBe("npx mos-hub");
  });

  test("by its file anywhere else", () => expect(programName(place())).toBe("node /opt/mos-hub.mjs"));
});

test("only our commands are changed in a text", () => {
  const typed = createTyped("npx mos-hub");
  expect(typed("Run `mos-hub doctor`, or: mos-hub --config x start. mos-hub: no. See docs/mos-hub x, a mos-hub (new)")).toBe(
    "Run `npx mos-hub doctor`, or: npx mos-hub --config x start. mos-hub: no. See docs/mos-hub x, a mos-hub (new)",
  );
});
