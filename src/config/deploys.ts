/** The `deploys` block of hub.yaml: its schema, and the rules and webhooks it stands for. */
import { z } from "zod";
import type { DeployRules } from "../contract/deploys.ts";
import { DEPLOY_STATES, SETUP_STATES } from "../contract/message.ts";
import type { Carrier } from "../deploys/hand-over.ts";
import { MAPPED_FIELDS, type Webhook, type WebhookShape } from "../deploys/webhooks/webhook.ts";
import { chat } from "./chat.ts";
import { duration, durationMs } from "./durations.ts";

const glob = z.string().min(1).max(200);
const header = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, "must be the name of a header, such as X-Signature-256");
const place = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, "must be keys joined by dots, such as build.status");

const route = z.strictObject({
  app: glob.default("*").describe("the app, as a glob such as shop*. Default: every app."),
  environment: glob.default("*").describe("the environment, as a glob such as production. Default: every one."),
  states: z.array(z.enum(DEPLOY_STATES)).min(1).describe("the states that bring a card here. Default: every state.").optional(),
  chats: z.array(chat).min(1).max(20).describe("where its card is shown."),
});

const variable = z
  .string()
  .regex(/^(?!MOS_HUB_)[A-Z][A-Z0-9_]*$/, "must be the name of a variable in capitals; those that begin with MOS_HUB_ are the hub's own");

const carrier = z.strictObject({
  app: glob.default("*").describe("the app, as a glob such as shop*. Default: every app."),
  environment: glob.default("*").describe("the environment, as a glob such as production. Default: every one."),
  post: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), "must hold no name and password; the signature says who calls")
    .describe("where what was approved is posted."),
  secret_env: variable.describe("the variable that holds the secret it is signed with, such as CI_ROLLBACK_SECRET."),
});

const webhook = z.strictObject({
  shape: z.enum(["github", "koompi", "mapped"]).describe("what its events look like: github, koompi or mapped."),
  secret_env: variable.describe("the variable that holds the secret its deliveries are signed with, such as GITHUB_WEBHOOK_SECRET."),
  app: z.string().min(1).max(100).describe("the app, whatever its events say.").optional(),
  environment: z.string().min(1).max(60).describe("the environment, whatever its events say.").optional(),
  domain: z
    .string()
    .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, "must be a host name such as koompi.cloud")
    .max(190)
    .describe("of shape koompi: below it an app lives whose events name no address, such as koompi.cloud. Default: it then has none.")
    .optional(),
  signature: z
    .strictObject({
      header: header.default("X-Signature-256").describe("where the signature stands."),
      prefix: z.string().max(20).default("sha256=").describe("what stands before it."),
      encoding: z.enum(["hex", "base64"]).default("hex").describe("how it is written."),
    })
    .describe("how mapped deliveries are signed: HMAC-SHA256 of the raw body.")
    .optional(),
  delivery_header: header.describe("the header with the id of a mapped delivery.").optional(),
  fields: z
    .partialRecord(z.enum(MAPPED_FIELDS), place)
    .describe("where each field of a mapped event stands, keys joined by dots; app and state are needed.")
    .optional(),
  states: z.record(z.string(), z.enum(DEPLOY_STATES)).describe("what the states of mapped events mean.").optional(),
  setup_states: z.record(z.string(), z.enum(SETUP_STATES)).describe("what the states of set-ups in mapped events mean.").optional(),
});

export const deploysBlock = z
  .strictObject({
    routes: z
      .array(route)
      .default([])
      .describe("which chats hear of which deploys. Default: the home chats, of what was asked in no thread."),
    check_urls: z
      .boolean()
      .describe(
        "whether the address of a deploy is looked at before it is called live. Default: true, unless the orchestrator only rehearses.",
      )
      .optional(),
    allow_private: z
      .array(z.string().min(1).max(253))
      .default([])
      .describe("private addresses that may be looked at: host names (* stands for any text), addresses, networks such as 10.0.0.0/8."),
    carriers: z
      .array(carrier)
      .default([])
      .describe("services that carry out approved rollbacks and promotions; the first that fits. Default: the agent of the conversation."),
    result_within: duration
      .default("30m")
      .describe("how long the result of what was approved may take to be reported before the card says that it was not, such as 30m."),
    webhooks: z
      .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and hyphens"), webhook)
      .default({})
      .describe("services that report deploys, by name: each posts to /webhooks/<name>."),
  })
  .prefault({})
  .describe("who hears of deploys, and who reports them.");

type DeploysBlock = z.output<typeof deploysBlock>;

export interface DeploysConfig {
  readonly rules: DeployRules;
  /** See `createLook`. */
  readonly allowPrivate: readonly string[];
  readonly carriers: readonly Carrier[];
  readonly webhooks: readonly Webhook[];
}

export interface DeployFacts {
  readonly values: Readonly<Record<string, string>>;
  /** The orchestrator is a rehearsal: nothing is where it says. */
  readonly rehearses: boolean;
}

export function deploysConfig(block: DeploysBlock, { values, rehearses }: DeployFacts): DeploysConfig {
  return {
    rules: {
      routes: block.routes,
      checksUrls: block.check_urls ?? !rehearses,
      carriers: block.carriers.map(({ app, environment }) => ({ app, environment })),
      resultWithinMs: durationMs(block.result_within) ?? 0,
    },
    carriers: block.carriers.map(({ app, environment, post, secret_env: name }) => ({
      app,
      environment,
      url: post,
      secret: values[name] ?? "",
    })),
    allowPrivate: block.allow_private,
    webhooks: Object.entries(block.webhooks).map(([name, written]) => ({
      name,
      secret: values[written.secret_env] ?? "",
      app: written.app,
      environment: written.environment,
      shape: shapeOf(written),
    })),
  };
}

function shapeOf({
  shape,
  domain,
  signature,
  delivery_header: delivery,
  fields = {},
  states = {},
  ...rest
}: z.output<typeof webhook>): WebhookShape {
  if (shape === "github") return { type: shape };
  if (shape === "koompi") return { type: shape, domain };
  const signed = signature ?? { header: "X-Signature-256", prefix: "sha256=", encoding: "hex" };
  return { type: "mapped", signature: signed, delivery, fields, states, setupStates: rest.setup_states ?? {} };
}
