/** The conformance kit is worth something only if it fails: each of these connectors is broken in one way, and found by name. */
import { describe, expect, it } from "vitest";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { CONNECTOR_CASES, runCase, whyNot } from "../../src/testing/kit.ts";
import { hookHarness } from "../support/harnesses/hook.ts";
import { lineHarness } from "../support/harnesses/line.ts";
import { ROOT } from "../support/repository.ts";
import { BROKEN, type Broken } from "../support/wire/broken.ts";

async function findingsOf({ definition, foundBy }: Broken): Promise<string> {
  const one = CONNECTOR_CASES.find(({ name }) => name === foundBy);
  if (one === undefined) throw new Error(`there is no case "${foundBy}"`);
  const rig = await (definition.kind === "hook" ? hookHarness : lineHarness)(definition).setUp();
  try {
    expect(whyNot(one, rig)).toBeUndefined();
    return await runCase(one, definition, rig).then(
      () => "nothing was found",
      (thrown: unknown) => (thrown as Error).message,
    );
  } finally {
    await rig.end();
  }
}

describe("the kit finds a connector that", () => {
  it.each(BROKEN.map((broken) => ({ broken, ...broken })))("$fault", async ({ broken, says }) => {
    expect(await findingsOf(broken)).toContain(says);
  });
});

it("has a case for every power", () => {
  const proved = new Set(CONNECTOR_CASES.map(({ needs }) => needs.power));
  for (const power of [
    "edit",
    "react",
    "ask",
    "openThread",
    "whisper",
    "typing",
    "stream",
    "turnEnd",
    "reconcile",
    "catchUp",
    "replays",
    "idempotentMs",
  ] as const)
    expect(proved).toContain(power);
});

it("names every case once, in words", () => {
  const names = CONNECTOR_CASES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it("is what `mos-hub/testing` exports, and loads no test runner", async () => {
  const { exports: entries } = z
    .object({ exports: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  const kit = pathToFileURL(join(ROOT, entries["./testing"] ?? "")).href;
  // Vitest refuses to be loaded outside its own process, so a plain one tells.
  const script = `const { CONNECTOR_CASES } = await import(${JSON.stringify(kit)}); console.log(CONNECTOR_CASES.length)`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(Number(printed)).toBe(CONNECTOR_CASES.length);
});
