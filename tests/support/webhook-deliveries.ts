/** Webhooks of each shape, with deliveries as services send them: recorded in shape, scrubbed in content. */
import { createHmac } from "node:crypto";
import type { Webhook } from "../../src/deploys/webhooks/webhook.ts";

export const SECRET = "a webhook's secret";

export const GITHUB: Webhook = { name: "github", secret: SECRET, shape: { type: "github" } };
export const KOOMPI: Webhook = { name: "cloud", secret: SECRET, shape: { type: "koompi" } };
export const MAPPED: Webhook = {
  name: "ci",
  secret: SECRET,
  shape: {
    type: "mapped",
    signature: { header: "x-signature-256", prefix: "sha256=", encoding: "hex" },
    delivery: "x-delivery",
    fields: {
      app: "project.name",
      environment: "target",
      state: "build.status",
      deploy_id: "build.id",
      live: "url",
      sha: "build.commits.0.sha",
      failure_tail: "build.log",
      setup_kind: "need.what",
      setup_name: "need.from",
      setup_state: "need.status",
      setup_detail: "need.why",
      setup_url: "need.page",
    },
    states: { passed: "live", broken: "failed", started: "building" },
    setupStates: { waiting: "credential" },
  },
};

const repository = {
  id: 186853002,
  name: "coffee-shop",
  full_name: "octo/coffee-shop",
  private: false,
  html_url: "https://github.com/octo/coffee-shop",
  owner: { login: "octo", id: 21031067, type: "User" },
};
const deployment = {
  url: "https://api.github.com/repos/octo/coffee-shop/deployments/145988746",
  id: 145988746,
  node_id: "MDEwOkRlcGxveW1lbnQxNDU5ODg3NDY=",
  task: "deploy",
  original_environment: "production",
  environment: "production",
  description: null,
  created_at: "2026-05-15T15:20:53Z",
  updated_at: "2026-05-15T15:20:53Z",
  ref: "main",
  sha: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
  payload: {},
  creator: { login: "octo", id: 21031067, type: "User" },
  transient_environment: false,
  production_environment: true,
};
const sender = { login: "octo", id: 21031067, type: "User" };

export const deploymentCreated = { action: "created", deployment, workflow: null, workflow_run: null, repository, sender };

/** `environment`: of a preview, one that is transient. */
export function deploymentStatus(
  state: string,
  { id = deployment.id, preview = false, url = "", description = "", at = deployment.created_at } = {},
) {
  const made = {
    ...deployment,
    id,
    created_at: at,
    ...(preview ? { environment: "Preview", ref: "feature/menu", transient_environment: true } : {}),
  };
  const deployment_status = {
    url: `https://api.github.com/repos/octo/coffee-shop/deployments/${id}/statuses/209916254`,
    id: 209916254,
    state,
    creator: sender,
    description,
    environment: made.environment,
    target_url: "",
    log_url: "https://github.com/octo/coffee-shop/actions/runs/1",
    environment_url: url,
    created_at: "2026-05-15T15:20:53Z",
    updated_at: "2026-05-15T15:20:53Z",
  };
  return { action: "created", deployment_status, deployment: made, check_run: null, workflow_run: null, repository, sender };
}

export const cloudDeploy = (state: string, more: object = {}) => ({
  type: "deploy",
  app: "coffee-shop",
  region: "sg",
  deploy: { id: "d1", state, logs_url: "https://logs.example.internal/d1", revision: { sha: "abc", ref: "main" }, ...more },
});
export const cloudDomain = (state: string, more: object = {}) => ({
  type: "domain",
  app: "coffee-shop",
  domain: {
    name: "coffee.example.com",
    state,
    records: [
      { type: "CNAME", name: "coffee.example.com", value: "coffee-shop.koompi.cloud" },
      { type: "TXT", name: "_verify.coffee.example.com", value: "token" },
    ],
    ...more,
  },
});

export const cloudSetup = (state: string, more: object = {}) => ({
  type: "setup",
  app: "coffee-shop",
  setup: { kind: "payments", name: "Baray", state, url: "https://pay.example.internal/coffee-shop", at: "2026-05-15T15:20:53Z", ...more },
});

export const build = (status: string, more: object = {}) => ({
  project: { name: "shop" },
  target: "staging",
  url: "https://staging.example.internal",
  build: { id: 42, status, commits: [{ sha: "abc" }], log: "exit 1", ...more },
});

export interface Sent {
  readonly headers: Headers;
  readonly body: Buffer;
}

/** As the service sends it, signed. */
export function deliver(
  webhook: Webhook,
  payload: unknown,
  { id = "delivery-1", event = "deployment_status", secret = SECRET } = {},
): Sent {
  return signed(webhook, Buffer.from(JSON.stringify(payload)), { id, event, secret });
}

export function signed(webhook: Webhook, body: Buffer, { id = "delivery-1", event = "deployment_status", secret = SECRET } = {}): Sent {
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const names = { github: "x-hub-signature-256", koompi: "x-koompi-signature-256", mapped: "x-signature-256" };
  const ids = { github: "x-github-delivery", koompi: "x-koompi-delivery", mapped: "x-delivery" };
  const { type } = webhook.shape;
  const headers = new Headers({ "content-type": "application/json", [names[type]]: signature, [ids[type]]: id });
  if (type === "github") headers.set("x-github-event", event);
  return { headers, body };
}
