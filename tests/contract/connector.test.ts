/** The connector suite over every connector in the table. One without a harness fails here. */
import { existsSync } from "node:fs";
import { loadDefinitions } from "../../connectors/index.ts";
import { describe, expect, it } from "vitest";
import type { ConnectorHarness } from "../../src/testing/kit.ts";
import { connectorSuite } from "../support/connector-suite.ts";

for (const definition of await loadDefinitions()) {
  const file = new URL(`../support/harnesses/${definition.kind}.ts`, import.meta.url);
  if (existsSync(file)) {
    const { default: harness }: { default: ConnectorHarness } = await import(file.href);
    connectorSuite(definition, harness);
  } else {
    describe(`connector ${definition.kind}`, () =>
      it("has a harness", () => expect.fail(`write tests/support/harnesses/${definition.kind}.ts`)));
  }
}
