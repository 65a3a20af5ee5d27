/** All the hub knows about the kind `tmux`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { tmuxAccount } from "./config.ts";
import { createTmuxConnector } from "./connector.ts";

export default defineConnector({
  kind: "tmux",
  summary: "A chat in a window beside the fleet's sessions, on their own tmux socket. Needs no account anywhere.",
  factory: createTmuxConnector,
  config: tmuxAccount,
  environment: [],
  setup: [],
  isLocal: true,
});
