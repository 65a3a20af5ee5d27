/**
 * The hooks of a Sentinel on ZeroClaw: its specialists' lives as lines of one progress card, its canvases, and the deploys of its cloud. Children
 * announce their completion until somebody listens; each announcement counts once. Pure.
 */
import { z } from "zod";
import { DOMAIN_STATES, SETUP_STATES } from "../../../contract/message.ts";
import { deployReport, type DeployReport } from "../../../contract/orchestrator.ts";
import { hook, type HookMeaning, type Hooks, sessionId, text } from "./profile.ts";

const run = text(200);
const ended = z.looseObject({ child: sessionId, run_id: run, success: z.boolean(), summary: z.string().max(2000).optional() });
const link = z.url({ protocol: /^https?$/ }).max(2000);

const cloudEvent = z.looseObject({
  session: sessionId,
  event: z.enum(["deploy", "rollback", "delete", "preview", "domain", "setup"]),
  deploy_id: run.optional(),
  app: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/, "is no name of an app"),
  status: z.enum(["queued", "building", "deploying", "live", "failed", "canceled"]),
  url: link.optional(),
  logs_url: link.optional(),
  error: z.string().max(20_000).optional(),
  domain: z
    .looseObject({
      name: text(253),
      status: z.enum(DOMAIN_STATES),
      records: z.array(z.string().max(500)).max(20).optional(),
    })
    .optional(),
  setup: deployReport.shape.setup
    .unwrap()
    .strip()
    .omit({ state: true })
    .extend({ status: z.enum(SETUP_STATES) })
    .optional(),
});

export const SENTINEL_HOOKS: Hooks = {
  subagent_spawning: hook(z.looseObject({ parent: sessionId, agent: text(100), run_id: run, task: text(2000).optional() }), (body) => ({
    session: body.parent,
    key: `spawning:${body.run_id}`,
    events: [{ type: "subagent", id: body.run_id, title: body.agent, state: "pending", summary: body.task }],
  })),
  subagent_spawned: hook(z.looseObject({ parent: sessionId, child: sessionId, run_id: run }), (body) => ({
    session: body.parent,
    alias: body.child,
    key: `spawned:${body.run_id}`,
    events: [{ type: "subagent", id: body.run_id, title: agentOf(body.child), state: "running" }],
  })),
  subagent_ended: hook(ended, completion),
  subagent_announce: hook(ended, completion),
  canvas: hook(
    z.looseObject({
      session: sessionId,
      title: text(200),
      path: z.string().regex(/^\/__zeroclaw__\/canvas\/[\w:.-]{1,250}$/, "is no path of a canvas"),
      kind: z.enum(["page", "form", "table", "dashboard", "markdown"]).default("page"),
      token: text(500).optional(),
      expires_in_ms: z.number().int().positive().optional(),
    }),
    ({ session, title, path, kind, token, expires_in_ms }) => ({
      session,
      // In the fragment nothing that unfolds links ever sends it.
      events: [
        {
          type: "canvas",
          share: { title, kind, url: token === undefined ? path : `${path}#token=${encodeURIComponent(token)}`, expires_in_ms },
        },
      ],
    }),
  ),
  deploy: hook(cloudEvent, (body) => ({
    session: body.session,
    key:
      body.deploy_id &&
      `deploy:${JSON.stringify([body.deploy_id, body.event, body.status, body.domain?.name, body.domain?.status, body.setup])}`,
    events: [{ type: "deploy", report: deployOf(body) }],
  })),
};

/** The first to arrive counts: of the hook and the child's own announcements, however often each is made. */
function completion({ child, run_id: id, success, summary }: z.output<typeof ended>): HookMeaning {
  return { session: child, key: `ended:${id}`, events: [{ type: "subagent", id, state: success ? "done" : "failed", summary }] };
}

function deployOf({ event, deploy_id, app, status, url, logs_url: logs, error, domain, setup }: z.output<typeof cloudEvent>): DeployReport {
  const isPreview = event === "preview";
  return {
    deploy_id,
    app,
    environment: isPreview ? "preview" : "production",
    state: event === "rollback" && status === "live" ? "rolled_back" : event === "delete" && status === "live" ? "deleted" : status,
    urls: { ...(isPreview ? { preview: url } : { live: url }), logs },
    failure_tail: error,
    domain: domain && { name: domain.name, state: domain.status, records: domain.records },
    setup: setup && setupOf(setup),
  };
}

function setupOf({ status: state, ...step }: NonNullable<z.output<typeof cloudEvent>["setup"]>): DeployReport["setup"] {
  return { ...step, state };
}

/** `agent:<id>:<type>:<uuid>`, as people know the agent. */
function agentOf(sessionKey: string): string {
  return /^agent:([^:]{1,100}):/.exec(sessionKey)?.[1] ?? sessionKey;
}
