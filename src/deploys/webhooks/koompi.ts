/**
 * Events of the shape of KOOMPI Cloud's life of an app: deploy, status, rollback, delete, preview, domain, setup. The cloud publishes no webhook
 * (2026), so this is the shape the hub asks of whoever forwards its events; docs/deploys.md has one of each.
 */
import { z } from "zod";
import type { DeployNews } from "../../contract/orchestrator.ts";
import { DEPLOY_STATES, DOMAIN_STATES, SETUP_STATES } from "../../contract/message.ts";
import { cut, cutFront, link, moment, own, secureLink, text } from "./cut.ts";
import type { Read, SignatureShape } from "./webhook.ts";

export const KOOMPI_SIGNATURE: SignatureShape = { header: "x-koompi-signature-256", prefix: "sha256=", encoding: "hex" };
export const KOOMPI_DELIVERY = "x-koompi-delivery";

const revision = z.object({ sha: text, ref: text, subject: text, author: text, repository: link }).nullish();
const deploy = z.object({
  id: z.string().min(1).max(190),
  state: z.string(),
  url: link,
  logs_url: link,
  log_tail: text,
  began_at: moment,
  revision,
});
const record = z.object({ type: z.string().min(1).max(10), name: z.string().min(1).max(253), value: z.string().min(1).max(230) });

const step = { state: z.string(), detail: text, url: secureLink, at: moment };

const TYPES = ["deploy", "status", "rollback", "delete", "preview", "domain", "setup"] as const;

const event = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["deploy", "status"]), app: z.string(), environment: text, deploy }),
  z.object({ type: z.literal("rollback"), app: z.string(), environment: text, deploy: z.object({ id: z.string().min(1).max(190) }) }),
  z.object({
    type: z.literal("delete"),
    app: z.string(),
    environment: text,
    deploy: z.object({ id: z.string().min(1).max(190) }).nullish(),
  }),
  z.object({
    type: z.literal("preview"),
    app: z.string(),
    preview: z.object({ hash: z.string().min(1).max(50), state: z.string(), url: link, revision }),
  }),
  z.object({
    type: z.literal("domain"),
    app: z.string(),
    environment: text,
    domain: z.object({ name: z.string().min(1).max(253), records: z.array(record).max(20).nullish(), ...step }),
  }),
  z.object({
    type: z.literal("setup"),
    app: z.string(),
    environment: text,
    setup: z.object({ kind: z.string(), name: z.string(), ...step }),
  }),
]);
const typed = z.object({ type: z.string() });
const app = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);

/** What the cloud calls them, beside our own words. */
const STATES: Readonly<Record<string, DeployNews["state"]>> = {
  pending: "queued",
  running: "live",
  ready: "live",
  success: "live",
  error: "failed",
  failure: "failed",
  cancelled: "canceled",
};
const DOMAINS: Readonly<Record<string, (typeof DOMAIN_STATES)[number]>> = {
  registered: "records",
  pending_dns: "records",
  pending_certificate: "certificate",
  active: "live",
  wrong_credential: "credential",
};
const SETUPS: Readonly<Record<string, (typeof SETUP_STATES)[number]>> = {
  pending: "started",
  needs_credential: "credential",
  wrong_credential: "credential",
  active: "done",
  error: "failed",
};

/**
 * `domain`: what apps live below, so that one whose event names no address is at `https://APP.DOMAIN`. Default: it has none.
 * Throws a ZodError for what is no event.
 */
export function readKoompi(body: unknown, domain?: string): Read {
  const { type } = typed.parse(body);
  if (!TYPES.some((known) => known === type)) return { ignored: `the type ${type.slice(0, 60)}` };
  const given = event.parse(body);
  const addressOf = (name: string): string | undefined => domain && `https://${encodeURIComponent(name)}.${domain}`;
  const place = { app: app.parse(given.app), environment: cut("environment" in given ? given.environment : undefined, 60) ?? "production" };
  switch (given.type) {
    case "deploy":
    case "status":
      return deployRead(place, given.deploy, addressOf(place.app));
    case "rollback":
      return { news: { ...place, deploy_id: given.deploy.id, state: "rolled_back", urls: {} } };
    case "delete":
      return { news: { ...place, deploy_id: given.deploy?.id, state: "deleted", urls: {} } };
    case "preview": {
      const { hash, state, url, revision: at } = given.preview;
      const known = stateOf(state);
      if (known === undefined) return { ignored: `the state ${state.slice(0, 60)}` };
      const urls = { preview: url ?? addressOf(`preview-${hash}`) };
      return { news: { ...place, environment: `preview-${hash}`, deploy_id: hash, state: known, revision: revisionOf(at), urls } };
    }
    case "domain": {
      const { state, records, detail, ...rest } = given.domain;
      const known = DOMAIN_STATES.find((one) => one === state) ?? own(DOMAINS, state);
      if (known === undefined) return { ignored: `the state ${state.slice(0, 60)}` };
      const lines = records?.map(({ type, name: at, value }) => `${type} ${at} ${value}`);
      return { news: { ...place, urls: {}, domain: { ...rest, state: known, records: lines, detail: cut(detail, 300) } } };
    }
    case "setup": {
      const { state, detail, ...rest } = given.setup;
      const known = SETUP_STATES.find((one) => one === state) ?? own(SETUPS, state);
      if (known === undefined) return { ignored: `the state ${state.slice(0, 60)}` };
      return { news: { ...place, urls: {}, setup: { ...rest, state: known, detail: cut(detail, 300) } } };
    }
    default:
      return given satisfies never;
  }
}

function deployRead(place: { app: string; environment: string }, made: z.output<typeof deploy>, address: string | undefined): Read {
  const state = stateOf(made.state);
  if (state === undefined) return { ignored: `the state ${made.state.slice(0, 60)}` };
  // An app has its own address as soon as it is live.
  const live = made.url ?? (state === "live" && place.environment === "production" ? address : undefined);
  const urls = { live, logs: made.logs_url };
  const tail = state === "failed" ? { failure_tail: cutFront(made.log_tail, 20_000) } : {};
  return { news: { ...place, deploy_id: made.id, state, revision: revisionOf(made.revision), began_at: made.began_at, urls, ...tail } };
}

function stateOf(given: string): DeployNews["state"] {
  return DEPLOY_STATES.find((state) => state === given) ?? own(STATES, given);
}

function revisionOf(given: z.output<typeof revision>): DeployNews["revision"] {
  if (!given) return undefined;
  const { sha, ref, subject, author, repository } = given;
  return { sha: cut(sha, 64), ref: cut(ref, 200), subject: cut(subject, 300), author: cut(author, 200), repository };
}
