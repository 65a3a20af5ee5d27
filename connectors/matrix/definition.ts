/** All the hub knows about the kind `matrix`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { matrixConfig, TOKEN_VARIABLE, userId } from "./config.ts";
import { createMatrixConnector } from "./connector.ts";
import { setup } from "./init/questions.ts";
import { check } from "./setup.ts";

export default defineConnector({
  kind: "matrix",
  summary: "Rooms on a Matrix homeserver, your own by default: threads, approvals by reaction, files both ways.",
  factory: createMatrixConnector,
  config: matrixConfig,
  person: userId,
  environment: [{ name: TOKEN_VARIABLE, purpose: "the access token of the hub's own user on the homeserver", secret: true }],
  setup,
  check,
});
