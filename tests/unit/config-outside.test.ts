import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Config, loadConfig, secretsOf } from "../../src/config.ts";
import { HubError } from "../../src/contract/errors.ts";
import { ROOT } from "../support/repository.ts";

const own = [{ kind: "console", config: z.strictObject({ kind: z.literal("console").optional() }) }];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "mos-hub-outside-"));
});

async function load(yaml: string, env: Record<string, string> = {}): Promise<Config> {
  await writeFile(join(cwd, "hub.yaml"), yaml);
  return loadConfig({ env: { HOME: cwd, ...env }, cwd, connectors: own, drivers: [{ driver: "rehearsal", config: z.strictObject({}) }] });
}

async function refusal(yaml: string): Promise<string> {
  const error = await load(yaml).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HubError)) throw new Error("the configuration was taken", { cause: error });
  return error.message;
}

const CONTRACT = pathToFileURL(join(ROOT, "src/contract/connector.ts")).href;
const ZOD = pathToFileURL(join(ROOT, "node_modules/zod/index.js")).href;
/** A module as an author writes it, as far as the configuration looks into it. */
const connector = (kind: string): string => `
  import { defineConnector } from "${CONTRACT}";
  import { z } from "${ZOD}";
  export default defineConnector({
    kind: "${kind}",
    summary: "A test.",
    factory: () => { throw new Error("not in this test"); },
    config: z.strictObject({ kind: z.literal("${kind}").optional(), token_env: z.string().optional(), loft: z.string().optional() }),
    environment: [{ name: "PIGEON_TOKEN", purpose: "the bird's token", secret: true }],
  });`;

describe("a connector from outside", () => {
  test("is a file beside the configuration, and its own schema checks the account", async () => {
    await writeFile(join(cwd, "pigeon.ts"), connector("pigeon"));
    const config = await load("accounts: { birds: { kind: ./pigeon.ts, loft: roof } }");
    expect(config.accounts).toMatchObject([{ account: "birds", kind: "pigeon", config: { kind: "pigeon", loft: "roof" } }]);
    expect(config.outside.map(({ kind }) => kind)).toEqual(["pigeon"]);
    const message = await refusal("accounts:\n  birds:\n    kind: ./pigeon.ts\n    lofty: roof");
    expect(message).toContain('accounts.birds.lofty (line 4) is not a known key\n    Did you mean "loft"?');
  });

  test("is a package installed beside the configuration", async () => {
    const folder = join(cwd, "node_modules", "@acme", "mos-hub-pigeon");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@acme/mos-hub-pigeon", type: "module", exports: "./index.js" }));
    await writeFile(join(folder, "index.js"), connector("pigeon"));
    expect(await load('accounts: { birds: { kind: "@acme/mos-hub-pigeon" } }')).toMatchObject({ accounts: [{ kind: "pigeon" }] });
  });

  test.each([
    ["./nowhere.ts", "", "names a file that is not there"],
    ["@acme/nowhere", "", "names a package that is not installed\n    Install it beside the configuration file: npm install @acme/nowhere"],
    ["./bad.ts", "export default 1;", "names a module whose default export is no connector (all of it)"],
    ["./bad.ts", "export default { kind: 'x', environment: [{ name: 'MOS_HUB_PIN', purpose: '', secret: true }] };", "environment.0.name"],
    ["./bad.ts", 'throw new Error("no wings");', "names a module that cannot be loaded: no wings"],
    ["./bad.ts", 'import "./gone.ts";', "names a module that cannot be loaded: Cannot find module"],
    ["./bad.ts", connector("console"), 'names a module for the kind "console", which the hub has itself'],
  ])("%s is refused in words", async (kind, text, words) => {
    await writeFile(join(cwd, "bad.ts"), text);
    const message = await refusal(`accounts:\n  birds:\n    kind: "${kind}"`);
    expect(message).toContain("accounts.birds.kind (line 3) ");
    expect(message).toContain(words);
    expect(message).toMatch(/has 1 problem/);
  });

  test("shares its kind with no other", async () => {
    for (const name of ["one.ts", "two.ts"]) await writeFile(join(cwd, name), connector("pigeon"));
    expect(await refusal("accounts: { a: { kind: ./one.ts }, b: { kind: ./two.ts } }")).toContain(
      'names a second module for the kind "pigeon"',
    );
    expect((await load("accounts: { a: { kind: ./one.ts }, b: { kind: ./one.ts } }")).outside).toHaveLength(1);
  });
});

describe("what an account may read of the environment", () => {
  test("is what its kind declares and what its block names, each as a secret", async () => {
    await writeFile(join(cwd, "pigeon.ts"), connector("pigeon"));
    const [first, second] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
    const yaml = "accounts: { a: { kind: ./pigeon.ts }, b: { kind: ./pigeon.ts, token_env: OPS_TOKEN }, c: { kind: console } }";
    const config = await load(yaml, { PIGEON_TOKEN: first, OPS_TOKEN: second, MOS_HUB_PIN: "802946" });
    const seen = config.accounts.map((account) =>
      ["PIGEON_TOKEN", "OPS_TOKEN", "MOS_HUB_PIN", "HOME"].map((name) => secretsOf(account, config).get(name)),
    );
    expect(seen).toEqual([
      [first, undefined, undefined, undefined],
      [first, second, undefined, undefined],
      [undefined, undefined, undefined, undefined],
    ]);
    expect(config.secrets.map(({ value }) => value)).toEqual(expect.arrayContaining([first, second]));
    expect(config.withheld).toEqual(expect.arrayContaining(["OPS_TOKEN", "OPS_TOKEN_FILE"]));
  });

  test("never holds the hub's own", async () => {
    await writeFile(join(cwd, "pigeon.ts"), connector("pigeon"));
    expect(await refusal("accounts:\n  a:\n    kind: ./pigeon.ts\n    token_env: MOS_HUB_PIN")).toContain(
      "accounts.a.token_env (line 4) names no variable that an account may read",
    );
  });
});
