/**
 * Deployments of a GitHub repository. GitHub Docs, Webhook events and payloads, `deployment` and `deployment_status`; Validating webhook
 * deliveries; REST API, deployment statuses (2026): states, and `inactive` of a transient deployment being its end.
 */
import { z } from "zod";
import type { DeployNews } from "../../contract/orchestrator.ts";
import { cut, link, moment, text } from "./cut.ts";
import type { Read, SignatureShape } from "./webhook.ts";

export const GITHUB_SIGNATURE: SignatureShape = { header: "x-hub-signature-256", prefix: "sha256=", encoding: "hex" };
export const GITHUB_DELIVERY = "x-github-delivery";
const EVENT = "x-github-event";

const deployment = z.object({
  id: z.number().int(),
  sha: text,
  ref: text,
  environment: text,
  description: text,
  created_at: moment,
  transient_environment: z.boolean().nullish(),
  creator: z.object({ login: text }).nullish(),
});
const repository = z.object({ name: z.string().min(1), html_url: link });
const status = z.object({
  state: z.string(),
  environment: text,
  environment_url: link,
  log_url: link,
  target_url: link,
  description: text,
});

const deploymentEvent = z.object({ deployment, repository });
const statusEvent = deploymentEvent.extend({ deployment_status: status });
type Body = z.output<typeof deploymentEvent>;

const STATES: Readonly<Record<string, DeployNews["state"]>> = {
  pending: "queued",
  queued: "queued",
  in_progress: "deploying",
  success: "live",
  failure: "failed",
  error: "failed",
  inactive: "superseded",
};

/** Throws a ZodError for a body that is not what the event's name says. */
export function readGithub(body: unknown, headers: Headers): Read {
  const event = headers.get(EVENT);
  if (event === "deployment") return { news: newsOf(deploymentEvent.parse(body), "queued", {}) };
  if (event !== "deployment_status") return { ignored: `the event ${event?.slice(0, 60) ?? "without a name"}` };
  const parsed = statusEvent.parse(body);
  const { state, environment_url: url, log_url, target_url, description } = parsed.deployment_status;
  const isOver = state === "inactive" && parsed.deployment.transient_environment === true;
  const known = isOver ? "deleted" : STATES[state];
  if (known === undefined) return { ignored: `the state ${state.slice(0, 60)}` };
  const isPreview = parsed.deployment.transient_environment === true;
  const urls = { ...(isPreview ? { preview: url } : { live: url }), logs: log_url ?? target_url };
  const tail = known === "failed" ? { failure_tail: description } : {};
  return { news: { ...newsOf(parsed, known, urls), ...tail } };
}

function newsOf({ deployment: made, repository: repo }: Body, state: DeployNews["state"], urls: DeployNews["urls"]): DeployNews {
  const isTransient = made.transient_environment === true;
  // All branches share the name of their transient environment; each is an environment of its own.
  const environment = [made.environment ?? "production", ...(isTransient && made.ref ? [made.ref] : [])].join(" ");
  return {
    deploy_id: `github-${made.id}`,
    app: cut(repo.name, 100) ?? "",
    environment: cut(environment, 60) ?? "",
    state,
    revision: {
      sha: cut(made.sha, 64),
      ref: cut(made.ref, 200),
      subject: cut(made.description, 300),
      author: cut(made.creator?.login, 200),
      repository: repo.html_url,
    },
    began_at: made.created_at,
    urls,
  };
}
