import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KNOWN_AGENTS } from "../../src/cli/known-agents.ts";
import { ROOT } from "../support/repository.ts";

test("init offers the agents that README.md lists", () => {
  const rows = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^\| ([^|]+?) +\| `(\[".*?\])` *\|$/gm)];
  expect(rows.map(([, name, command]) => ({ name, command: JSON.parse(command ?? "") as unknown }))).toEqual(KNOWN_AGENTS);
});
