/** All the hub knows about the kind `console`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { consoleConfig } from "./config.ts";
import { createConsoleConnector } from "./connector.ts";
import { check } from "./setup.ts";

export default defineConnector({
  kind: "console",
  summary: "A chat of the hub's own, in a terminal or a browser. Needs no account anywhere.",
  factory: createConsoleConnector,
  config: consoleConfig,
  environment: [],
  setup: [],
  check,
  isLocal: true,
});
