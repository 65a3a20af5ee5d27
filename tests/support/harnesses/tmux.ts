/** The fleet's terminal has the console's face: the same person, over its own connector. */
import { Keyv } from "keyv";
import definition from "../../../connectors/tmux/definition.ts";
import type { ConnectorHarness } from "../../../src/testing/kit.ts";
import { createRig } from "./console.ts";

const harness: ConnectorHarness = { kind: "tmux", setUp: async () => createRig(definition, new Keyv()) };
export default harness;
