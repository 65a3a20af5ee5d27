import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { KNOWN_AGENTS } from "../../src/cli/known-agents.ts";
import { acpConfig } from "../../src/orchestrators/acp/config.ts";
import { ROOT } from "../support/repository.ts";

test("init offers the agents that README.md lists", () => {
  const rows = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^\| ([^|]+?) +\| `(\[".*?\])` *\|$/gm)];
  expect(rows.map(([, name, command]) => ({ name, command: JSON.parse(command ?? "") as unknown }))).toEqual(KNOWN_AGENTS);
});

describe("docs/orchestrators.md", () => {
  const guide = readFileSync(join(ROOT, "docs/orchestrators.md"), "utf8");
  const recipes = new Map(
    guide
      .split(/^### /m)
      .slice(1)
      .map((recipe) => [recipe.split("\n")[0], recipe] as const),
  );

  test("has a recipe for each agent that init offers, and for no other", () => {
    expect([...recipes.keys()]).toEqual(KNOWN_AGENTS.map(({ name }) => name));
  });

  test.each(KNOWN_AGENTS)("starts $name by its command, with a block the hub takes", ({ name, command }) => {
    const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(recipes.get(name) ?? "") ?? [];
    const { orchestrator } = parse(yaml) as { orchestrator: unknown };
    expect(acpConfig.parse(orchestrator).command).toEqual(command);
    expect(recipes.get(name)).toContain("Not run here");
  });

  test("tells of every setting", () => {
    for (const setting of Object.keys(acpConfig.shape)) expect(guide).toContain(`\`${setting}\``);
  });
});
