/** All the hub knows about the kind `slack`. */
import { defineConnector } from "../../src/contract/connector.ts";
import { personId, slackConfig, VARIABLES } from "./config.ts";
import { createSlackConnector } from "./connector.ts";
import { check } from "./init/check.ts";
import { httpManifest, manifest } from "./init/manifest.ts";
import { setup } from "./init/questions.ts";

export default defineConnector({
  kind: "slack",
  summary: "Slack: a thread for each conversation, approvals by button and form, the agent's Messages tab.",
  factory: createSlackConnector,
  config: slackConfig,
  person: personId,
  environment: [
    { name: VARIABLES.bot, purpose: "the bot token (xoxb) of the Slack app, from OAuth & Permissions", secret: true },
    { name: VARIABLES.app, purpose: "the app-level token (xapp) with connections:write, for Socket Mode", secret: true },
    { name: VARIABLES.signing, purpose: "the signing secret of the Slack app, for HTTP mode", secret: true },
  ],
  setup,
  check,
  documents: [
    { name: "manifest", purpose: "the app manifest to create the Slack app from", write: manifest },
    { name: "http-manifest", purpose: "the same for HTTP mode, with the addresses Slack calls", write: httpManifest },
  ],
});
