/** The published package below somebody's `node_modules`: the command, what it exports with its types, and a connector written against it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHubProcess } from "../support/hub-process.ts";
import { ROOT } from "../support/repository.ts";

const folder = mkdtempSync(join(tmpdir(), "mos-hub-installed-"));
const modules = join(folder, "node_modules");
const installed = join(modules, "mos-hub");
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });

beforeAll(() => {
  run(process.execPath, join(ROOT, "deploy/build.ts"), join(folder, "dist"));
  const [packed] = JSON.parse(run("npm", "pack", join(folder, "dist"), "--json", "--offline")) as { filename: string }[];
  mkdirSync(installed, { recursive: true });
  run("tar", "-xzf", packed?.filename ?? "", "-C", installed, "--strip-components=1");
  for (const name of packagesIn(join(ROOT, "node_modules"))) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function packagesIn(dir: string): string[] {
  return readdirSync(dir).flatMap((name) =>
    name.startsWith(".") ? [] : name.startsWith("@") ? readdirSync(join(dir, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

test("holds no TypeScript but declarations, and no test", () => {
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  expect(files.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
  expect(files.filter((path) => path.startsWith("tests"))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", ".env.example", "src/cli/mos-hub.mjs", "src/client.d.ts"]));
});

/** The examples of docs/connectors.md, as somebody would paste them. */
const [PIGEON = "", PROVE = ""] = [...readFileSync(join(ROOT, "docs/connectors.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code,
);
const EVERY_ENTRY = `
import { registerAll, KIND_DEFAULTS, KNOWN_CONNECTOR_KINDS } from "mos-hub/connectors";
import { createRegistry } from "mos-hub/registry";
import { createClient, type Client } from "mos-hub/client";
import { CONNECTOR_CASES } from "mos-hub/testing";

const registry = createRegistry({ known: KNOWN_CONNECTOR_KINDS, ...KIND_DEFAULTS });
await registerAll(registry);
export const client: Client = createClient({ where: () => ({ url: "http://127.0.0.1:1", token: "none" }) });
console.log(registry.hasConnector("console"), CONNECTOR_CASES.length > 40);`;

test("carries types for all it exports, and runs a connector written against them", { timeout: 120_000 }, async () => {
  for (const [name, code] of Object.entries({ pigeon: PIGEON, prove: PROVE, entries: EVERY_ENTRY }))
    writeFileSync(join(folder, `${name}.ts`), code);
  const strict = ["--strict", "--noEmit", "--target", "es2024", "--module", "nodenext", "--skipLibCheck", "--types", "node"];
  expect(run(join(ROOT, "node_modules/.bin/tsc"), ...strict, "pigeon.ts", "prove.ts", "entries.ts")).toBe("");
  expect(run(process.execPath, "entries.ts")).toBe("true true\n");

  writeFileSync(join(folder, "hub.yaml"), "accounts: { console: { kind: console }, birds: { kind: ./pigeon.ts, loft: roof } }\n");
  const hub = await createHubProcess({ MOS_HUB_CONFIG: join(folder, "hub.yaml") }, join(installed, "src/cli/mos-hub.mjs"));
  try {
    await hub.start();
    expect((await hub.cli("chat", "--once", "hello")).events.at(-1)).toMatchObject({ type: "turn_end" });
    expect((await hub.cli("health")).stdout).toContain("birds");
    expect(await hub.prompts()).toHaveLength(1);
  } finally {
    await hub.end();
  }
});
