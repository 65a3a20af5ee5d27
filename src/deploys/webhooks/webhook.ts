/** A door through which a service reports deploys, and what every shape of report is read into. Types only. */
import type { DeployNews } from "../../contract/orchestrator.ts";

export interface Webhook {
  /** Its deliveries go to `/webhooks/<name>`. */
  readonly name: string;
  readonly secret: string;
  /** In place of what the report says. */
  readonly app?: string | undefined;
  readonly environment?: string | undefined;
  readonly shape: WebhookShape;
}

export type WebhookShape = { readonly type: "github" } | { readonly type: "koompi"; readonly domain?: string | undefined } | MappedShape;

export interface MappedShape {
  readonly type: "mapped";
  readonly signature: SignatureShape;
  /** The header with the delivery's own id. */
  readonly delivery?: string | undefined;
  /** For each field of a report where it stands in the body: keys and places in lists, joined by dots. */
  readonly fields: Readonly<Partial<Record<MappedField, string>>>;
  /** What the service's states mean. One that is not named, and is none of ours, is left alone. */
  readonly states: Readonly<Record<string, NonNullable<DeployNews["state"]>>>;
  /** The same of set-ups. */
  readonly setupStates: Readonly<Record<string, NonNullable<DeployNews["setup"]>["state"]>>;
}

export const MAPPED_FIELDS = [
  "app",
  "environment",
  "state",
  "deploy_id",
  "live",
  "preview",
  "logs",
  "sha",
  "ref",
  "subject",
  "author",
  "repository",
  "began_at",
  "failure_tail",
  "setup_kind",
  "setup_name",
  "setup_state",
  "setup_detail",
  "setup_url",
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

/** HMAC-SHA256 over the raw body, after `prefix` in `header`. */
export interface SignatureShape {
  readonly header: string;
  readonly prefix: string;
  readonly encoding: "hex" | "base64";
}

/** `ignored`: well formed, and about no deploy. */
export type Read = { readonly news: DeployNews } | { readonly ignored: string };
