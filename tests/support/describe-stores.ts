/** A suite of the store's contract, once an engine. */
import { describe } from "vitest";
import { type StoreEngine, storeEngines } from "./stores.ts";

/** The suite for each engine; its name says why it is skipped. */
export function describeStores(suite: (engine: StoreEngine) => void): void {
  for (const engine of storeEngines) {
    const { name, missing } = engine;
    describe.skipIf(missing !== undefined)(`${name} store${missing === undefined ? "" : ` (${missing})`}`, () => suite(engine));
  }
}
