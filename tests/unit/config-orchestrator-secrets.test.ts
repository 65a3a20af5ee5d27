/** A secret that an orchestrator's block names by its variable: read, masked, withheld from agents, and never one of the hub's own. */
import { expect, test } from "vitest";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownParts } from "../../src/cli/known-parts.ts";
import { loadConfig } from "../../src/config.ts";

async function load(yaml: string, env: Record<string, string> = {}) {
  const cwd = await mkdtemp(join(tmpdir(), "mos-hub-config-"));
  try {
    await writeFile(join(cwd, "hub.yaml"), yaml);
    return await loadConfig({ env: { HOME: cwd, ...env }, cwd, ...(await knownParts([])) });
  } finally {
    await rm(cwd, { recursive: true });
  }
}

test.each([
  ["orchestrator", "orchestrator: { driver: http, url: https://a.example.internal, secret_env: MOS_SECRET }"],
  ["orchestrators.mos", "orchestrators: { mos: { driver: http, url: https://a.example.internal, secret_env: MOS_SECRET } }"],
])("%s", async (path, yaml) => {
  const config = await load(`accounts: {}\n${yaml}`, { MOS_SECRET: "a-long-secret-of-the-test" });
  expect(config.variables["MOS_SECRET"]).toBe("a-long-secret-of-the-test");
  expect(config.secrets.map(({ value }) => value)).toContain("a-long-secret-of-the-test");
  expect(config.withheld).toContain("MOS_SECRET");
  await expect(load(`accounts: {}\n${yaml.replace("MOS_SECRET", "MOS_HUB_PIN")}`)).rejects.toThrow(
    `${path}.secret_env (line 2) names no variable that an orchestrator may read`,
  );
});
