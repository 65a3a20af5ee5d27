import { describe, expect, test } from "vitest";
import { sourceFiles } from "../support/repository.ts";
import { parse } from "../support/source.ts";
import { barrels, cycles, wrongDirections } from "./checks/imports.ts";

const sources = sourceFiles().map(parse);
const sample = (path: string, text: string) => parse({ path, text });

describe("import directions", () => {
  test("are kept", () => expect(wrongDirections(sources)).toEqual([]));

  test.each([
    ["src/hub.ts", 'import { x } from "../connectors/index.ts";'],
    ["src/steps/route.ts", 'import type { X } from "../../handlers/index.ts";'],
    ["src/steps/route.ts", 'const x = await import("../../handlers/index.ts");'],
    ["src/hub.ts", 'import { main } from "./main.ts";'],
    ["src/contract/ids.ts", 'import { x } from "../clock.ts";'],
    ["src/contract/ids.ts", 'import fs from "node:fs";'],
    ["connectors/one/send.ts", 'import { x } from "../two/send.ts";'],
    ["connectors/one/send.ts", 'import { x } from "../../src/log.ts";'],
    ["connectors/shared/retry.ts", 'import { x } from "../one/send.ts";'],
    ["connectors/index.ts", 'import { x } from "../handlers/index.ts";'],
    ["connectors/index.ts", 'import { createRegistry } from "../src/registry.ts";'],
    ["handlers/deploy.ts", 'import { x } from "../src/store/open.ts";'],
    ["handlers/deploy.ts", 'import fs from "node:fs";'],
    ["handlers/deploy.ts", 'let x: typeof import("../connectors/index.ts");'],
  ])("refuses %s with %s", (path, text) => {
    expect(wrongDirections([sample(path, text)])).toHaveLength(1);
  });

  test("refuse a rule that reaches a file or the network through another", () => {
    const handler = sample("handlers/deploy.ts", 'import { x } from "../src/deploys/rules.ts";');
    const rules = sample("src/deploys/rules.ts", 'import { y } from "./disk.ts";');
    const disk = (text: string) => sample("src/deploys/disk.ts", text);
    expect(wrongDirections([handler, rules, disk('import fs from "node:fs";')])).toEqual([
      "handlers/deploy.ts:1: imports ../src/deploys/rules.ts: not a pure rule: src/deploys/disk.ts loads node:fs",
    ]);
    expect(wrongDirections([handler, rules, disk('import { z } from "zod"; import type fs from "node:fs";')])).toEqual([]);
  });

  test.each([
    ["src/main.ts", 'import { x } from "../connectors/index.ts"; import { y } from "../handlers/index.ts";'],
    ["connectors/one/send.ts", 'import { x } from "./ids.ts"; import sdk from "some-sdk"; import { y } from "../shared/retry.ts";'],
    ["connectors/index.ts", 'import type { Registry } from "../src/registry.ts"; const load = () => import("./one/connector.ts");'],
    ["handlers/deploy.ts", 'import { x } from "../src/contract/store.ts"; import { y } from "./card.ts";'],
  ])("allow %s with %s", (path, text) => {
    expect(wrongDirections([sample(path, text)])).toEqual([]);
  });
});

describe("import cycles", () => {
  test("there are none", () => expect(cycles(sources)).toEqual([]));

  test("are found, also when only types go round", () => {
    const a = sample("src/a.ts", 'import { b } from "./b.ts";');
    const b = sample("src/b.ts", 'import type { C } from "./c/c.ts";');
    const c = sample("src/c/c.ts", 'const a = import("../a.ts");');
    expect(cycles([a, b, c])).toEqual(["src/a.ts → src/b.ts → src/c/c.ts → src/a.ts"]);
    expect(cycles([a, b])).toEqual([]);
  });
});

describe("re-export barrels", () => {
  test("there are none", () => expect(barrels(sources)).toEqual([]));

  test.each(['export { x } from "./x.ts";', 'export * from "./x.ts";', 'export type { X } from "./x.ts";', 'export * as x from "./x.ts";'])(
    "refuses %s",
    (text) => {
      expect(barrels([sample("src/index.ts", text)])).toHaveLength(1);
    },
  );
});
