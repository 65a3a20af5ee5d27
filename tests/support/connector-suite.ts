/** The conformance kit in this repository's own test runner. */
import { describe, it } from "vitest";
import type { ConnectorDefinition } from "../../src/contract/connector.ts";
import { CONNECTOR_CASES, type ConnectorHarness, runCase, whyNot } from "../../src/testing/kit.ts";

export function connectorSuite(definition: ConnectorDefinition, harness: ConnectorHarness): void {
  describe(`connector ${definition.kind}`, () => {
    for (const one of CONNECTOR_CASES)
      it(`${one.name}`, async ({ skip }) => {
        const rig = await harness.setUp();
        try {
          const reason = whyNot(one, rig);
          if (reason !== undefined) skip(reason);
          await runCase(one, definition, rig);
        } finally {
          await rig.end();
        }
      });
  });
}
