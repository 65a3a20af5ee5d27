/** The services of `deploys.carriers`, as people write them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig, type LoadOptions } from "../../../src/config.ts";
import { carrierFor } from "../../../src/deploys/carriers.ts";

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), "mos-hub-carriers-"))));
afterEach(() => rm(dir, { recursive: true, force: true }));

/** As the hub itself does. */
async function load(yaml: string, env: Record<string, string> = {}, connectors: LoadOptions["connectors"] = []) {
  const file = join(dir, "hub.yaml");
  await writeFile(file, `deploys:\n${yaml}`);
  return loadConfig({ env: { HOME: dir, ...env }, cwd: dir, file, connectors });
}

const CI = "  carriers:\n    - { app: 'shop*', post: 'https://ci.example.internal/hooks', secret_env: CI_SECRET }\n";

describe("carriers", () => {
  test("have their secret from the environment or a file, registered as one; by default half an hour to report", async () => {
    const config = await load(CI, { CI_SECRET: "between-us-two" });
    const carrier = { app: "shop*", environment: "*" };
    expect(config.deploys.carriers).toEqual([{ ...carrier, url: "https://ci.example.internal/hooks", secret: "between-us-two" }]);
    expect(config.deploys.rules).toMatchObject({ carriers: [carrier], resultWithinMs: 1_800_000 });
    expect(JSON.stringify(config.secrets)).toContain("CI_SECRET");
    await writeFile(join(dir, "secret"), "from-a-file\n");
    const filed = await load(`${CI}  result_within: 5m\n`, { CI_SECRET_FILE: join(dir, "secret") });
    expect(filed.deploys).toMatchObject({ carriers: [{ secret: "from-a-file" }], rules: { resultWithinMs: 300_000 } });
  });

  test("without a secret, or with one in the address, are problems of the configuration", async () => {
    await expect(load(CI)).rejects.toThrow(/deploys\.carriers\[0\]\.secret_env \(line 3\) names a variable that is not set/);
    // A command beside the hub calls nobody.
    expect((await loadConfig({ env: { HOME: dir }, cwd: dir, file: join(dir, "hub.yaml") })).deploys.rules.carriers).toHaveLength(1);
    const named = CI.replace("https://ci", "https://ann@ci");
    await expect(load(named, { CI_SECRET: "s" })).rejects.toThrow(/deploys\.carriers\[0\]\.post .*must hold no name and password/);
    const strange = CI.replace("https://", "ftp://");
    await expect(load(strange, { CI_SECRET: "s" })).rejects.toThrow(/deploys\.carriers\[0\]\.post/);
  });
});

test("the first that fits wins, and none is no one", () => {
  const carriers = [
    { app: "shop*", environment: "production" },
    { app: "*", environment: "production" },
  ];
  expect(carrierFor(carriers, { app: "shop-eu", environment: "production" })).toBe(carriers[0]);
  expect(carrierFor(carriers, { app: "blog", environment: "Production" })).toBe(carriers[1]);
  expect(carrierFor(carriers, { app: "shop", environment: "staging" })).toBeUndefined();
});
